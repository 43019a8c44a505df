"""The history of a relation, read again: proofs compare its fold with the state that is stored."""

from __future__ import annotations

from collections.abc import Iterable

from services.personnel_file.relation.rules import EVENT, Event, PeriodOpened, Relation, relation_of


def event_from_json(text: str | bytes) -> Event:
    """Return a stored event. Raises ValueError when the text is none."""
    return EVENT.validate_json(text)


def fold(employer: str, ssin: str, events: Iterable[Event]) -> Relation | None:
    """Return the relation that these events make; None without events."""
    relation: Relation | None = None
    for event in events:
        if relation is None:
            assert isinstance(event, PeriodOpened), "a history begins with a period"
            relation = relation_of(employer, ssin, event)
        else:
            relation = relation.apply(event)
    return relation
