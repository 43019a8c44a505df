"""Planted mistakes (mistakes.toml): each changes a text in one file, and the named check has to find it."""

from __future__ import annotations

import shutil
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.local.deployment import ROOT


@dataclass(frozen=True, slots=True)
class Mistake:
    """A mistake: the check that finds it, the file, and the text that another one replaces."""

    check: str
    file: str
    old: str
    new: str


def _read() -> tuple[Mistake, ...]:
    document = tomllib.loads(Path(__file__).with_suffix(".toml").read_text())
    return tuple(Mistake(**row) for row in document["mistake"])


MISTAKES: Final = _read()


def plant(mistake: Mistake, folder: Path) -> Path:
    """Copy the files that the checks read to a folder, with the mistake in them, and return the folder.

    Raise ValueError if the file does not have the text.
    """
    hidden = shutil.ignore_patterns("__pycache__", "local", "documentation", "check")
    shutil.copytree(ROOT / "deploy", folder / "deploy", ignore=hidden)
    for name in (".dockerignore", "uv.lock", "LICENSE"):
        shutil.copy(ROOT / name, folder / name)
    (folder / "docs").mkdir()
    shutil.copy(ROOT / "docs/runbooks.md", folder / "docs")
    file = folder / mistake.file
    text = file.read_text()
    if mistake.old not in text:
        raise ValueError(f"{mistake.file} has no {mistake.old!r}")
    file.write_text(text.replace(mistake.old, mistake.new, 1))
    return folder
