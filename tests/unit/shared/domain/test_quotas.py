"""The table of quotas beside the published amounts, and the years and quarters of each."""

from __future__ import annotations

from datetime import date

import pytest

from shared.domain.calendar import quarter
from shared.domain.declaration import Features, User
from shared.domain.quotas import QUOTAS, TOLD, Per, Quota, Unit, Whose, is_counted, sector, windows

#: Anomaly, limit (that of the third quarter), unit and window; type:name; sector, beside; from, until.
LAW = """
90017-369 46 planned days/year STU:STUDENT STX:STUDENT until 2011-12-31
90017-369 50 planned days/year STU:STUDENT STX:STUDENT from 2012-01-01 until 2016-12-31
90017-369 475 hours/year STU:STUDENT from 2017-01-01 until 2022-12-31 but 2020Q2 2021Q3
90017-369 600 hours/year STU:STUDENT from 2023-01-01 until 2024-12-31
90017-369 650 hours/year STU:STUDENT from 2025-01-01
90017-369 450 hours/year S17:A17_YEAR_SPORT from 2022-01-01
90017-369 150 (285) hours/quarter S17:A17_QUARTER_SPORT from 2022-01-01
90017-369 300 hours/year O17:A17_YEAR_OTHER from 2022-01-01
90017-369 100 (190) hours/quarter O17:A17_QUARTER_OTHER from 2022-01-01
90017-369 450 hours/year S17:A17_YEAR_SPORT O17:A17_YEAR_OTHER from 2022-01-01
90017-369 190 hours/year S17:A17_STUDENT_SPORT O17:A17_STUDENT_OTHER beside STU from 2022-01-01
90017-369 25 days/year T17:A17_PUBTV from 2022-01-01
- 25 days/year A17:ARTICLE17 from 2017-01-01 until 2021-12-31
90017-369 50 days/year EXT:HORECA_WORKER in 302 from 2013-10-01
90256-369 100 days/year EXT:HORECA_EMPLOYER in 302 of the employer from 2013-10-01 until 2015-06-30
90256-369 100 days/year EXT:HORECA_EMPLOYER in 302 of the employer from 2015-07-01 until 2015-12-31
90256-369 200 days/year EXT:HORECA_EMPLOYER in 302 of the employer from 2016-01-01
- 30 days/year EXT: in 144 until 2019-12-31
- 60 days/year EXT: in 144 from 2020-01-01 until 2020-12-31
- 60 days/year EXT: in 144 from 2021-01-01 until 2021-12-31
- 60 days/year EXT: in 144 from 2022-01-01 until 2022-12-31
- 30 days/year EXT: in 144 from 2023-01-01 until 2023-06-30
- 50 days/year EXT: in 144 from 2023-07-01
- 65 days/year EXT: in 145 until 2019-12-31
- 130 days/year EXT: in 145 from 2020-01-01 until 2020-12-31
- 100 days/year EXT: in 145 from 2021-01-01 until 2021-12-31
- 100 days/year EXT: in 145 from 2022-01-01 until 2022-12-31
- 65 days/year EXT: in 145 from 2023-01-01 until 2023-06-30
- 100 days/year EXT: in 145 from 2023-07-01
"""


def described(row: Quota) -> str:
    parts = [row.code or "-", str(row.limit)]
    parts += [f"({row.third_quarter})"] if row.third_quarter else []
    parts += [f"{row.unit}/{row.per}", *(f"{type_}:{name}" for type_, name in row.names.items())]
    parts += ["in", row.sector] if row.sector else []
    parts += ["beside", row.beside] if row.beside else []
    parts += ["of the employer"] if row.whose is Whose.EMPLOYER else []
    parts += ["from", str(row.valid_from)] if row.valid_from > date.min else []
    parts += ["until", str(row.valid_until)] if row.valid_until < date.max else []
    applied = [quarter(rule.last) for rule in row.not_counted if rule.applied]
    parts += ["but", *applied] if applied else []
    return " ".join(parts)


def test_the_table_agrees_with_the_law() -> None:
    assert [described(row) for row in QUOTAS] == LAW.strip().splitlines()


def test_number_of_quota_rows_by_worker_type() -> None:
    assert {type_: len(rows) for type_, rows in TOLD.items()} == {
        "EXT": 4, "O17": 4, "S17": 4, "STU": 5, "STX": 2, "T17": 1,
    }  # fmt: skip
    assert all(row.code is not None and type_ in row.names for type_, rows in TOLD.items() for row in rows)


def test_the_summer_has_a_limit_of_its_own() -> None:
    quarterly = next(row for row in QUOTAS if row.third_quarter == 285)
    limits = [
        quarterly.limit_in(window) for window in windows(Per.QUARTER, date(2026, 1, 1), date(2026, 12, 31))
    ]
    assert limits == [150, 150, 285, 150]


def test_a_row_applies_to_windows_that_start_within_its_dates() -> None:
    row = next(row for row in QUOTAS if row.limit == 475)
    for year, valid in ((2016, False), (2017, True), (2022, True), (2023, False)):
        assert row.is_valid_in((date(year, 1, 1), date(year, 12, 31))) is valid


def test_a_row_with_dates_inside_the_year_counts_only_days_within_them() -> None:
    row = Quota({}, 1, Unit.HOURS, "", valid_from=date(2026, 6, 1), valid_until=date(2028, 1, 1))
    years = [
        window
        for year in range(2026, 2030)
        for window in windows(Per.YEAR, date(year, 6, 1), date(year, 6, 1))
    ]
    assert [row.is_valid_in(year) for year in years] == [True, True, True, False]
    assert [row.leaves_out(day) for day in (date(2026, 5, 31), date(2026, 6, 1), date(2028, 1, 2))] == [
        True, False, True,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("day", "left_out"),
    [
        (date(2020, 3, 31), False),
        (date(2020, 4, 1), True),
        (date(2020, 6, 30), True),
        (date(2020, 7, 1), False),
    ],
)
def test_work_in_the_spring_of_2020_is_not_counted(day: date, left_out: bool) -> None:
    """Rule R64."""
    assert next(row for row in QUOTAS if row.limit == 475).leaves_out(day) is left_out
    assert not next(row for row in QUOTAS if row.limit == 600).leaves_out(date(2023, 2, 1))


@pytest.mark.parametrize(
    ("per", "first", "last", "found"),
    [
        (Per.YEAR, "2026-01-01", "2026-12-31", ["2026-01-01 2026-12-31"]),
        (Per.YEAR, "2026-12-31", "2027-01-01", ["2026-01-01 2026-12-31", "2027-01-01 2027-12-31"]),
        (Per.QUARTER, "2026-03-31", "2026-03-31", ["2026-01-01 2026-03-31"]),
        (Per.QUARTER, "2026-04-01", "2026-06-30", ["2026-04-01 2026-06-30"]),
        (Per.QUARTER, "2026-09-30", "2026-10-01", ["2026-07-01 2026-09-30", "2026-10-01 2026-12-31"]),
        (Per.QUARTER, "2026-12-31", "2027-01-01", ["2026-10-01 2026-12-31", "2027-01-01 2027-03-31"]),
    ],
)
def test_windows_of_days(per: Per, first: str, last: str, found: list[str]) -> None:
    days = date.fromisoformat(first), date.fromisoformat(last)
    assert [f"{begin} {end}" for begin, end in windows(per, *days)] == found


@pytest.mark.parametrize(
    ("features", "works_in", "counted"),
    [
        (Features("EXT", "302"), "302", True),
        (Features("EXT", "322", None, User("302")), "302", True),
        (Features("EXT", "322"), "322", False),
        (Features("EXT", "140", None, User("302")), "140", False),
        (Features("EXT", "145"), "145", False),
        (Features("STU", "XXX"), "XXX", True),
        (Features("STU"), None, True),
        (Features("A17", "XXX"), "XXX", False),
        (Features("OTH", "302"), "302", False),
    ],
)
def test_sector_of_features_and_whether_they_count(
    features: Features, works_in: str | None, counted: bool
) -> None:
    """Rules R58, R67."""
    assert sector(features) == works_in
    assert is_counted(features) is counted


def test_words_of_units() -> None:
    assert ([*Unit], [*Per], [*Whose]) == (
        ["hours", "days", "planned days"],
        ["year", "quarter"],
        ["worker", "employer"],
    )
