"""Deadlines of declarations, and the time by which they are missed (rules R1 to R5, R7, R69, decision D9)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

import pytest

from services.personnel_file.relation.rules import Period
from shared.domain.declaration import Features
from shared.domain.declared import Kind
from shared.domain.lateness import DEADLINES, Lateness, find_lateness, warns_of_lateness
from tests.unit.builders import PERIOD
from tests.unit.services.personnel_file.settlement.cases import FLX, OTH, STU, span

DAYS = Period(PERIOD, span("02-20", "03-31"), OTH)  # a Friday; a Tuesday
OPEN = Period(PERIOD, span("02-20"), OTH)
EVENING = Period(PERIOD, span("02-20", "02-20", "1700", "2130"), FLX)
STUDENT = Period(PERIOD, span("02-20", "02-27"), STU, 8)


def brussels_winter(day: str, hour: str = "235959.999999") -> datetime:
    """Return an instant of 2026 by Belgian winter time."""
    text = f"2026-{day} {hour}"
    form = "%Y-%m-%d %H%M%S.%f" if "." in hour else "%Y-%m-%d %H%M"
    return datetime.strptime(text, form).replace(tzinfo=UTC) - timedelta(hours=1)


def ends(period: Period, *days: str) -> Period:
    return replace(period, span=span("02-20", *days))


class DueRow(NamedTuple):
    """A declaration with its last instant in time, and whether its rule counts in working days."""

    name: str
    rule: str
    kind: Kind
    before: Period | None
    after: Period
    due: datetime
    in_working_days: bool


ROWS = [
    DueRow("a start", "R1", Kind.IN, None, OPEN, brussels_winter("02-20"), False),
    DueRow("an hour", "R1", Kind.IN, None, EVENING, brussels_winter("02-20", "1700"), False),
    DueRow("an end", "R2", Kind.OUT, OPEN, ends(OPEN, "02-26"), brussels_winter("02-27"), True),
    DueRow("on a Friday", "R2", Kind.OUT, OPEN, ends(OPEN, "02-27"), brussels_winter("03-02"), True),
    DueRow(
        "before Easter Monday", "R2", Kind.OUT, OPEN, ends(OPEN, "04-03"),
        datetime(2026, 4, 7, 21, 59, 59, 999_999, UTC), True,
    ),
    DueRow(
        "an earlier start", "R3", Kind.UPDATE, OPEN,
        replace(OPEN, span=span("02-18")), brussels_winter("02-18"), False,
    ),
    DueRow(
        "an earlier hour", "R3", Kind.UPDATE, EVENING,
        replace(EVENING, span=span("02-20", "02-20", "1600", "2130")),
        brussels_winter("02-20", "1600"), False,
    ),
    DueRow("an earlier end", "R3", Kind.UPDATE, DAYS, ends(DAYS, "02-25"), brussels_winter("02-26"), True),
    DueRow(
        "a later end", "R3", Kind.UPDATE, DAYS, ends(DAYS, "06-30"),
        datetime(2026, 4, 1, 21, 59, 59, 999_999, UTC), True,
    ),
    DueRow(
        "no end any more", "R3", Kind.UPDATE, DAYS, ends(DAYS),
        datetime(2026, 4, 1, 21, 59, 59, 999_999, UTC), True,
    ),
    DueRow(
        "canceled", "R4", Kind.CANCEL, DAYS,
        replace(DAYS, canceled=True), brussels_winter("02-20"), False,
    ),
    DueRow(
        "a shorter day", "R5", Kind.UPDATE, EVENING,
        replace(EVENING, span=span("02-20", "02-20", "1700", "2000")), brussels_winter("02-20"), False,
    ),
    DueRow(
        "a longer day", "R5", Kind.UPDATE, EVENING,
        replace(EVENING, span=span("02-20", "02-20", "1700", "2300")), brussels_winter("02-23"), True,
    ),
    DueRow(
        "planned hours", "R7", Kind.UPDATE, STUDENT, replace(STUDENT, planned_hours=10),
        datetime(2026, 4, 30, 21, 59, 59, 999_999, UTC), False,
    ),
]  # fmt: skip
IDS = [f"{row.rule} {row.name}" for row in ROWS]


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_a_deadline_is_missed_after_its_last_instant(row: DueRow) -> None:
    _, rule, kind, before, after, due, working = row
    assert find_lateness(kind, before, after, due) is None
    missed = find_lateness(kind, before, after, due + timedelta(microseconds=1))
    assert missed is not None
    assert (missed.rule, missed.due, missed.seconds) == (rule, due, 1)
    assert (missed.working_days is not None) == working


def test_every_rule_of_the_table_is_tested() -> None:
    assert {(row.rule, row.kind) for row in DEADLINES} == {(row.rule, row.kind) for row in ROWS}


def found(*arguments: object) -> Lateness:
    missed = find_lateness(*arguments)  # type: ignore[arg-type]
    assert missed is not None
    return missed


def test_lateness_in_seconds_and_working_days() -> None:
    """Received Tuesday 10 March about an end on Friday 27 February: due Monday 2, six working days ago."""
    missed = found(Kind.OUT, OPEN, ends(OPEN, "02-27"), datetime(2026, 3, 10, 9, tzinfo=UTC))
    assert missed.working_days == 6
    assert missed.seconds == 7 * 86_400 + 10 * 3_600  # since Monday's midnight
    assert missed.late_after == datetime(2026, 3, 10, 9, tzinfo=UTC)


def test_lateness_on_a_saturday_is_zero_working_days() -> None:
    """Received on a Saturday about an end on Thursday, due on Friday: late (rule R2)."""
    missed = found(Kind.OUT, OPEN, ends(OPEN, "02-26"), datetime(2026, 2, 28, 9, tzinfo=UTC))
    assert (missed.working_days, missed.seconds) == (0, 10 * 3_600)


def test_holidays_are_no_working_days() -> None:
    """An end on Thursday 30 April 2026: 1 May is a holiday, so it is due on Monday the 4th."""
    out = Kind.OUT, OPEN, ends(OPEN, "04-30")
    assert find_lateness(*out, datetime(2026, 5, 4, 21, 59, tzinfo=UTC)) is None
    assert found(*out, datetime(2026, 5, 4, 22, 0, tzinfo=UTC)).working_days == 1


def test_the_earliest_of_several_deadlines_counts() -> None:
    both = replace(DAYS, span=span("02-10", "02-25"))
    missed = found(Kind.UPDATE, DAYS, both, datetime(2026, 5, 1, tzinfo=UTC))
    assert (missed.due, missed.working_days) == (brussels_winter("02-10"), None)


@pytest.mark.parametrize(
    ("kind", "after"),
    [
        (Kind.UPDATE, replace(DAYS, span=span("02-25", "03-31"))),
        (Kind.UPDATE, DAYS),
        (Kind.UPDATE, replace(DAYS, planned_hours=9)),
    ],
    ids=["a later start", "nothing new", "planned hours of another type"],
)
def test_a_declaration_without_deadline_is_never_late(kind: Kind, after: Period) -> None:
    assert find_lateness(kind, DAYS, after, datetime(2030, 1, 1, tzinfo=UTC)) is None


@pytest.mark.parametrize(
    ("kind", "before", "after", "bears_on"),
    [
        (Kind.IN, None, OPEN, ("solidarityContribution", "article181")),
        (Kind.IN, None, STUDENT, ("solidarityContribution", "article181", "studentRegime")),
        (Kind.OUT, OPEN, DAYS, ("article181",)),
        (Kind.UPDATE, DAYS, ends(DAYS, "02-25"), ()),
        (Kind.CANCEL, STUDENT, replace(STUDENT, canceled=True), ("article181",)),
    ],
)
def test_consequences_of_lateness(
    kind: Kind, before: Period | None, after: Period, bears_on: tuple[str, ...]
) -> None:
    """Of a student only a late IN costs the contributions of students (rule R69)."""
    assert found(kind, before, after, datetime(2030, 1, 1, tzinfo=UTC)).bears_on == bears_on


def test_lateness_of_an_old_end_is_computed_quickly() -> None:
    old = replace(OPEN, span=span("1999-01-01"))
    out = replace(old, span=replace(old.span, end=date(1999, 1, 4)))
    days = found(Kind.OUT, old, out, datetime(2026, 2, 20, tzinfo=UTC)).working_days
    assert days is not None
    assert 6_700 < days < 7_000


LONG_AFTER = datetime(2030, 1, 1, tzinfo=UTC)
TEACHER = replace(DAYS, features=Features("TEA", "XXX"))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (EVENING, replace(EVENING, span=span("02-20", "02-21", "1700", "2000"))),
        (replace(EVENING, span=span("02-20", "02-21", "1700", "2000")), EVENING),
        (
            replace(EVENING, span=span("02-20", "02-21", "1700", "2300")),
            replace(EVENING, span=span("02-20", "02-20", "1700", "2000")),
        ),
    ],
    ids=["later day, earlier hour", "earlier day, later hour", "earlier day, earlier hour"],
)
def test_hours_of_another_day_do_not_change_the_length_of_a_day(before: Period, after: Period) -> None:
    assert found(Kind.UPDATE, before, after, LONG_AFTER).rule == "R3"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (DAYS, replace(DAYS, span=span("02-20", "03-31", "", "1700"))),
        (EVENING, replace(EVENING, planned_hours=9)),
        (TEACHER, replace(TEACHER, planned_hours=9)),
    ],
    ids=["a first end hour", "the same hours", "planned hours of a type after STU in the alphabet"],
)
def test_an_update_of_other_fields_is_never_late(before: Period, after: Period) -> None:
    assert find_lateness(Kind.UPDATE, before, after, LONG_AFTER) is None


def test_fewer_and_more_planned_hours_have_one_deadline() -> None:
    assert found(Kind.UPDATE, STUDENT, replace(STUDENT, planned_hours=6), LONG_AFTER).rule == "R7"


def test_only_students_lose_their_contributions() -> None:
    assert found(Kind.IN, None, TEACHER, LONG_AFTER).bears_on == ("solidarityContribution", "article181")


def test_a_late_update_of_hours_alone_is_listed_without_warning() -> None:
    """Rules R5, R7."""
    shorter = replace(EVENING, span=span("02-20", "02-20", "1700", "2000"))
    longer = replace(EVENING, span=span("02-20", "02-20", "1700", "2300"))
    planned = replace(STUDENT, planned_hours=9)
    for before, after in ((EVENING, shorter), (EVENING, longer), (STUDENT, planned)):
        assert find_lateness(Kind.UPDATE, before, after, LONG_AFTER) is not None
        assert not warns_of_lateness(Kind.UPDATE, before, after, LONG_AFTER)
    assert warns_of_lateness(Kind.UPDATE, DAYS, ends(DAYS, "02-25"), LONG_AFTER)
