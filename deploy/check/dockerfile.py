"""Read a Dockerfile into stages of instructions, and a .dockerignore into the files of its context."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

_CONTINUED: Final = re.compile(r"\\\n(?:\s*#[^\n]*\n)*")
#: Instructions that the replay carries out or that only describe the image.
KNOWN: Final = frozenset(
    {"FROM", "RUN", "COPY", "ENV", "WORKDIR", "USER", "EXPOSE", "STOPSIGNAL", "ENTRYPOINT", "CMD"}
)


class DockerfileError(ValueError):
    """The error for an instruction that the replay does not know; the text has the instruction."""


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction: its keyword in upper case, and the rest of the line."""

    keyword: str
    rest: str

    @property
    def words(self) -> tuple[str, ...]:
        """Return the parts of the JSON form, or of the line divided at spaces."""
        return tuple(json.loads(self.rest) if self.rest.startswith("[") else self.rest.split())


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage: the image or stage from which it starts, its name (empty for the last), its instructions."""

    base: str
    name: str
    steps: tuple[Instruction, ...]

    def last(self, keyword: str) -> Instruction | None:
        """Return the last instruction with this keyword, which counts."""
        return next((step for step in reversed(self.steps) if step.keyword == keyword), None)

    def environment(self) -> dict[str, str]:
        """Return the variables that the ENV instructions of this stage set."""
        pairs = (word.partition("=") for step in self.steps if step.keyword == "ENV" for word in step.words)
        return {name: value for name, _, value in pairs}


def parse(text: str) -> list[Stage]:
    """Return the stages of a Dockerfile. Raise DockerfileError for an instruction that is not in KNOWN."""
    stages: list[Stage] = []
    for step in _instructions(text):
        if step.keyword not in KNOWN:
            raise DockerfileError(f"the replay does not know {step.keyword}")
        if step.keyword == "FROM":
            base, _, name = step.rest.partition(" AS ")
            stages.append(Stage(base, name, ()))
        else:
            last = stages.pop()
            stages.append(Stage(last.base, last.name, (*last.steps, step)))
    return stages


def _instructions(text: str) -> Iterator[Instruction]:
    for line in _CONTINUED.sub(" ", text).splitlines():
        if line.strip() and not line.startswith("#"):
            keyword, _, rest = line.strip().partition(" ")
            yield Instruction(keyword.upper(), rest.strip())


def is_sent(path: str, patterns: list[str]) -> bool:
    """Return whether a file of the checkout is part of the context. As in Docker, the last match counts."""
    sent = True
    for pattern in patterns:
        exception = pattern.startswith("!")
        if _matches(path, pattern.lstrip("!")):
            sent = exception
    return sent


def _matches(path: str, pattern: str) -> bool:
    """Return whether a pattern matches a path or a folder above it; `**/` stands for any folders."""
    parts = path.split("/")
    heads = ("/".join(parts[:length]) for length in range(1, len(parts) + 1))
    if pattern.startswith("**/"):
        return any(fnmatchcase(part, pattern[3:]) for part in parts)
    depth = pattern.count("/")
    return any(head.count("/") == depth and fnmatchcase(head, pattern) for head in heads)


def context(root: Path) -> dict[str, Path]:
    """Return the files of the context by path, as the .dockerignore of the folder leaves them."""
    lines = (root / ".dockerignore").read_text().splitlines()
    patterns = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    tops = {pattern.lstrip("!").split("/")[0] for pattern in patterns if pattern.startswith("!")}
    found = (file for top in sorted(tops) for file in ((root / top), *(root / top).rglob("*")))
    paths = {str(file.relative_to(root)): file for file in found if file.is_file()}
    return {path: file for path, file in paths.items() if is_sent(path, patterns)}
