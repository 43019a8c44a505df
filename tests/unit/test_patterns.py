"""No text makes a regular expression of a service run for long (threat T27).

The patterns of contracts and models are not tried: their engine (pydantic's own) has no backtracking.
"""

from __future__ import annotations

import ast
import re
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, Final

import pytest

ROOT: Final = Path(__file__).parents[2]
#: Characters of the worst inputs. The time may double with each character: so they grow slowly at first.
LENGTHS: Final = (*range(16, 64, 4), 1000, 10_000)
MOST: Final = 0.010  #: seconds of computing for one input
_USES: Final = ("fullmatch", "match", "search", "sub", "split", "findall", "finditer")
#: A character of each class that a pattern names.
_CLASSES: Final = {r"\d": "1", r"\w": "a", r"\s": " ", "0-9": "1", "a-z": "a", "A-Z": "A", "[^": "x"}
_END: Final = "\0"  #: ends an input, so that a pattern that wants the end of the text fails there


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression of a module, with the functions that use it there."""

    place: str
    expression: re.Pattern[str]
    uses: tuple[str, ...]


def patterns() -> Iterator[Pattern]:
    """Yield every regular expression of shared and services."""
    for path in sorted([*ROOT.glob("shared/**/*.py"), *ROOT.glob("services/**/*.py")]):
        text = path.read_text()
        if "import re" in text:
            yield from patterns_in(str(path.relative_to(ROOT)), text)


def patterns_in(place: str, text: str) -> Iterator[Pattern]:
    """Yield the regular expressions of a module."""
    tree = ast.parse(text)
    names: dict[ast.AST | None, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign | ast.Assign):
            names[node.value] = ast.unparse(
                node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
            )
    for call in ast.walk(tree):
        if not (isinstance(call, ast.Call) and ast.unparse(call.func).startswith("re.") and call.args):
            continue
        function = ast.unparse(call.func).removeprefix("re.")
        text_of = getattr(call.args[0], "value", None)
        if function not in (*_USES, "compile") or not isinstance(text_of, str):
            continue
        named = names.get(call, "")
        used = re.findall(rf"\b{named}\.({'|'.join(_USES)})\(", text) if named else []
        flags = eval(ast.unparse(call.args[1]), {"re": re}) if function == "compile" and call.args[1:] else 0  # noqa: S307
        uses = (function,) if function != "compile" else tuple(dict.fromkeys(used)) or ("search",)
        yield Pattern(f"{place}:{call.lineno}", re.compile(text_of, flags), uses)


def worst_inputs(pattern: str, length: int) -> Iterator[str]:
    """Yield texts of the characters that a pattern names, alone and in turns."""
    characters = [mark for name, mark in _CLASSES.items() if name in pattern]
    characters += [each for each in '"\\[](){}<>_-., \n' if each in pattern]
    characters += re.findall(r"[A-Za-z0-9]", re.sub(r"\\.|.-.|\{[\d,]+\}", "", pattern))[:4]
    for first, second in product(dict.fromkeys(characters or "a"), repeat=2):
        yield (first + second) * (length // 2) + _END


def slow(pattern: Pattern) -> str | None:
    """Return the use and the length for which a pattern takes too long, or None."""
    for use in pattern.uses:
        for length in LENGTHS:
            for text in worst_inputs(pattern.expression.pattern, length):
                # A second time: a busy machine is no fault of the pattern.
                if all(seconds(pattern.expression, use, text) > MOST for _ in range(2)):
                    return f"{pattern.place}: {use} of {length} characters"
    return None


def seconds(expression: re.Pattern[str], use: str, text: str) -> float:
    """Return the time of computing of a use of a pattern."""
    run: Callable[..., Any] = getattr(expression, use)
    began = time.thread_time()
    found = run("", text) if use == "sub" else run(text)
    if use == "finditer":
        deque(found, maxlen=0)
    return time.thread_time() - began


EVERY: Final = list(patterns())


def test_all_patterns_are_found() -> None:
    assert len(EVERY) >= 30


@pytest.mark.parametrize("pattern", EVERY, ids=lambda pattern: pattern.place)
def test_the_worst_input_takes_no_time(pattern: Pattern) -> None:
    assert slow(pattern) is None


@pytest.mark.parametrize(
    "careless",
    [
        '_X = re.compile(r"(a+)+$")\n_X.match(text)',
        're.fullmatch(r"(\\d\\d|\\d)*x", text)',
        '_X: Final = re.compile(r"[a-z]+x")\n_X.search(text)',
        '_X = re.compile(r\'"(?:[^"\\\\]|\\\\.)*"\')\n_X.finditer(text)',
    ],
)
def test_control_a_careless_pattern_is_found(careless: str) -> None:
    (pattern,) = patterns_in("careless.py", careless)
    assert slow(pattern) is not None
