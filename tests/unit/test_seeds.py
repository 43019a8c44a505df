"""The page docs/seeds.md has every line of the texts, with existing tests or a reason."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = (ROOT / "docs" / "seeds.md").read_text()
SHELF: Final = ROOT.parent / "shared" / "seeds"
SEEDS: Final = ("000", "001", "002", "003", "004")
#: Texts without open lines.
DONE: Final = ("000", "001", "004")

_HEADING: Final = re.compile(r"^## Seed (\d{3}): .+$", re.MULTILINE)
_TEST: Final = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
_REASON: Final = re.compile(r"Not (software|software of this project|yet): \w")
_LINES: Final = re.compile(r"(\d+)(?:-(\d+))?")


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: lines of a text, their demand, our answer, and its tests."""

    seed: str
    lines: str
    asks: str
    here: str
    shown: str

    @property
    def numbers(self) -> set[int]:
        """Return the numbers of its lines."""
        found = _LINES.fullmatch(self.lines)
        assert found is not None, self
        first, last = found.groups()
        return set(range(int(first), int(last or first) + 1))


def rows(page: str) -> list[Row]:
    """Return all rows of all tables."""
    parts = _HEADING.split(page)[1:]
    found = []
    for seed, text in zip(parts[::2], parts[1::2], strict=True):
        lines = [line for line in text.splitlines() if line.startswith("|")]
        found += [Row(seed, *(cell.strip() for cell in line.strip("|").split("|"))) for line in lines[2:]]
    return found


@cache
def names_in(file: str) -> frozenset[str]:
    """Return the names of the tests in a file of the repository."""
    path = ROOT / file
    if not path.is_file():
        return frozenset()
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in ast.parse(path.read_text()).body if isinstance(node, kinds))


def wrong(page: str, texts: Mapping[str, str]) -> list[str]:
    """Return the faults of a page, given the original texts by their numbers."""
    found, covered = [], {seed: set[int]() for seed in SEEDS}
    for row in rows(page):
        where = f"{row.seed}, {row.lines}"
        covered.setdefault(row.seed, set()).update(row.numbers)
        named = _TEST.findall(row.shown)
        found += [f"{where}: {name} is not in {file}" for file, name in named if name not in names_in(file)]
        reason = _REASON.match(row.shown)
        if bool(named) == bool(reason):
            found.append(f"{where}: either tests or one reason")
        if named and not (row.asks and row.here):
            found.append(f"{where}: what is it that the tests show?")
        if reason and row.seed in DONE and row.shown.startswith("Not yet"):
            found.append(f"{where}: nothing is left for later here")
    for seed, text in texts.items():
        there = {number for number, line in enumerate(text.split("\n"), 1) if line.strip()}
        if missing := there - covered[seed]:
            found.append(f"{seed}: nothing is said of {sorted(missing)}")
        if beyond := {n for n in covered[seed] if n > max(there)}:
            found.append(f"{seed}: there is no line {sorted(beyond)}")
    return found


def test_each_text_has_its_table() -> None:
    assert list(dict.fromkeys(row.seed for row in rows(PAGE))) == list(SEEDS)


def test_every_line_has_a_test_that_exists_or_a_reason() -> None:
    assert wrong(PAGE, {}) == []


def test_no_line_of_the_texts_is_left_out() -> None:
    if not SHELF.is_dir():
        pytest.skip("the original texts are not at hand")
    texts = {file.name[:3]: file.read_text() for file in SHELF.glob("*.txt")}
    assert set(texts) == set(SEEDS)
    assert wrong(PAGE, texts) == []


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ("| 1 | a | b | `tests/unit/test_seeds.py::test_nothing` |", "is not in"),
        ("| 1 | a | b | `tests/unit/nowhere.py::test_nothing` |", "is not in"),
        ("| 1 | a | b | |", "either tests or one reason"),
        ("| 1 | a | b | Not software. |", "either tests or one reason"),
        ("| 1 | | | `tests/unit/test_seeds.py::test_each_text_has_its_table` |", "what is it"),
        ("| 1 | a | b | Not yet: comes with the next issue. |", "left for later"),
        ("| 1 | | | Not software: only a heading here. |", "nothing is said of [3]"),
        ("| 1-4 | | | Not software: only a heading here. |", "there is no line [4]"),
    ],
)
def test_control_a_planted_fault_is_found(row: str, what: str) -> None:
    page = f"## Seed 001: x\n\n| line | asks | here | shown |\n|---|---|---|---|\n{row}\n"
    assert any(what in each for each in wrong(page, {"001": "one\n\nthree"}))
