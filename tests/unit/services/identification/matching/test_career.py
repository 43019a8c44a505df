"""The facts of careers, and their effect on an IN: flexi-jobs (rule R62) and starter jobs (rule R63)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from services.identification.matching.rules import Careers, career_quarters, career_warnings
from shared.domain.flexi import QuarterFacts
from shared.domain.starter_job import STARTER_JOBS
from tests.unit.builders import NISS, OTHER_NISS, WORKER, a_change, an_in

CODE, STARTER, IMPOSSIBLE = "90017-510", "90017-514", "90017-515"
FLEXI = {"workerType": "FLX"}
RENUMBERED = WORKER.model_copy(update={"former_ssins": (OTHER_NISS,)})
FULL, FIFTHS, LITTLE = (QuarterFacts(Decimal(share)) for share in ("1", "0.8", "0.79"))
RETIRED = QuarterFacts(pensioner=True)
ABROAD = QuarterFacts(Decimal("0.1"), Decimal("0.7"))


def codes(careers: Careers, start: str | None = "2026-02-21", **features: Any) -> list[str]:
    declared = an_in(startDate=start, features={**FLEXI, **features})
    return [found.code for found in career_warnings(declared, RENUMBERED, careers)]


#: code, careers: T-3 is 2025Q2
UNFIT: list[tuple[str, Careers]] = [
    (CODE, {(NISS, "2025Q2"): LITTLE}),
    (CODE, {(NISS, "2025Q2"): LITTLE, (NISS, "2025Q1"): FULL, (NISS, "2025Q3"): FULL}),
    (CODE, {(OTHER_NISS, "2025Q2"): LITTLE}),
    (CODE, {(NISS, "2025Q2"): LITTLE, (OTHER_NISS, "2025Q2"): FULL}),
    (CODE, {(NISS, "2025Q2"): LITTLE, (NISS, "2025Q2x"): RETIRED}),
    (CODE, {(NISS, "2025Q2"): FIFTHS, (NISS, "2025Q1"): FULL}),
    (CODE, {(NISS, "2025Q2"): FULL, (NISS, "2025Q1"): FIFTHS, (NISS, "2024Q4"): FULL}),
]
FIT: list[tuple[str, Careers]] = [
    (CODE, {}),
    (CODE, {(NISS, "2025Q2"): FULL}),
    (CODE, {(NISS, "2025Q2"): FIFTHS}),
    (CODE, {(NISS, "2025Q1"): LITTLE, (NISS, "2025Q3"): LITTLE, (NISS, "2026Q1"): LITTLE}),
    (CODE, {(NISS, "2025Q2"): FULL, (OTHER_NISS, "2025Q2"): LITTLE}),
    (CODE, {("29111114418", "2025Q2"): LITTLE}),
    (CODE, {(NISS, "2025Q2"): LITTLE, (NISS, "2025Q3"): RETIRED}),
    (CODE, {(NISS, "2025Q2"): ABROAD}),
]


@pytest.mark.parametrize(("code", "careers"), UNFIT)
def test_an_insufficient_career_for_a_flexi_job_warns(code: str, careers: Careers) -> None:
    assert codes(careers) == [code]


@pytest.mark.parametrize(("code", "careers"), FIT)
def test_a_sufficient_or_unknown_career_does_not_warn(code: str, careers: Careers) -> None:
    assert code not in codes(careers)


@pytest.mark.parametrize(
    ("start", "quarter"),
    [
        ("2026-01-01", "2025Q2"), ("2026-03-31", "2025Q2"), ("2026-04-01", "2025Q3"),
        ("2026-09-30", "2025Q4"), ("2026-10-01", "2026Q1"),
    ],
)  # fmt: skip
def test_the_career_three_quarters_before_the_start_counts(start: str, quarter: str) -> None:
    assert career_quarters(an_in(startDate=start, features=FLEXI))[1] == quarter
    assert codes({(NISS, quarter): LITTLE}, start) == [CODE]


@pytest.mark.parametrize("worker_type", ["OTH", "STU", "EXT"])
def test_no_career_is_read_for_other_worker_types(worker_type: str) -> None:
    assert career_quarters(an_in(features={"workerType": worker_type})) == ()
    assert codes({(NISS, "2025Q2"): LITTLE}, workerType=worker_type) == []


def test_no_career_is_read_for_a_change() -> None:
    change = a_change("update", endDate="2026-03-31")
    assert career_quarters(change, STARTER_JOBS) == ()
    assert career_warnings(change, WORKER, {}, STARTER_JOBS) == ()


def test_the_anomaly_is_a_warning() -> None:
    (found,) = career_warnings(an_in(features=FLEXI), WORKER, {(NISS, "2025Q2"): LITTLE})
    assert not found.blocks
    assert found.path == "worker"


def starter(
    born: str, careers: Careers | None, rows: Any = STARTER_JOBS, **features: Any
) -> list[tuple[str, str]]:
    declared = an_in(startDate="2026-02-21", features=features or {"workerType": "OTH"})
    worker = RENUMBERED.model_copy(update={"birth_date": born})
    return [(found.code, found.path) for found in career_warnings(declared, worker, careers, rows)]


@pytest.mark.parametrize("code", [STARTER])
def test_a_young_worker_without_experience_warns_if_enabled(code: str) -> None:
    declared = an_in(startDate="2026-02-21", features={"workerType": "OTH"})
    assert career_quarters(declared, STARTER_JOBS) == ("2025Q2", "2025Q1", "2024Q4", "2024Q3")
    assert starter("2006-05-05", {}) == [(code, "worker")]
    one_quarter: Mapping[tuple[str, str], QuarterFacts] = {(NISS, "2025Q2"): FULL}
    assert starter("2006-05-05", one_quarter) == [(STARTER, "worker")]
    assert starter("2006-05-05", {**one_quarter, (OTHER_NISS, "2025Q1"): FULL}) == []
    assert starter("2006-00-00", {}) == [], "the age is not known"
    assert starter("1996-05-05", {}) == []


@pytest.mark.parametrize("code", [STARTER, IMPOSSIBLE])
def test_a_starter_job_is_off_by_default(code: str) -> None:
    assert starter("2006-05-05", {}, ()) == []
    declared = an_in(startDate="2026-02-21", features={"workerType": "OTH"})
    young = WORKER.model_copy(update={"birth_date": "2006-05-05"})
    assert code not in [found.code for found in career_warnings(declared, young, {})]


@pytest.mark.parametrize("code", [IMPOSSIBLE])
def test_without_the_register_of_careers_experience_cannot_be_checked(code: str) -> None:
    """Only for a worker of the age, where the check is switched on; a flexi-job stays without warning."""
    assert starter("2006-05-05", None) == [(code, "worker")]
    assert starter("2006-05-05", {}) == [(STARTER, "worker")]
    assert starter("1996-05-05", None) == []
    assert starter("2006-05-05", None, ()) == []
    assert starter("2006-05-05", None, workerType="STU") == []
    assert career_warnings(an_in(features=FLEXI), WORKER, None, STARTER_JOBS) == ()


def test_students_and_flexi_jobs_are_no_starter_jobs() -> None:
    assert starter("2006-05-05", {}, workerType="STU") == []
    assert starter("2006-05-05", {}, workerType="FLX") == []
    # Types on both sides of FLX in the alphabet are ordinary work.
    for worker_type in ("BCW", "OTH"):
        assert starter("2006-05-05", {}, workerType=worker_type) == [(STARTER, "worker")]


@pytest.mark.parametrize("features", [FLEXI, {"workerType": "OTH"}])
def test_without_a_readable_start_there_are_no_quarters(features: dict[str, Any]) -> None:
    declared = an_in(startDate="2026-02-30", features=features)
    assert career_quarters(declared, STARTER_JOBS) == ()
    assert career_warnings(declared, WORKER, {}, STARTER_JOBS) == ()
