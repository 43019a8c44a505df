"""Every row of the quotas with a use that fits exactly, and one beyond."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

import pytest

from services.personnel_file.settlement.rules.quota import Usage, find_excesses, report_excesses
from services.personnel_file.settlement.rules.quota_usage import PeriodUse, UsageTotals, period_use
from shared.domain.declaration import Features, Span, User
from shared.domain.features import HORECA
from shared.domain.quotas import QUOTAS, TOLD, Per, Quota, Unit, Whose, account, is_counted, windows
from shared.messages import Channel, QuotaExcess
from tests.unit.builders import (
    ENTERPRISE,
    OTHER_ENTERPRISE,
)

ROWS = [row for row in QUOTAS if row.code is not None]
DAY = timedelta(days=1)


def years(row: Quota) -> tuple[int, int]:
    """Return a first and a last year of a row; the first is a whole year unless the row is shorter."""
    last = row.valid_until.year if row.valid_until < date.max else 2031
    if row.valid_from == date.min:
        return last, last
    starts_late = row.valid_from.month > 1 and row.valid_from.year < last
    return row.valid_from.year + starts_late, last


def valid_part(row: Quota, window: tuple[date, date]) -> tuple[date, date]:
    return max(window[0], row.valid_from), min(window[1], row.valid_until)


def taking(row: Quota, amount: int, worker_type: str, start: date) -> UsageTotals:
    """Return totals of earlier periods that use this amount of a row."""
    if row.unit.is_planned:
        return UsageTotals.of([PeriodUse(worker_type, row.sector, start, start, amount)])
    return UsageTotals.of(
        PeriodUse(worker_type, row.sector, day, day, 0) for n in range(amount) for day in (start + n * DAY,)
    )


def usage(row: Quota, takings: UsageTotals) -> Usage:
    empty = UsageTotals()
    return Usage(takings, empty) if row.whose is Whose.WORKER else Usage(empty, takings)


@dataclass(frozen=True)
class Edge:
    """A row, a worker type that it counts, and a year or quarter."""

    row: Quota
    worker_type: str
    window: tuple[date, date]

    def own(self, amount: int) -> PeriodUse:
        """Return the use of the declared period: hours, or the last days of the window."""
        last = self.window[1]
        if self.row.unit.is_planned:
            return PeriodUse(self.worker_type, self.row.sector, last, last, amount)
        return PeriodUse(self.worker_type, self.row.sector, last - (amount - 1) * DAY, last, 0)

    def beyond(self, before: int, own: int) -> list[tuple[str, int]]:
        """Return the excesses of this row after an earlier use."""
        takings = taking(self.row, before, self.worker_type, self.window[0])
        if self.row.beside is not None:
            takings.add(PeriodUse(self.row.beside, "XXX", self.window[0], self.window[0], 1))
        found = find_excesses(self.own(own), None, usage(self.row, takings))
        name = self.row.names[self.worker_type]
        return [(each.anomaly.code, each.amount) for each in found if each.quota_type == name]


EDGES = [
    Edge(row, worker_type, valid_part(row, window))
    for row in ROWS
    for worker_type in row.names
    for year in years(row)
    for window in windows(row.per, date(year, 1, 1), date(year, 12, 31))
]
EDGE_IDS = [
    f"{edge.row.code} {edge.row.names[edge.worker_type]} {edge.worker_type} {edge.window[0]}"
    for edge in EDGES
]


def least(edge: Edge) -> int:
    """Return the lowest limit of the rows with equal name for this worker type."""
    same = [
        row
        for row in TOLD[edge.worker_type]
        if row.names[edge.worker_type] == edge.row.names[edge.worker_type]
    ]
    return min(row.limit_in(edge.window) for row in same if row.is_valid_in(edge.window))


@pytest.mark.parametrize("edge", EDGES, ids=EDGE_IDS)
def test_the_exact_limit_is_allowed_and_one_more_is_not(edge: Edge) -> None:
    limit = least(edge)
    assert edge.beyond(limit - 2, 2) == []
    assert edge.beyond(limit - 2, 3)[:1] == [(edge.row.code, 1)]
    assert edge.beyond(limit, 1)[:1] == [(edge.row.code, 1)]
    assert edge.beyond(limit + 5, 3)[:1] == [(edge.row.code, 3)], "only its own excess is reported"


@pytest.mark.parametrize("edge", EDGES, ids=EDGE_IDS)
def test_use_outside_the_window_does_not_count(edge: Edge) -> None:
    row = edge.row
    before = edge.window[0] - 500 * DAY if row.unit is Unit.DAYS else edge.window[0] - DAY
    takings = taking(row, row.limit_in(edge.window), edge.worker_type, before)
    found = find_excesses(edge.own(1), None, usage(row, takings))
    # Of the quarters before, the year remembers.
    assert [each for each in found if row.per is Per.QUARTER and each.quota_type in row.names.values()] == []
    if row.per is Per.YEAR and row.unit.is_planned:
        assert found == ()


def test_the_table_agrees_with_the_law() -> None:
    """Every type has one limit at a time, except several for article 17 (rules R59, R60, R61)."""
    assert set(TOLD) == {"STU", "STX", "S17", "O17", "T17", "EXT"}
    limits = {
        (name, row.valid_from.year): (row.limit, row.third_quarter)
        for row in ROWS
        for name in row.names.values()
    }
    assert limits["STUDENT", 1] == (46, None)
    assert limits["STUDENT", 2012] == (50, None)
    assert limits["STUDENT", 2017] == (475, None)
    assert limits["STUDENT", 2023] == (600, None)
    assert limits["STUDENT", 2025] == (650, None)
    assert limits["A17_QUARTER_SPORT", 2022] == (150, 285)
    assert limits["A17_QUARTER_OTHER", 2022] == (100, 190)
    assert limits["A17_PUBTV", 2022] == (25, None)
    assert limits["HORECA_WORKER", 2013] == (50, None)
    assert limits["HORECA_EMPLOYER", 2013] == (100, None)
    assert limits["HORECA_EMPLOYER", 2015] == (100, None)
    assert limits["HORECA_EMPLOYER", 2016] == (200, None)
    students = [row for row in ROWS if "STU" in row.names]
    for earlier, later in pairwise(students):
        assert earlier.valid_until + DAY == later.valid_from


@pytest.mark.parametrize(
    ("year", "months", "limit"),
    [(2014, (1, 12), 100), (2015, (1, 6), 100), (2015, (7, 12), 100), (2016, (1, 12), 200)],
)
def test_an_employer_has_100_horeca_days_until_june_2015_then_200(
    year: int, months: tuple[int, int], limit: int
) -> None:
    """90256-369. Rule R67: the year 2015 has two halves of 100 days."""
    first = date(year, months[0], 1)
    days = UsageTotals.of(horeca(first + n * DAY) for n in range(limit - 1))
    last_allowed, beyond = horeca(first + (limit - 1) * DAY), horeca(first + limit * DAY)
    assert find_excesses(last_allowed, None, Usage(UsageTotals(), days)) == ()
    days.add(last_allowed)
    (excess,) = find_excesses(beyond, None, Usage(UsageTotals(), days))
    assert (excess.quota_type, excess.amount) == ("HORECA_EMPLOYER", 1)


def test_a_day_of_public_television_is_eight_hours_of_article_17() -> None:
    """90017-369. Rule R66."""
    days = [
        period_use(Features("T17", "XXX"), Span(date(2026, 1, n), date(2026, 1, n)), None) for n in (1, 2)
    ]
    television = UsageTotals.of(day for day in days if day is not None)
    sport = PeriodUse("S17", "XXX", date(2026, 2, 1), date(2026, 2, 28), 134)
    assert find_excesses(sport, None, Usage(television, UsageTotals())) == ()
    (excess,) = find_excesses(sport._replace(hours=135), None, Usage(television, UsageTotals()))
    assert (excess.quota_type, excess.amount) == ("A17_QUARTER_SPORT", 1)


def test_hours_of_students_in_the_summer_of_2021_do_not_count() -> None:
    """90017-369. Rule R64."""
    summer = PeriodUse("STU", "XXX", date(2021, 7, 1), date(2021, 9, 30), 475)
    autumn = summer._replace(first=date(2021, 10, 1), last=date(2021, 12, 31))
    assert find_excesses(autumn, None, Usage(UsageTotals.of([summer]), UsageTotals())) == ()
    (excess,) = find_excesses(
        autumn._replace(hours=476), None, Usage(UsageTotals.of([summer]), UsageTotals())
    )
    assert excess.amount == 1


def test_students_until_2016_are_counted_in_planned_days() -> None:
    """90017-369. Rule R64: 50 days; a period without planned days counts with its length."""
    student = Features("STU", "XXX")
    month = Span(date(2016, 7, 1), date(2016, 7, 31))
    planned = period_use(student, month, None, 20)
    whole = period_use(student, month, None)
    assert planned is not None
    assert whole is not None
    assert (planned.hours, whole.hours) == (20, 31)
    before = Usage(UsageTotals.of([planned._replace(hours=30)]), UsageTotals())
    assert find_excesses(planned, None, before) == ()
    (excess,) = find_excesses(whole, None, before)
    assert report_excesses((excess,), Channel.REST)[1] == (
        QuotaExcess(quota_type="STUDENT", exceeding_days=11),
    )


def test_the_spring_of_2020_is_not_counted() -> None:
    """Neither earlier use in that spring nor a period in it counts (rule R64)."""
    spring = PeriodUse("STU", "XXX", date(2020, 4, 1), date(2020, 6, 30), 475)
    winter, summer = spring._replace(first=date(2020, 3, 31)), spring._replace(first=date(2020, 7, 1))
    assert find_excesses(summer, None, Usage(UsageTotals.of([spring]), UsageTotals())) == ()
    assert find_excesses(spring, None, Usage(UsageTotals.of([winter]), UsageTotals())) == ()
    (found,) = find_excesses(summer, None, Usage(UsageTotals.of([winter]), UsageTotals()))
    assert found.amount == 475


def test_article_17_as_a_whole_and_that_of_students() -> None:
    """450 hours of both together, 190 for a worker with a student period in that year (rule R66)."""
    sport = PeriodUse("S17", "XXX", date(2026, 1, 1), date(2026, 3, 31), 150)
    summer = sport._replace(first=date(2026, 7, 1), hours=285)
    other = PeriodUse("O17", "XXX", date(2026, 10, 1), date(2026, 12, 31), 15)
    assert find_excesses(other, None, Usage(UsageTotals.of([sport, summer]), UsageTotals())) == ()
    found = find_excesses(
        other._replace(hours=16), None, Usage(UsageTotals.of([sport, summer]), UsageTotals())
    )
    assert [(each.quota_type, each.amount) for each in found] == [("A17_YEAR_OTHER", 1)]
    student = PeriodUse("STU", "XXX", date(2026, 8, 1), date(2026, 8, 31), 100)
    forty = other._replace(hours=40)
    assert find_excesses(forty, None, Usage(UsageTotals.of([sport, student]), UsageTotals())) == ()
    found = find_excesses(
        other._replace(hours=41), None, Usage(UsageTotals.of([sport, student]), UsageTotals())
    )
    assert [(each.quota_type, each.amount) for each in found] == [("A17_STUDENT_OTHER", 1)]
    earlier = student._replace(first=date(2025, 8, 1), last=date(2025, 8, 31))
    assert (
        find_excesses(other._replace(hours=41), None, Usage(UsageTotals.of([sport, earlier]), UsageTotals()))
        == ()
    )


def horeca(day: date, last: date | None = None) -> PeriodUse:
    return PeriodUse("EXT", HORECA, day, last or day, 0)


def test_a_day_of_an_employer_counts_once_for_several_workers() -> None:
    """Rule R67."""
    first = date(2026, 1, 1)
    days = UsageTotals.of(horeca(first + n * DAY) for n in range(200) for _ in range(30))
    again = Usage(UsageTotals(), days)
    assert find_excesses(horeca(first), None, again) == ()
    (found,) = find_excesses(horeca(first + 200 * DAY), None, again)
    assert (found.anomaly.code, found.anomaly.path, found.amount) == ("90256-369", "employer", 1)
    across = horeca(first + 199 * DAY, first + 201 * DAY)
    assert [each.amount for each in find_excesses(across, None, again)] == [2]


def test_only_the_days_inside_the_year_count() -> None:
    new_year = horeca(date(2026, 12, 31), date(2027, 1, 1))
    of_2026 = UsageTotals.of(horeca(date(2026, 1, 1) + n * DAY) for n in range(49))
    assert find_excesses(new_year, None, Usage(of_2026, UsageTotals())) == ()
    of_2026.add(horeca(date(2026, 6, 1)))
    (found,) = find_excesses(new_year, None, Usage(of_2026, UsageTotals()))
    assert (found.anomaly.code, found.quota_type, found.amount) == ("90017-369", "HORECA_WORKER", 1)


@pytest.mark.parametrize(
    ("features_", "spends"),
    [
        (Features("EXT", "302"), ENTERPRISE),
        (Features("EXT", "322", None, User("302", OTHER_ENTERPRISE)), OTHER_ENTERPRISE),
        (Features("EXT", "322", None, User("XXX", OTHER_ENTERPRISE)), None),
        (Features("EXT", "144"), None),
        (Features("STU", "XXX"), None),
        (Features("OTH", "XXX"), None),
    ],
)
def test_days_are_used_of_the_employer_or_the_user(features_: Features, spends: str | None) -> None:
    """The user's, where an agency lends the worker (rules R58, R61)."""
    assert account(features_, ENTERPRISE) == spends


def test_ordinary_work_is_not_counted() -> None:
    counted = {
        worker_type
        for worker_type in ("OTH", "FLX", "BCW", "DWD", "A17")
        if is_counted(Features(worker_type))
    }
    assert counted == set()
    assert not is_counted(Features("EXT", "145"))


@pytest.mark.parametrize("channel", Channel)
def test_the_exact_excess_is_shown_on_secured_channels_only(channel: Channel) -> None:
    """Decision D33."""
    found = find_excesses(
        PeriodUse("STU", "XXX", date(2026, 1, 1), date(2026, 3, 31), 700),
        None,
        Usage(UsageTotals(), UsageTotals()),
    )
    anomalies, quota = report_excesses(found, channel)
    assert [each.code for each in anomalies] == ["90017-369"]
    open_ = {Channel.OPEN_WEB, Channel.SMS, Channel.VOICE}
    assert quota == (() if channel in open_ else (QuotaExcess(quota_type="STUDENT", exceeding_hours=50),))
