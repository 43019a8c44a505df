"""Replaced numbers, merged relations, and locks: the rules without I/O."""

from __future__ import annotations

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.personnel_file.mutation.rules import apply_all, join_periods, newest_person, set_lock
from services.personnel_file.relation.rules import (
    DayRegistered,
    EmployerIdReplaced,
    Event,
    PeriodCanceled,
    PeriodClosed,
    PeriodLocked,
    PeriodOpened,
    PeriodsLeft,
    PeriodUnlocked,
    PeriodUpdated,
    Relation,
    SsinReplaced,
    event_to_json,
)
from shared.domain.declaration import Features, Span
from tests.histories import event_from_json, fold
from tests.unit.builders import ENTERPRISE, NISS, OTHER_NISS, WORKER

OTH, FLX = Features("OTH", "XXX", None), Features("FLX", "302", None)


def day(number: int) -> date:
    return date(2026, 3, number)


def opened(id_: int, first: int, last: int | None = None, features: Features = OTH) -> PeriodOpened:
    return PeriodOpened(id_, Span(day(first), day(last) if last else None), features)


def relation(*events: Event, ssin: str = NISS) -> Relation:
    """Fold a stored history."""
    found = fold(ENTERPRISE, ssin, [event_from_json(event_to_json(event)) for event in events])
    assert found is not None
    return found


# ------------------------------------------------------------------ which number counts


def test_a_worker_without_replaced_number_is_unchanged() -> None:
    assert newest_person(WORKER, {}) is WORKER


def test_an_old_number_leads_to_the_number_in_force() -> None:
    now = WORKER.model_copy(update={"ssin": OTHER_NISS, "former_ssins": (NISS,)})
    assert newest_person(WORKER, {NISS: now, OTHER_NISS: now}) is now


def test_the_number_in_force_has_its_replaced_numbers() -> None:
    """A later identification of the person is kept."""
    now = WORKER.model_copy(update={"former_ssins": (OTHER_NISS,)})
    married = WORKER.model_copy(update={"family_name": "Janssens"})
    found = newest_person(married, {NISS: now, OTHER_NISS: now})
    assert (found.family_name, found.former_ssins) == ("Janssens", (OTHER_NISS,))
    assert newest_person(now, {NISS: now}) is now
    knows_more = WORKER.model_copy(update={"former_ssins": (OTHER_NISS, "29111114418")})
    assert newest_person(knows_more, {NISS: now}) is knows_more


@pytest.mark.parametrize("ssins", [(NISS, OTHER_NISS), (OTHER_NISS, NISS)])
def test_a_number_replaced_after_identification_is_followed(ssins: tuple[str, str]) -> None:
    """The register once had the reverse order: all numbers are known, and another is in force."""
    first, second = ssins
    before = WORKER.model_copy(update={"ssin": first, "former_ssins": (second,)})
    now = WORKER.model_copy(update={"ssin": second, "former_ssins": (first,)})
    assert newest_person(before, {first: now, second: now}) is now


# ------------------------------------------------------------------ two relations become one

THERE = relation(opened(1, 1, 10), opened(2, 1, 10, FLX), ssin=OTHER_NISS)


@pytest.mark.parametrize(
    ("events", "overlapping"),
    [
        ((opened(3, 10, 20),), [True]),
        ((opened(3, 1, 10),), [True]),
        ((opened(3, 11, 20),), [False]),
        ((opened(3, 10),), [True]),
        ((opened(3, 5, 6, Features("OTH", "302", None)),), [False]),
        ((opened(3, 5, 6), PeriodCanceled(3)), [False]),
        ((opened(3, 5, 6), opened(4, 12, 13)), [True, False]),
    ],
    ids=["touches", "duplicate", "apart", "open", "other features", "canceled", "one of two"],
)
def test_an_overlapping_period_is_marked(events: tuple[Event, ...], overlapping: list[bool]) -> None:
    assert [event.period.overlapping for event in join_periods(relation(*events), THERE)] == overlapping


def test_a_canceled_period_overlaps_no_other() -> None:
    there = relation(opened(1, 1, 10), PeriodCanceled(1))
    assert [event.period.overlapping for event in join_periods(relation(opened(3, 1, 10)), there)] == [False]


def test_days_move_with_their_period() -> None:
    span = Span(day(2), day(2), time(8), time(12))
    leaving = relation(opened(3, 11, 20, FLX), opened(4, 21, 22, FLX), DayRegistered(9, 3, span))
    leaving = leaving.apply(DayRegistered(8, 4, Span(day(21), day(21), time(8), time(12))))
    first, second = join_periods(leaving, THERE)
    assert [[each.id for each in one.days] for one in (first, second)] == [[9], [8]]
    assert apply_all(THERE, (first, second)).days[9].span == span


def test_the_mark_ends_with_the_overlap() -> None:
    """An accepted UPDATE overlaps no period; an OUT may leave an overlap."""
    both = apply_all(THERE, join_periods(relation(opened(3, 5)), THERE))
    assert both.periods[3].overlapping
    assert both.apply(PeriodClosed(3, day(20))).periods[3].overlapping
    assert both.apply(PeriodLocked(3)).periods[3].overlapping
    assert not both.apply(PeriodUpdated(3, Span(day(11), day(12)))).periods[3].overlapping
    assert not both.apply(PeriodCanceled(3)).periods[3].overlapping


SPANS = st.tuples(st.integers(1, 20), st.none() | st.integers(0, 8)).map(
    lambda drawn: Span(day(drawn[0]), None if drawn[1] is None else day(drawn[0] + drawn[1]))
)
HISTORIES = st.lists(st.tuples(SPANS, st.sampled_from([OTH, FLX]), st.booleans()), min_size=1, max_size=6)


@given(HISTORIES, HISTORIES)
def test_a_merge_loses_no_period_and_both_histories_stay_valid(
    left: list[tuple[Span, Features, bool]], right: list[tuple[Span, Features, bool]]
) -> None:
    """Identity and start of both stay, ends follow their periods, versions have no gaps (decision D32)."""
    first, second = _history(left, 100), _history(right, 200)
    leaving, there = relation(*first), relation(*second, ssin=OTHER_NISS)
    events = join_periods(leaving, there)
    now, emptied = apply_all(there, events), leaving.apply(PeriodsLeft())
    assert relation(*second, *events, ssin=OTHER_NISS) == now
    assert relation(*first, PeriodsLeft()) == emptied
    assert now.periods.keys() == leaving.periods.keys() | there.periods.keys()
    assert (now.start, now.version) == (there.start, there.version + len(leaving.periods))
    assert (emptied.start, emptied.end, emptied.periods) == (leaving.start, leaving.start, {})
    standing = [period for period in now.periods.values() if not period.canceled]
    ends = [period.span.end for period in standing]
    assert now.end == (None if None in ends else max([now.start, *(end for end in ends if end)]))
    for period in standing:
        clashes = any(
            other.features == period.features and other.span.overlaps(period.span)
            for other in there.periods.values()
            if not other.canceled
        )
        assert period.overlapping == (clashes and period.id in leaving.periods)


def _history(drawn: list[tuple[Span, Features, bool]], first: int) -> list[Event]:
    events: list[Event] = []
    for id_, (span, features, canceled) in enumerate(drawn, first):
        events.append(PeriodOpened(id_, span, features))
        if canceled:
            events.append(PeriodCanceled(id_))
    return events


# ------------------------------------------------------------------ the relation as a whole


def test_a_new_number_changes_only_the_number_of_a_relation() -> None:
    before = relation(opened(1, 1, 10))
    after = relation(opened(1, 1, 10), SsinReplaced(OTHER_NISS))
    assert (after.ssin, after.version) == (OTHER_NISS, 2)
    assert (after.start, after.end, after.periods) == (before.start, before.end, before.periods)


def test_a_definitive_number_changes_only_the_version() -> None:
    before = relation(opened(1, 1, 10))
    after = before.apply(EmployerIdReplaced(125482497))
    assert (after.version, after.periods, after.end) == (2, before.periods, before.end)


# ------------------------------------------------------------------ locks


def test_a_repeated_lock_makes_no_event() -> None:
    free = relation(opened(1, 1, 10))
    assert set_lock(free, 1, True) == PeriodLocked(1)
    assert set_lock(free, 1, False) is None
    assert set_lock(free, 7, True) is None
    locked = free.apply(PeriodLocked(1))
    assert locked.periods[1].locked
    assert set_lock(locked, 1, True) is None
    assert set_lock(locked, 1, False) == PeriodUnlocked(1)
    assert not locked.apply(PeriodUnlocked(1)).periods[1].locked
