"""A flexi-job and the career three quarters before: a warning only where it is known not to be enough."""

from __future__ import annotations

from typing import Any

import pytest

from services.identification.matching.rules import Careers, career_quarter, career_warnings
from tests.unit.builders import NISS, OTHER_NISS, WORKER, a_change, an_in

CODE = "90017-510"
FLEXI = {"workerType": "FLX"}
RENUMBERED = WORKER.model_copy(update={"former_ssins": (OTHER_NISS,)})


def codes(careers: Careers, start: str | None = "2026-02-21", **features: Any) -> list[str]:
    declared = an_in(startDate=start, features={**FLEXI, **features})
    return [found.code for found in career_warnings(declared, RENUMBERED, careers)]


#: code, careers
UNFIT: list[tuple[str, Careers]] = [
    (CODE, {(NISS, "2025Q2"): False}),
    (CODE, {(NISS, "2025Q2"): False, (NISS, "2025Q1"): True, (NISS, "2025Q3"): True}),
    (CODE, {(OTHER_NISS, "2025Q2"): False}),
    (CODE, {(NISS, "2025Q2"): False, (OTHER_NISS, "2025Q2"): True}),
]
FIT: list[tuple[str, Careers]] = [
    (CODE, {}),
    (CODE, {(NISS, "2025Q2"): True}),
    (CODE, {(NISS, "2025Q1"): False, (NISS, "2025Q3"): False, (NISS, "2026Q1"): False}),
    (CODE, {(NISS, "2025Q2"): True, (OTHER_NISS, "2025Q2"): False}),
    (CODE, {("29111114418", "2025Q2"): False}),
]


@pytest.mark.parametrize(("code", "careers"), UNFIT)
def test_a_career_that_opens_no_flexi_job_warns(code: str, careers: Careers) -> None:
    assert codes(careers) == [code]


@pytest.mark.parametrize(("code", "careers"), FIT)
def test_a_career_that_opens_it_or_is_not_known_says_nothing(code: str, careers: Careers) -> None:
    assert code not in codes(careers)


@pytest.mark.parametrize(
    ("start", "quarter"),
    [
        ("2026-01-01", "2025Q2"), ("2026-03-31", "2025Q2"), ("2026-04-01", "2025Q3"),
        ("2026-09-30", "2025Q4"), ("2026-10-01", "2026Q1"),
    ],
)  # fmt: skip
def test_it_is_the_career_three_quarters_before_the_start_that_counts(start: str, quarter: str) -> None:
    assert career_quarter(an_in(startDate=start, features=FLEXI)) == quarter
    assert codes({(NISS, quarter): False}, start) == [CODE]


@pytest.mark.parametrize("worker_type", ["OTH", "STU", "EXT"])
def test_no_other_worker_is_asked_for_his_career(worker_type: str) -> None:
    assert career_quarter(an_in(features={"workerType": worker_type})) is None
    assert codes({(NISS, "2025Q2"): False}, workerType=worker_type) == []


def test_a_change_asks_for_no_career() -> None:
    assert career_quarter(a_change("update", endDate="2026-03-31")) is None


def test_it_only_warns() -> None:
    (found,) = career_warnings(an_in(features=FLEXI), WORKER, {(NISS, "2025Q2"): False})
    assert not found.blocks
    assert found.path == "worker"
