"""Daily registrations against their period: for every row one that raises it, and one that does not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, time

import pytest

from services.personnel_file.relation.rules import Period
from services.personnel_file.settlement.rules.daily import DAILY_ROWS, PERIOD_ROWS, register
from shared.domain.daily import CancelDaily, CreateDaily, Daily, DailyRegistration, ModifyDaily
from shared.domain.declaration import Features, Span
from tests.unit.builders import PERIOD
from tests.unit.rows import Row
from tests.unit.services.personnel_file.settlement.cases import span

FLEXI = Period(PERIOD, span("02-10", "03-20"), Features("FLX", "XXX"))
EARLY = DailyRegistration(11, PERIOD, span("02-21", "02-21", "0900", "1200"))
GONE = DailyRegistration(12, PERIOD, span("02-21", "02-21", "1300", "1700"), canceled=True)
KNOWN = {each.id: each for each in (EARLY, GONE)}
NEW = 13


@dataclass(frozen=True)
class Case:
    """A daily registration, beside two known ones."""

    daily: Daily
    period: Period | None = FLEXI
    chosen: bool = True
    in_refused: bool = False

    def anomalies(self) -> list[tuple[str, str]]:
        settled = register(
            self.daily, NEW, self.period, KNOWN, chosen=self.chosen, in_refused=self.in_refused
        )
        assert (settled.registration is None) == bool(settled.anomalies)
        return [(found.code, found.path) for found in settled.anomalies]


def create(start: str, end: str | None, start_hour: str = "1200", end_hour: str = "1700") -> Case:
    return Case(CreateDaily(PERIOD, span(start, end, start_hour, end_hour)))


def modify(start_hour: int | None = None, end_hour: int | None = None, **days: date) -> Case:
    hours = (None if hour is None else time(hour) for hour in (start_hour, end_hour))
    return Case(ModifyDaily(EARLY.id, days.get("start"), days.get("end"), *hours))


NOON = create("02-21", "02-21")
_BLOCK = "dimonaDailyRegistration"

ROWS: list[Row] = [
    Row(code="00913-354", path=f"{_BLOCK}.periodId", raised_by=replace(NOON, period=None), silent_for=NOON),
    Row(
        code="00913-357",
        path=f"{_BLOCK}.periodId",
        raised_by=replace(NOON, period=None, in_refused=True),
        silent_for=NOON,
    ),
    Row(
        code="00913-355",
        path=f"{_BLOCK}.periodId",
        raised_by=replace(NOON, period=replace(FLEXI, canceled=True)),
        silent_for=NOON,
    ),
    Row(
        code="00913-362",
        path=f"{_BLOCK}.periodId",
        raised_by=replace(NOON, period=replace(FLEXI, locked=True)),
        silent_for=NOON,
    ),
    Row(code="00913-461", path=f"{_BLOCK}.periodId", raised_by=replace(NOON, chosen=False), silent_for=NOON),
    Row(
        code="00913-462",
        path=f"{_BLOCK}.periodId",
        raised_by=replace(NOON, period=replace(FLEXI, features=Features("OTH", "XXX"))),
        silent_for=NOON,
    ),
    Row(
        code="00913-462",
        path=f"{_BLOCK}.periodId",
        raised_by=replace(
            NOON, period=replace(FLEXI, span=Span(date(2026, 2, 21), date(2026, 2, 21), time(9)))
        ),
        silent_for=replace(NOON, period=replace(FLEXI, span=span("02-10"))),
    ),
    Row(
        code="01085-181",
        path=f"{_BLOCK}.dailyRegistrationId",
        raised_by=replace(modify(9), period=replace(FLEXI, canceled=True)),
        silent_for=modify(9),
    ),
    Row(
        code="01085-181",
        path=f"{_BLOCK}.dailyRegistrationId",
        raised_by=replace(Case(CancelDaily(EARLY.id)), period=replace(FLEXI, locked=True)),
        silent_for=replace(NOON, period=replace(FLEXI, locked=True)),
    ),
    Row(
        code="00913-461",
        path=f"{_BLOCK}.dailyRegistrationId",
        raised_by=replace(modify(9), chosen=False),
        silent_for=modify(9),
    ),
    Row(
        code="01085-354",
        path=f"{_BLOCK}.dailyRegistrationId",
        raised_by=Case(CancelDaily(99)),
        silent_for=Case(CancelDaily(EARLY.id)),
    ),
    Row(
        code="01085-355",
        path=f"{_BLOCK}.dailyRegistrationId",
        raised_by=Case(CancelDaily(GONE.id)),
        silent_for=Case(CancelDaily(EARLY.id)),
    ),
    Row(code="90480-444", path=_BLOCK, raised_by=modify(9, 12), silent_for=modify(8, 12)),
    Row(
        code="00910-462",
        path=f"{_BLOCK}.startDate",
        raised_by=create("02-09", "02-09"),
        silent_for=create("02-10", "02-10"),
    ),
    Row(
        code="00910-462",
        path=f"{_BLOCK}.startDate",
        raised_by=create("03-21", "03-21"),
        silent_for=create("03-20", "03-20"),
    ),
    Row(
        code="00911-462",
        path=f"{_BLOCK}.endDate",
        raised_by=create("03-20", "03-21", "2000", "0200"),
        silent_for=create("03-19", "03-20"),
    ),
    Row(
        code="00911-462",
        path=f"{_BLOCK}.endDate",
        raised_by=create("02-09", "02-09"),
        silent_for=create("02-10", "02-10"),
    ),
    Row(
        code="00911-014",
        path=f"{_BLOCK}.endDate",
        raised_by=modify(end=date(2026, 2, 20)),
        silent_for=modify(end=date(2026, 2, 22)),
    ),
    Row(code="00778-345", path=f"{_BLOCK}.endHour", raised_by=modify(None, 8), silent_for=modify(None, 10)),
    Row(
        code="90480-260",
        path=_BLOCK,
        raised_by=create("02-22", "02-23", "0900", "0901"),
        silent_for=create("02-22", "02-23", "0900", "0900"),
    ),
    Row(code="90480-334", path=_BLOCK, raised_by=create("02-21", "02-21", "1159"), silent_for=NOON),
    Row(code="90480-334", path=_BLOCK, raised_by=create("02-21", "02-21", "0800", ""), silent_for=modify(10)),
]
IDS = [row.name for row in ROWS]


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_a_row_is_raised(row: Row) -> None:
    assert (row.code, row.path) in row.raised_by.anomalies()


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_a_row_is_not_raised(row: Row) -> None:
    assert row.code not in [code for code, _ in row.silent_for.anomalies()]


def test_every_row_is_tested() -> None:
    rows = {row.code for row in DAILY_ROWS} | {row.code for row in PERIOD_ROWS}
    assert rows <= {row.code for row in ROWS}


def test_registered_days() -> None:
    created = register(NOON.daily, NEW, FLEXI, KNOWN, chosen=True).registration
    assert created == DailyRegistration(NEW, PERIOD, span("02-21", "02-21", "1200", "1700"))
    changed = register(ModifyDaily(EARLY.id, end_hour=time(11)), NEW, FLEXI, KNOWN, chosen=True).registration
    assert changed == replace(EARLY, span=span("02-21", "02-21", "0900", "1100"))
    gone = register(CancelDaily(EARLY.id), NEW, FLEXI, KNOWN, chosen=True).registration
    assert gone == replace(EARLY, canceled=True)


def test_a_day_is_compared_with_later_ones_too() -> None:
    later = DailyRegistration(NEW + 1, PERIOD, span("02-21", "02-21", "1200", "1300"))
    found = register(NOON.daily, NEW, FLEXI, {**KNOWN, later.id: later}, chosen=True).anomalies
    assert [each.code for each in found] == ["90480-334"]


def test_a_period_is_unknown_unless_its_in_was_refused() -> None:
    found = register(NOON.daily, NEW, None, KNOWN, chosen=True).anomalies
    assert [each.code for each in found] == ["00913-354"]
