"""The dated tables of features: their codes exist, and the functions that read them."""

from __future__ import annotations

from datetime import date
from itertools import product

import pytest

from shared.domain.calendar import quarter
from shared.domain.dated import Evidence
from shared.domain.features import (
    CLOSURES,
    JOINT_COMMISSIONS,
    OPENINGS,
    PAIRINGS,
    WORKER_TYPES,
    Closure,
    has_planned_days,
    has_planned_hours,
    is_closed,
    is_declared_too_early,
    is_flexi_day,
    is_horeca,
    is_open_to,
    refusal_evidence,
    requires_cards,
    same_quarter,
    starts_out_of_time,
)
from tests.dated_rows import inferred_pairs

DAY = date(2026, 2, 21)


def test_rows_name_codes_of_the_lists() -> None:
    assert {row.joint_commission for row in PAIRINGS} == JOINT_COMMISSIONS | {None}
    for types in (row.worker_types for row in (*PAIRINGS, *OPENINGS)):
        assert types <= WORKER_TYPES.keys()
    assert CLOSURES == ()


#: The joint commissions known to go with each type; A stands for authorities, which have none.
GOES_WITH = {
    "ALT": "140 149 XXX", "BCW": "124 322", "DWD": "124 140 149 322 XXX A", "EXT": "144 145 302 320 322",
    "FLX": "322 XXX A", "IVT": "124 140 149 322 XXX A", "O17": "XXX A", "OTH": "140 149 322 XXX A",
    "PMP": "XXX", "RTA": "124", "S17": "XXX A", "STG": "124 140 149 XXX A", "STU": "124 140 149 322 XXX A",
    "T17": "XXX A", "TRI": "124 140 149 322 XXX A", "A17": "XXX", "TEA": "XXX", "SWO": "XXX",
}  # fmt: skip


#: Joint commissions that the official text, or an answer seen in production, refuses for a type.
REFUSED_WITH = {"EXT": "124 140 149 XXX A", "OTH": "144 145 302", "STU": "302", "FLX": "302"}


@pytest.mark.parametrize("worker_type", WORKER_TYPES)
def test_the_evidence_on_each_pair(worker_type: str) -> None:
    """Rule R52: each pair is known, refused with evidence, or inferred."""
    evidence = {code or "A": refusal_evidence(code, worker_type, DAY) for code in (*JOINT_COMMISSIONS, None)}
    assert {code for code, found in evidence.items() if found is None} == set(GOES_WITH[worker_type].split())
    refused = {c for c, found in evidence.items() if found in (Evidence.OFFICIAL, Evidence.PRODUCTION)}
    assert refused == set(REFUSED_WITH.get(worker_type, "").split())
    inferred = {code or "A" for code, type_ in inferred_pairs() if type_ == worker_type}
    assert inferred - {"A"} == {c for c, found in evidence.items() if found is Evidence.INFERRED} - {"A"}


@pytest.mark.parametrize(
    ("joint_commission", "worker_type"),
    [("140", "FLX"), ("149", "FLX"), ("320", "FLX"), ("320", "OTH"), ("320", "STU"), ("144", "STU"),
     ("322", "STG"), ("322", "RTA")],
)  # fmt: skip
def test_an_inferred_pair(joint_commission: str, worker_type: str) -> None:
    assert refusal_evidence(joint_commission, worker_type, DAY) is Evidence.INFERRED
    assert (joint_commission, worker_type) in inferred_pairs()


def test_a_pair_without_first_day_is_known_from_the_first_day_of_the_calendar() -> None:
    assert refusal_evidence("XXX", "OTH", date.min) is None
    assert refusal_evidence("302", "OTH", date.min) is Evidence.OFFICIAL


def test_a_pair_refused_in_production_has_that_evidence() -> None:
    assert refusal_evidence("302", "STU", DAY) is Evidence.PRODUCTION


@pytest.mark.parametrize("worker_type", ["A17", "TEA"])
def test_pairs_of_authorities_until_2021(worker_type: str) -> None:
    assert refusal_evidence(None, worker_type, date(2021, 12, 31)) is None
    assert refusal_evidence(None, worker_type, date(2022, 1, 1)) is Evidence.INFERRED


@pytest.mark.parametrize(
    ("received", "required"),
    [
        (date(2020, 4, 5), True), (date(2020, 4, 6), False), (date(2020, 8, 31), False),
        (date(2020, 9, 1), True), (date(2020, 9, 30), True), (date(2020, 10, 1), False),
        (date(2022, 12, 31), False), (date(2023, 1, 1), True), (date(2024, 12, 31), True),
        (date(2025, 1, 1), False), (date.max, False),
    ],
)  # fmt: skip
def test_c32a_cards_are_required_on_some_days_of_reception(received: date, required: bool) -> None:
    """Rule R56."""
    assert requires_cards(received) is required


@pytest.mark.parametrize(
    ("worker_type", "last", "in_days"),
    [
        ("STU", date(2016, 12, 31), True), ("STU", date(2017, 1, 1), False), ("STU", None, False),
        ("OTH", date(2016, 12, 31), False), (None, date(2016, 12, 31), False),
    ],
)  # fmt: skip
def test_students_until_2016_have_planned_days(
    worker_type: str | None, last: date | None, in_days: bool
) -> None:
    """Rule R23."""
    assert has_planned_days(worker_type, last) is in_days
    assert has_planned_hours(worker_type, last) is (worker_type == "STU" and not in_days)


def test_types_open_to_an_employer() -> None:
    """Rule R54."""
    early = {type_ for type_ in WORKER_TYPES if is_open_to(True, type_, date(2021, 12, 31))}
    assert early == {"A17", "IVT", "STU", "TEA", "TRI", "DWD", "STG", "OTH"}
    for provincial_or_local, start in ((True, date(2022, 1, 1)), (False, date(2021, 12, 31)), (False, DAY)):
        open_ = {type_ for type_ in WORKER_TYPES if is_open_to(provincial_or_local, type_, start)}
        assert open_ == WORKER_TYPES.keys() - {"TEA"}


@pytest.mark.parametrize(
    ("worker_type", "first", "last"),
    [
        ("A17", date.min, date(2021, 12, 31)),
        ("O17", date(2022, 1, 1), date.max),
        ("S17", date(2022, 1, 1), date.max),
        ("T17", date(2022, 1, 1), date.max),
        ("ALT", date(2023, 9, 1), date.max),
        ("OTH", date.min, date.max),
    ],
)
def test_dates_of_worker_types(worker_type: str, first: date, last: date) -> None:
    """Rules R9, R10."""
    row = WORKER_TYPES[worker_type]
    for day in (date(1999, 1, 1), date(2021, 12, 31), date(2022, 1, 1), date(2023, 8, 31), date(2023, 9, 1)):
        assert starts_out_of_time(row, day) is not (first <= day <= last)


@pytest.mark.parametrize(
    ("worker_type", "start", "today", "early"),
    [
        ("FLX", date(2026, 6, 30), date(2026, 3, 1), False),
        ("FLX", date(2026, 4, 1), date(2026, 2, 28), True),
        ("FLX", date(2027, 1, 1), date(2026, 12, 1), False),
        ("FLX", date(2027, 1, 1), date(2026, 11, 30), True),
        *((type_, date(2026, 6, 30), date(2026, 3, 17), False) for type_ in ("O17", "S17", "T17")),
        *((type_, date(2026, 4, 1), date(2026, 3, 16), True) for type_ in ("O17", "S17", "T17")),
        ("STU", date(2027, 3, 17), date(2026, 3, 1), False),
        ("DWD", date(2027, 3, 17), date(2026, 3, 1), False),
    ],
)
def test_earliest_day_to_declare(worker_type: str, start: date, today: date, early: bool) -> None:
    """Rules R8, R9."""
    assert is_declared_too_early(WORKER_TYPES[worker_type], start, today) is early


def test_trainees_have_small_statutes() -> None:
    assert {code for code, row in WORKER_TYPES.items() if row.small_statutes} == {"IVT", "TRI", "STG"}


@pytest.mark.parametrize(
    ("closure", "covered"),
    [
        (Closure(DAY, DAY), True),
        (Closure(DAY, DAY, "OTH"), True),
        (Closure(DAY, DAY, "OTH", "XXX"), True),
        (Closure(DAY, DAY, "STU"), False),
        (Closure(DAY, DAY, None, "322"), False),
        (Closure(date(2026, 2, 22), date.max), False),
        (Closure(date.min, date(2026, 2, 20)), False),
    ],
)
def test_declarations_covered_by_a_closure(closure: Closure, covered: bool) -> None:
    """Rule R57."""
    assert is_closed((closure,), "OTH", "XXX", DAY) is covered
    assert not is_closed((), "OTH", "XXX", DAY)


def test_horeca_is_horeca_through_an_agency_too() -> None:
    """Rule R58."""
    assert is_horeca("302", None)
    assert is_horeca("322", "302")
    assert not is_horeca("322", None)
    assert not is_horeca("XXX", "302")
    assert not is_horeca("140", "302")


def test_a_flexi_job_by_the_day() -> None:
    """Rule R18."""
    assert is_flexi_day(DAY, DAY, has_hours=False)
    assert is_flexi_day(DAY, date(2026, 2, 22), has_hours=True)
    assert not is_flexi_day(DAY, date(2026, 2, 22), has_hours=False)
    assert not is_flexi_day(DAY, date(2026, 2, 23), has_hours=True)
    assert not is_flexi_day(DAY, date(2026, 2, 20), has_hours=True)


def test_quarters() -> None:
    assert same_quarter(date(2026, 1, 1), date(2026, 3, 31))
    assert not same_quarter(date(2026, 3, 31), date(2026, 4, 1))
    assert not same_quarter(DAY, date(2027, 2, 21))
    assert not same_quarter(date(2027, 2, 21), DAY)
    months = [date(2026, month, 1) for month in range(1, 13)]
    for one, other in product(months, repeat=2):
        assert same_quarter(one, other) is (quarter(one) == quarter(other))
