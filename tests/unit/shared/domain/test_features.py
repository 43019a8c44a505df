"""The dated tables of features: rows that name codes of the lists, and what they are asked."""

from __future__ import annotations

from datetime import date
from itertools import product

import pytest

from shared.domain.calendar import quarter
from shared.domain.features import (
    CLOSURES,
    JOINT_COMMISSIONS,
    OPENINGS,
    PAIRINGS,
    WORKER_TYPES,
    Closure,
    go_together,
    is_closed,
    is_declared_too_early,
    is_flexi_day,
    is_horeca,
    is_open_to,
    same_quarter,
    starts_out_of_time,
)

DAY = date(2026, 2, 21)


def test_rows_name_codes_of_the_lists() -> None:
    assert {row.joint_commission for row in PAIRINGS} == JOINT_COMMISSIONS | {None}
    for types in (row.worker_types for row in (*PAIRINGS, *OPENINGS)):
        assert types <= WORKER_TYPES.keys()
    assert CLOSURES == ()


#: dimona.md §6.3: with which joint commissions each type goes; A is that of the authorities, who have none.
GOES_WITH = {
    "ALT": "140 149 XXX", "BCW": "124 322", "DWD": "124 140 149 322 XXX A", "EXT": "144 145 302 320 322",
    "FLX": "322 XXX A", "IVT": "124 140 149 322 XXX A", "O17": "XXX A", "OTH": "140 149 322 XXX A",
    "PMP": "XXX", "RTA": "124", "S17": "XXX A", "STG": "124 140 149 XXX A", "STU": "124 140 149 322 XXX A",
    "T17": "XXX A", "TRI": "124 140 149 322 XXX A", "A17": "XXX", "TEA": "XXX",
}  # fmt: skip


@pytest.mark.parametrize("worker_type", WORKER_TYPES)
def test_what_goes_together(worker_type: str) -> None:
    """R52."""
    paired = {code or "A" for code in (*JOINT_COMMISSIONS, None) if go_together(code, worker_type, DAY)}
    assert paired == set(GOES_WITH[worker_type].split())


def test_what_has_no_first_day_went_together_from_the_first_day_there_is() -> None:
    assert go_together("XXX", "OTH", date.min)


@pytest.mark.parametrize("worker_type", ["A17", "TEA"])
def test_what_went_together_with_authorities_until_2021(worker_type: str) -> None:
    assert go_together(None, worker_type, date(2021, 12, 31))
    assert not go_together(None, worker_type, date(2022, 1, 1))


def test_types_open_to_an_employer() -> None:
    """R54."""
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
def test_when_types_exist(worker_type: str, first: date, last: date) -> None:
    """R9, R10."""
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
        ("S17", date(2026, 3, 16), date(2026, 3, 1), False),
        ("S17", date(2026, 3, 17), date(2026, 3, 1), True),
        ("STU", date(2027, 3, 17), date(2026, 3, 1), False),
        ("DWD", date(2027, 3, 17), date(2026, 3, 1), False),
    ],
)
def test_how_long_ahead(worker_type: str, start: date, today: date, early: bool) -> None:
    """R8, R9."""
    assert is_declared_too_early(WORKER_TYPES[worker_type], start, today) is early


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
def test_what_a_closure_covers(closure: Closure, covered: bool) -> None:
    """R57."""
    assert is_closed((closure,), "OTH", "XXX", DAY) is covered
    assert not is_closed((), "OTH", "XXX", DAY)


def test_horeca_is_horeca_through_an_agency_too() -> None:
    """R58."""
    assert is_horeca("302", None)
    assert is_horeca("322", "302")
    assert not is_horeca("322", None)
    assert not is_horeca("XXX", "302")
    assert not is_horeca("140", "302")


def test_a_flexi_job_by_the_day() -> None:
    """R18."""
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
