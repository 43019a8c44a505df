"""`make bench-rules` measures the rules of every worker type and fails above its limit."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from services.personnel_file.relation.rules import Relation
from shared.domain.features import WORKER_TYPES
from shared.domain.quotas import TOLD
from tests.bench import rules
from tests.bench.cases import Case, cases
from tests.unit.builders import an_in


def test_every_kind_and_worker_type_is_measured() -> None:
    found = {case.name: case.result() for case in cases()}
    assert {name.split()[0].strip(",") for name in found} == {"IN", "OUT", "UPDATE", "CANCEL"}
    for type_ in WORKER_TYPES:
        assert found[f"IN of {type_}"] in "AW"
        assert found[f"IN of {type_}, refused"] == "B"
    for type_ in TOLD.keys() & WORKER_TYPES.keys():
        assert f"UPDATE of {type_}, beside 100 counted ones" in found


def test_the_registers_have_their_named_sizes() -> None:
    relations: dict[str, Relation | None] = {case.name: case.relation for case in cases()}
    beside = [relation for name, relation in relations.items() if "beside 1,000" in name]
    assert beside
    assert all(relation is not None and len(relation.periods) >= 1000 for relation in beside)


def test_each_repeat_measures_an_equal_register() -> None:
    """The use that a run adds is removed after it."""
    for case in cases():
        if case.name.endswith("counted ones"):
            before = json.dumps(case.result()), repr(case.settle())
            case.book_twice()
            assert (json.dumps(case.result()), repr(case.settle())) == before


def only(monkeypatch: pytest.MonkeyPatch, folder: Path, work: Callable[[], object]) -> None:
    case = Case("a case", an_in())
    monkeypatch.setattr(case, "settle", work)
    monkeypatch.setattr(case, "result", lambda: "A")
    monkeypatch.setattr(case, "changes", [], raising=False)
    monkeypatch.setattr(rules, "cases", lambda: iter([case]))
    monkeypatch.setattr(rules, "readings", lambda: iter([]))
    monkeypatch.setattr(rules, "RESULT", folder / "bench-rules.json")
    monkeypatch.setattr(rules, "_REPEATS", 3)


@pytest.mark.parametrize(("numbers", "status"), [(1, 0), (50_000, 1)])
def test_control_a_rule_above_the_limit_fails_the_bench(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, numbers: int, status: int
) -> None:
    """The planted fault: a rule that adds up 50,000 numbers takes several hundred microseconds."""
    only(monkeypatch, tmp_path, lambda: sum(range(numbers)))
    with pytest.raises(SystemExit) as ended:
        rules.main()
    assert ended.value.code == status
    written = json.loads((tmp_path / "bench-rules.json").read_text())
    assert written["passed"] is (status == 0)
    (cost,) = written["cases"]
    assert cost["together"] == pytest.approx(cost["admit"] + cost["settle"], abs=0.2)
    assert (cost["together"] > written["limit"]) is (status == 1)
