"""Which number counts, what becomes of two relations that turn out to be one, and what a lock does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from services.personnel_file.rules import (
    Event,
    Period,
    PeriodJoined,
    PeriodLocked,
    PeriodUnlocked,
    Relation,
)
from shared.messages import Person


def newest(worker: Person, known: Mapping[str, Person]) -> Person:
    """A worker as identified, perhaps before his number was replaced, as he is known now.

    `known`: the person in force, by each of his numbers. What was identified since is not older than that.
    """
    now = known.get(worker.ssin)
    if now is None or (now.ssin == worker.ssin and now.ssins <= worker.ssins):
        return worker
    return now if now.ssin != worker.ssin else worker.model_copy(update={"former_ssins": now.former_ssins})


def joined(leaving: Relation, into: Relation) -> tuple[PeriodJoined, ...]:
    """The events by which all periods of a relation come into another of the same employer and worker.

    Nothing can be refused any more: a period that overlaps one of equal features keeps its place, and is
    marked for an agent. Canceled periods come too: their numbers are known to the employer.
    """
    events: list[PeriodJoined] = []
    for period in leaving.periods.values():
        overlapping = period.overlapping or _overlaps(period, into)
        days = tuple(day for day in leaving.days.values() if day.period_id == period.id)
        events.append(PeriodJoined(replace(period, overlapping=overlapping), days))
    return tuple(events)


def _overlaps(period: Period, relation: Relation) -> bool:
    """Whether it overlaps a period with equal features (R33)."""
    return not period.canceled and any(
        not other.canceled and other.features == period.features and other.span.overlaps(period.span)
        for other in relation.periods.values()
    )


def apply_all(relation: Relation, events: Iterable[Event]) -> Relation:
    """The relation after these events."""
    for event in events:
        relation = relation.apply(event)
    return relation


def set_lock(relation: Relation, period_id: int, locked: bool) -> PeriodLocked | PeriodUnlocked | None:
    """The event of an agent's word; None when it says nothing new."""
    period = relation.periods.get(period_id)
    if period is None or period.locked == locked:
        return None
    return PeriodLocked(period_id) if locked else PeriodUnlocked(period_id)
