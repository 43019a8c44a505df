"""The outcome of a finding, by the declarations known at the finding (ADR 32)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from operator import attrgetter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.personnel_file.omission.rules.declared import Declared, PeriodDeclarations
from services.personnel_file.omission.rules.finding import STATUSES, Finding, Source
from services.personnel_file.omission.rules.judge import (
    CANDIDATES,
    Judgement,
    OpenIdentification,
    Outcome,
    judge,
)
from services.personnel_file.relation.rules import (
    DayCanceled,
    DayRegistered,
    DayUpdated,
    OfDay,
    OfPeriod,
    PeriodCanceled,
    PeriodClosed,
    PeriodJoined,
    PeriodOpened,
    PeriodReopened,
    PeriodUpdated,
)
from shared.domain.declaration import Features, Span, User
from tests.unit.builders import ENTERPRISE, NISS, OTHER_ENTERPRISE

DAY = date(2026, 3, 10)
NOON = datetime(2026, 3, 10, 11, tzinfo=UTC)
HOUR = timedelta(hours=1)
OTH = Features("OTH", "XXX")
AGENCY = Features("OTH", "322", None, User("XXX", ENTERPRISE))
FINDING = Finding(ENTERPRISE, NISS, DAY, NOON, Source.INSPECTOR, "R-1")
WEEK = Span(DAY, DAY + timedelta(6))
BEFORE = Span(DAY - timedelta(9), DAY - timedelta(1))
EVENING = Span(DAY, DAY, time(18), time(22))


def opened(span: Span = WEEK, features: Features = OTH) -> PeriodOpened:
    return PeriodOpened(1, span, features)


def declared(event: OfPeriod | OfDay, hours: float = -24, outage: float = 0) -> Declared:
    """Return a declaration received so many hours after the finding, after an outage of so many hours."""
    received = NOON + hours * HOUR
    return Declared(event, received, received - outage * HOUR)


def period(*declarations: Declared, employer: str = ENTERPRISE) -> PeriodDeclarations:
    return PeriodDeclarations(1, employer, declarations)


def outcome(*declarations: Declared, employer: str = ENTERPRISE, **finding: Any) -> Outcome:
    return judge(replace(FINDING, **finding), [period(*declarations, employer=employer)]).outcome


CASES = {
    "declared before": ([declared(opened())], Outcome.COVERED),
    "declared without end": ([declared(opened(Span(DAY)))], Outcome.COVERED),
    "declared at that instant": ([declared(opened(), 0)], Outcome.COVERED),
    "nothing declared": ([], Outcome.OMITTED),
    "declared an hour after": ([declared(opened(), 1)], Outcome.DECLARED_AFTER),
    "waited through our outage": ([declared(opened(), 1, 2)], Outcome.EXCUSED),
    "after a shorter outage": ([declared(opened(), 3, 2)], Outcome.DECLARED_AFTER),
    "begins the next day": ([declared(opened(Span(DAY + timedelta(1))))], Outcome.OMITTED),
    "ended the day before": ([declared(opened(BEFORE))], Outcome.OMITTED),
    "canceled before": ([declared(opened()), declared(PeriodCanceled(1), -1)], Outcome.OMITTED),
    "canceled before, between later ones": (
        [declared(opened()), declared(PeriodUpdated(1, Span(DAY)), 1), declared(PeriodCanceled(1), -1)],
        Outcome.OMITTED),
    "canceled after": ([declared(opened()), declared(PeriodCanceled(1), 1)], Outcome.CANCELED_AFTER),
    "declared and canceled after": (
        [declared(opened(), 1), declared(PeriodCanceled(1), 2)], Outcome.OMITTED),
    "closed before, earlier": (
        [declared(opened(Span(DAY - timedelta(9)))), declared(PeriodClosed(1, DAY - timedelta(1)), -1)],
        Outcome.OMITTED),
    "closed after, earlier": (
        [declared(opened(Span(DAY - timedelta(9)))), declared(PeriodClosed(1, DAY - timedelta(1)), 1)],
        Outcome.CANCELED_AFTER),
    "extended after": (
        [declared(opened(BEFORE)),
         declared(PeriodUpdated(1, Span(DAY - timedelta(9), DAY)), 1)],
        Outcome.DECLARED_AFTER),
    "opened again before": (
        [declared(opened(BEFORE)),
         declared(PeriodReopened(1, Span(DAY - timedelta(9))), -1)],
        Outcome.COVERED),
    "of an agency, for another user": (
        [declared(opened(features=replace(AGENCY, using_employer=User("XXX", OTHER_ENTERPRISE))))],
        Outcome.COVERED),
    "a day is registered": (
        [declared(opened()), declared(DayRegistered(2, 1, Span(DAY, DAY, time(8), time(17))))],
        Outcome.COVERED),
    "another day is registered": (
        [declared(opened()),
         declared(DayRegistered(2, 1, Span(DAY + timedelta(1), DAY + timedelta(1), time(8), time(17))))],
        Outcome.TO_CLARIFY),
    "the registration is canceled": (
        [declared(opened()), declared(DayRegistered(2, 1, Span(DAY, DAY, time(8), time(17)))),
         declared(DayCanceled(2, 1), -1)],
        Outcome.TO_CLARIFY),
    "a change of a day that was registered later": (
        [declared(opened()), declared(DayRegistered(2, 1, Span(DAY, DAY, time(8), time(9))), 1),
         declared(DayUpdated(2, 1, Span(DAY, DAY, time(8), time(17))), 2)],
        Outcome.COVERED),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_outcome_follows_the_declarations_known_at_the_finding(name: str) -> None:
    declarations, expected = CASES[name]
    assert outcome(*declarations) is expected


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (time(18), time(22), Outcome.COVERED),
        (time(19), None, Outcome.COVERED),
        (time(14), time(17), Outcome.TO_CLARIFY),
        (time(21), time(23), Outcome.TO_CLARIFY),
        (time(21), time(1), Outcome.TO_CLARIFY),
        (None, None, Outcome.COVERED),
    ],
)
def test_hours_of_the_finding_lie_in_declared_hours(
    start: time | None, end: time | None, expected: Outcome
) -> None:
    assert outcome(declared(opened(EVENING)), start_hour=start, end_hour=end) is expected


def test_work_over_midnight_lies_in_a_period_over_midnight() -> None:
    night = Span(DAY, DAY + timedelta(1), time(22), time(6))
    assert outcome(declared(opened(night)), start_hour=time(23), end_hour=time(5)) is Outcome.COVERED
    assert outcome(declared(opened(night)), start_hour=time(23), end_hour=time(7)) is Outcome.TO_CLARIFY
    assert outcome(declared(opened(night)), start_hour=time(23), end_hour=time(23)) is Outcome.COVERED


def test_an_agency_declares_for_its_user() -> None:
    sent = declared(opened(features=AGENCY))
    assert outcome(sent, employer=OTHER_ENTERPRISE) is Outcome.COVERED
    assert outcome(declared(opened()), employer=OTHER_ENTERPRISE) is Outcome.OMITTED


@pytest.mark.parametrize(
    ("day", "status", "expected"),
    [
        (DAY, "VOLUNTEER", Outcome.EXEMPT),
        (DAY, "PWA", Outcome.EXEMPT),
        (DAY, "TRAINEE", Outcome.TO_CLARIFY),
        (DAY, None, Outcome.OMITTED),
        (date(2002, 12, 31), None, Outcome.EXEMPT),
        (date(2003, 1, 1), None, Outcome.OMITTED),
    ],
)
def test_some_need_no_declaration(day: date, status: str | None, expected: Outcome) -> None:
    """Rule R70."""
    assert outcome(day=day, status=status) is expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, Outcome.PENDING),
        ({"ssin": NISS}, Outcome.PENDING),
        ({"ssin": "95041448452"}, Outcome.OMITTED),
        ({"received_at": NOON + HOUR}, Outcome.OMITTED),
        ({"received_at": NOON}, Outcome.PENDING),
        ({"first": DAY}, Outcome.PENDING),
        ({"employers": frozenset({OTHER_ENTERPRISE})}, Outcome.OMITTED),
        ({"first": DAY + timedelta(1)}, Outcome.OMITTED),
        ({"last": DAY - timedelta(1)}, Outcome.OMITTED),
        ({"last": DAY}, Outcome.PENDING),
        ({"last": DAY + timedelta(1)}, Outcome.PENDING),
    ],
)
def test_an_open_identification_may_be_about_the_worker(change: dict[str, Any], expected: Outcome) -> None:
    open_ = OpenIdentification(frozenset({ENTERPRISE}), DAY - timedelta(1), None, NOON - HOUR)
    assert judge(FINDING, [], [replace(open_, **change)]) == Judgement(expected, None)


def test_a_replaced_number_of_an_identification_is_mapped() -> None:
    open_ = OpenIdentification(frozenset({ENTERPRISE}), DAY, None, NOON, "95041448452")
    assert open_.with_number_in_force({"95041448452": NISS}).ssin == NISS
    assert open_.with_number_in_force({NISS: "1"}) == open_
    unnamed = replace(open_, ssin=None)
    assert unnamed.with_number_in_force({"95041448452": NISS}) == unnamed


def test_a_covered_day_stays_covered_while_an_identification_is_open() -> None:
    open_ = OpenIdentification(frozenset({ENTERPRISE}), DAY, None, NOON)
    assert judge(FINDING, [period(declared(opened()))], [open_]).outcome is Outcome.COVERED
    assert judge(FINDING, [period(declared(opened(), 1))], [open_]).outcome is Outcome.PENDING


@pytest.mark.parametrize(
    ("until", "expected"),
    [(DAY - timedelta(1), Outcome.OMITTED), (DAY, Outcome.TO_CLARIFY), (date.max, Outcome.TO_CLARIFY)],
)
def test_a_day_of_which_declarations_may_be_removed_is_no_omission(until: date, expected: Outcome) -> None:
    assert judge(FINDING, [], removed_until=until).outcome is expected


def test_removed_declarations_change_only_candidates() -> None:
    after = [period(declared(opened(), 1))]
    assert judge(FINDING, after, removed_until=DAY).outcome is Outcome.TO_CLARIFY
    assert judge(FINDING, [period(declared(opened()))], removed_until=DAY).outcome is Outcome.COVERED
    open_ = OpenIdentification(frozenset({ENTERPRISE}), DAY, None, NOON)
    assert judge(FINDING, [], [open_], DAY).outcome is Outcome.PENDING


def test_the_stored_words_are_those_of_the_database() -> None:
    words = "covered canceled_after exempt excused to_clarify pending declared_after omitted"
    assert list(Outcome) == words.split()
    assert {"omitted", "declared_after"} == CANDIDATES
    assert list(Source) == ["wages", "presence", "inspector"]
    assert {"VOLUNTEER", "PWA", "TRAINEE"} == STATUSES


def test_the_first_period_with_the_best_cover_is_named() -> None:
    day = declared(opened(EVENING))
    periods = [
        PeriodDeclarations(nth, ENTERPRISE, [day if nth == 3 else declared(opened())]) for nth in (3, 4, 5)
    ]
    in_the_afternoon = replace(FINDING, start_hour=time(14))
    assert judge(in_the_afternoon, periods) == Judgement(Outcome.COVERED, 4)
    waited = [period(declared(opened(), 1)), PeriodDeclarations(2, ENTERPRISE, [declared(opened(), 1, 2)])]
    assert judge(FINDING, waited) == Judgement(Outcome.EXCUSED, 2)
    part = [period(day), PeriodDeclarations(2, ENTERPRISE, [declared(opened(), 1, 2)])]
    assert judge(in_the_afternoon, part) == Judgement(Outcome.EXCUSED, 2)


def test_the_deciding_period_is_named() -> None:
    other = PeriodDeclarations(2, ENTERPRISE, [declared(opened(Span(DAY + timedelta(3))))])
    assert judge(FINDING, [other, period(declared(opened(), 1))]) == Judgement(Outcome.DECLARED_AFTER, 1)


def test_the_excuse_of_a_declaration_is_that_of_its_settlement() -> None:
    """An IN has it in its event, other declarations in the list of late ones."""
    received, outage = NOON + 48 * HOUR, NOON - HOUR
    waited = replace(opened(), late_after=outage)
    assert Declared.of(waited, received, None).late_after == outage
    assert Declared.of(opened(), received, outage).late_after == outage
    assert Declared.of(PeriodCanceled(1), received, outage).late_after == outage
    assert Declared.of(opened(), received, None).late_after == received


OFFSETS = st.integers(-6, 6)


@st.composite
def spans(draw: st.DrawFn) -> Span:
    start = DAY + timedelta(draw(OFFSETS))
    days = draw(st.none() | st.integers(0, 9))
    return Span(start, None if days is None else start + timedelta(days))


@st.composite
def histories(draw: st.DrawFn) -> list[Declared]:
    """Draw an IN with changes and a cancellation; receptions around the finding, in order."""
    events: list[OfPeriod] = [opened(draw(spans()))]
    events += [PeriodUpdated(1, span) for span in draw(st.lists(spans(), max_size=3))]
    if draw(st.booleans()):
        events.append(PeriodCanceled(1))
    hours = sorted(draw(st.lists(OFFSETS, min_size=len(events), max_size=len(events))))
    return [declared(event, hour, draw(st.integers(0, 3))) for event, hour in zip(events, hours, strict=True)]


def is_covered(history: Sequence[Declared], at: datetime) -> bool:
    """Return whether the last declaration received until an instant covers the day, in the plainest way."""
    received = [each.event for each in history if each.received_at <= at]
    if not received or isinstance(received[-1], PeriodCanceled):
        return False
    last = received[-1]
    assert isinstance(last, PeriodOpened | PeriodUpdated)
    return last.span.start <= DAY and (last.span.end is None or last.span.end >= DAY)


@given(st.lists(histories(), min_size=1, max_size=3))
def test_no_covered_day_is_ever_omitted(all_: list[list[Declared]]) -> None:
    periods = [PeriodDeclarations(nth, ENTERPRISE, history) for nth, history in enumerate(all_)]
    known = any(is_covered(history, NOON) for history in all_)
    now = any(is_covered(history, NOON + 99 * HOUR) for history in all_)
    found = judge(FINDING, periods).outcome
    assert (found in {Outcome.COVERED, Outcome.CANCELED_AFTER}) == known
    if known:
        assert found not in CANDIDATES
    assert not (now and found is Outcome.OMITTED)


@given(histories(), st.lists(st.integers(0, 9), max_size=3))
def test_replaced_numbers_change_no_outcome(history: list[Declared], places: list[int]) -> None:
    """A period that moves to the relation under another NISS leaves an event there, at that instant.

    The event is no declaration, so that no outage excuses it: it counts from the move on.
    """
    before = judge(FINDING, [period(*history)])
    moved = list(history)
    for place in places:
        at = 1 + place % len(moved)
        state = PeriodDeclarations(1, ENTERPRISE, moved[:at]).known(
            datetime.max.replace(tzinfo=UTC), attrgetter("received_at")
        )
        if state is not None:
            now = moved[at - 1].received_at
            moved.insert(at, Declared(PeriodJoined(state.period), received_at=now, late_after=now))
    assert judge(FINDING, [period(*moved)]) == before
