"""`make mutate` separates mistakes that a test notices from mistakes that no test notices."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from typing import Any

import pytest
from cosmic_ray.mutating import mutate_code

from tests.mutate.judge import Verdict
from tests.mutate.mutants import mutants
from tests.mutate.operators import Entry, Membership, Text
from tests.mutate.scope import LEFT_OUT, ROOT, modules

RULES = """
LEAST = 3
ROWS = (
    ("small", lambda n: n < LEAST),
    ("forgotten", lambda n: n > 1000),
)

def found(n):
    return [name for name, holds in ROWS if holds(n)]

def steps(n):
    count = 0
    while n:
        n -= 1
        count += 1
    return count
"""
TESTS = """
from services.planted import found, steps

def test_found():
    assert [found(n) for n in (2, 3)] == [["small"], []]

def test_steps():
    assert steps(2) == 2
"""


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], set[Verdict]]:
    """Return the verdicts on the mutants of the rules above, by operator and changed line."""
    folder = tmp_path_factory.mktemp("planted")
    (folder / "services").mkdir()
    (folder / "services/__init__.py").touch()
    (folder / "services/planted.py").write_text(RULES)
    (folder / "test_planted.py").write_text(TESTS)
    command = [sys.executable, "-m", "tests.mutate.judge", "2", "services/planted.py", "test_planted.py"]
    ended = subprocess.run(command, cwd=folder, capture_output=True, check=False, text=True)
    assert ended.returncode == 0, ended.stderr
    lines = RULES.splitlines()
    found = defaultdict(set)
    for each in map(json.loads, ended.stdout.splitlines()):
        found[each["operator"], lines[each["line"] - 1].strip()].add(Verdict(each["verdict"]))
    return found


@pytest.mark.parametrize(
    ("operator", "line", "told"),
    [
        ("NumberReplacer", "LEAST = 3", {Verdict.KILLED}),
        ("ReplaceComparisonOperator_Lt_LtE", '("small", lambda n: n < LEAST),', {Verdict.KILLED}),
        ("Entry", '("small", lambda n: n < LEAST),', {Verdict.KILLED}),
        ("ReplaceComparisonOperator_Gt_GtE", '("forgotten", lambda n: n > 1000),', {Verdict.SURVIVED}),
        ("NumberReplacer", '("forgotten", lambda n: n > 1000),', {Verdict.SURVIVED}),
        ("AddNot", "while n:", {Verdict.KILLED}),
        ("NumberReplacer", "n -= 1", {Verdict.KILLED, Verdict.TIMEOUT}),
    ],
)
def test_a_mutant_is_killed_or_survives(
    verdicts: dict[tuple[str, str], set[Verdict]], operator: str, line: str, told: set[Verdict]
) -> None:
    assert verdicts[operator, line] == told


@pytest.mark.parametrize("operator", [Membership(), Text(), Entry()], ids=lambda it: type(it).__name__)
def test_an_operator_follows_its_examples(operator: Any) -> None:
    for example in operator.examples():
        mutated = mutate_code(example.pre_mutation_code, operator, example.occurrence)
        assert mutated == example.post_mutation_code


@pytest.mark.parametrize(
    "source",
    [
        "def f(a: int | None, b: Literal['x'] = B) -> int | None: ...",
        "a: Final[tuple[int, str] | None]",
        "Daily = Create | Modify",
        "Bad = Callable[[str, date], bool]",
        "T = TypeVar('T')",
        "Ssin = NewType('Ssin', str)",
        "@dataclass(frozen=True, slots=True)\nclass A: ...",
        "@lru_cache(maxsize=8)\ndef f(): ...",
        "def f(a):\n    assert a is not None, 'why'",
        "def f(a):\n    raise ValueError('why')",
        "__all__ = ['a', 'b']",
        "'''For people.'''",
        "def f():\n    '''For people.'''",
        "a = anomaly('00024-003')",
        "def f():\n    return (a, b)",
    ],
)
def test_no_mutant_is_made_where_it_has_no_effect(source: str) -> None:
    assert [mutant.source(source) for mutant in mutants(source)] == []


def test_a_table_loses_each_entry_and_a_text_becomes_another() -> None:
    source = "a = {'k': 'v', 'l': B or ''}"
    assert {mutant.source(source) for mutant in mutants(source)} == {
        "a = { 'l': B or '',}",
        "a = {'k': 'v',}",
        "a = {'k': 'XXv', 'l': B or ''}",
        "a = {'k': 'v', 'l': B and ''}",
    }


def test_every_module_of_rules_has_existing_tests() -> None:
    services = ("intake", "identification", "personnel_file")  # those that decide on declarations
    rules = {
        path for each in services for path in ROOT.glob(f"services/{each}/**/*.py") if "rules" in str(path)
    }
    named = {str(path.relative_to(ROOT)) for path in rules}
    assert {name for name in named if not name.startswith(tuple(LEFT_OUT))} <= set(modules())
    assert all((ROOT / path).exists() for path in LEFT_OUT)
    assert all((ROOT / test).exists() for tests in modules().values() for test in tests)
