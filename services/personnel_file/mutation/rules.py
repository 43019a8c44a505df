"""Rules for changes of periods that no declaration causes: a replaced NISS, two relations joined, a lock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from services.personnel_file.relation.rules import (
    Event,
    Period,
    PeriodJoined,
    PeriodLocked,
    PeriodUnlocked,
    Relation,
)
from shared.messages import Person


def newest_person(worker: Person, known: Mapping[str, Person]) -> Person:
    """Return the worker with the NISS in force and all former numbers that are known.

    Args:
        worker: The worker as identified, possibly before the NISS was replaced.
        known: The person under the NISS in force, by each former and current NISS. If this person has no
            number that `worker` lacks, the result is `worker`.
    """
    now = known.get(worker.ssin)
    if now is None or (now.ssin == worker.ssin and now.ssins <= worker.ssins):
        return worker
    return now if now.ssin != worker.ssin else worker.model_copy(update={"former_ssins": now.former_ssins})


def join_periods(leaving: Relation, into: Relation) -> tuple[PeriodJoined, ...]:
    """Return the events that move all periods of a relation to another relation of the employer and worker.

    A period that overlaps a period of `into` with equal features is moved too and marked as overlapping, so
    that an agent decides. Canceled periods are moved too, because the employer knows their numbers.
    """
    events: list[PeriodJoined] = []
    for period in leaving.periods.values():
        overlapping = period.overlapping or _overlaps(period, into)
        days = tuple(day for day in leaving.days.values() if day.period_id == period.id)
        events.append(PeriodJoined(replace(period, overlapping=overlapping), days))
    return tuple(events)


def _overlaps(period: Period, relation: Relation) -> bool:
    """Return whether the period overlaps a period of the relation with equal features (rule R33).

    Canceled periods do not count.
    """
    return not period.canceled and any(
        not other.canceled and other.features == period.features and other.span.overlaps(period.span)
        for other in relation.periods.values()
    )


def apply_all(relation: Relation, events: Iterable[Event]) -> Relation:
    """Return the relation after these events."""
    for event in events:
        relation = relation.apply(event)
    return relation


def set_lock(relation: Relation, period_id: int, locked: bool) -> PeriodLocked | PeriodUnlocked | None:
    """Return the event of a lock or unlock; None if the period is unknown or has this state already."""
    period = relation.periods.get(period_id)
    if period is None or period.locked == locked:
        return None
    return PeriodLocked(period_id) if locked else PeriodUnlocked(period_id)
