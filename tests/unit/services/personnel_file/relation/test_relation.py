"""The state of a relation after each event and after a history."""

from __future__ import annotations

from datetime import date, time

import pytest

from services.personnel_file.relation.rules import (
    Event,
    PeriodCanceled,
    PeriodClosed,
    PeriodOpened,
    PeriodReopened,
    PeriodUpdated,
    Relation,
    State,
    event_to_json,
)
from shared.domain.declaration import Features, Span, User
from tests.histories import event_from_json, fold
from tests.unit.builders import ENTERPRISE, NISS

JAN, FEB, MARCH, APRIL = (date(2026, month, 1) for month in (1, 2, 3, 4))
OTH = Features("OTH", "XXX")
OPENED = PeriodOpened(1, Span(FEB), OTH)
CLOSED = PeriodClosed(1, MARCH)


def report_excesses(*events: Event) -> Relation:
    relation = fold(ENTERPRISE, NISS, events)
    assert relation is not None
    return relation


EVENTS: list[Event] = [
    OPENED,
    PeriodOpened(
        2,
        Span(FEB, FEB, time(17), time(21, 30)),
        Features("OTH", None, "12", User("124", "0400767772")),
        planned_hours=8,
        locked=True,
        late=True,
    ),
    CLOSED,
    PeriodUpdated(1, Span(FEB, FEB, time(17)), 8),
    PeriodReopened(1, Span(FEB)),
    PeriodCanceled(1),
]


@pytest.mark.parametrize("event", EVENTS, ids=[f"{event.type} {nth}" for nth, event in enumerate(EVENTS)])
def test_an_event_is_read_as_it_was_written(event: Event) -> None:
    assert event_from_json(event_to_json(event)) == event
    assert "null" not in event_to_json(event)


def test_another_text_is_no_event() -> None:
    with pytest.raises(ValueError, match="type"):
        event_from_json('{"period_id": 1}')


def test_an_empty_history() -> None:
    assert fold(ENTERPRISE, NISS, []) is None


@pytest.mark.parametrize(
    ("history", "state", "end"),
    [
        ([OPENED], State.OPEN, None),
        ([OPENED, CLOSED], State.CLOSED, MARCH),
        ([OPENED, CLOSED, PeriodUpdated(1, Span(FEB, APRIL))], State.CLOSED, APRIL),
        ([OPENED, CLOSED, PeriodReopened(1, Span(FEB))], State.OPEN, None),
        ([OPENED, CLOSED, PeriodCanceled(1)], State.CANCELED, FEB),
        ([OPENED, PeriodCanceled(1)], State.CANCELED, FEB),
        ([PeriodOpened(1, Span(FEB, MARCH), OTH)], State.CLOSED, MARCH),
    ],
    ids=["opened", "closed", "updated", "re-opened", "closed, canceled", "canceled", "opened with an end"],
)
def test_state_and_end_follow_from_the_history(history: list[Event], state: State, end: date | None) -> None:
    """Decision D32."""
    relation = report_excesses(*history)
    assert relation.periods[1].state is state
    assert relation.end == end
    assert relation.version == len(history)
    assert (relation.employer, relation.ssin, relation.start) == (ENTERPRISE, NISS, FEB)


def test_the_end_is_the_latest_end_of_a_valid_period() -> None:
    three = [PeriodOpened(n, Span(JAN, end), OTH) for n, end in ((1, FEB), (2, APRIL), (3, MARCH))]
    assert report_excesses(*three).end == APRIL
    assert report_excesses(*three, PeriodCanceled(2)).end == MARCH
    assert report_excesses(*three, PeriodOpened(4, Span(MARCH), OTH)).end is None


def test_the_order_of_periods_does_not_decide_the_end() -> None:
    falling = [PeriodOpened(n, Span(JAN, end), OTH) for n, end in ((1, MARCH), (2, FEB), (3, APRIL))]
    assert report_excesses(*falling, PeriodCanceled(3)).end == MARCH


def test_a_relation_keeps_its_start_and_never_ends_before_it() -> None:
    """Also when all valid periods are earlier (decision D32)."""
    earlier = PeriodOpened(2, Span(JAN, JAN), OTH)
    relation = report_excesses(OPENED, PeriodCanceled(1), earlier)
    assert (relation.start, relation.end) == (FEB, FEB)


def test_a_period_is_neither_locked_nor_late_by_default() -> None:
    period = report_excesses(OPENED).periods[1]
    assert (period.locked, period.late) == (False, False)


def test_states_have_the_names_of_the_wire() -> None:
    assert [str(state) for state in State] == ["OPEN", "CLOSED", "CANCELLED"]
