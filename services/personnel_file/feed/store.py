"""The tables of the feed and of the institutions that may read it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from services.personnel_file.feed.rules import hidden, visible
from shared.envelope import cloud_event
from shared.messages import Delivery
from shared.runtime.database import Transaction
from shared.topology import institution_queue

_SAVE: Final = """
WITH written AS (
    INSERT INTO feed (event_id, type, data, occurred_at)
    SELECT i, t, d, $4
    FROM unnest($1::uuid[], $2::text[], $3::text[]) WITH ORDINALITY AS n (i, t, d, o) ORDER BY o)
SELECT institution_id, fields FROM access.institutions_in_force ORDER BY institution_id"""


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """One row of the feed; `data` is the full state, before fields are removed."""

    id: UUID
    type: str
    data: Mapping[str, Any]
    occurred_at: datetime

    def seen_by(self, fields: Collection[str]) -> str:
        """Return the event as JSON with only the fields that an institution may see.

        The text is equal for institutions that get the feed by queue and by HTTP.
        """
        data = json.dumps(visible(self.data, fields))
        return cloud_event(self.id, self.type, "personnel_file", self.occurred_at, data)


async def save_events(tx: Transaction, events: Sequence[FeedEvent]) -> list[Delivery]:
    """Append events to the feed; return the deliveries to the subscribed institutions."""
    subscribed = await tx.connection.fetch(
        _SAVE,
        [event.id for event in events],
        [event.type for event in events],
        [json.dumps(event.data) for event in events],
        tx.now,
    )
    return deliveries_of(events, [(row["institution_id"], row["fields"]) for row in subscribed])


def deliveries_of(
    events: Sequence[FeedEvent], institutions: Sequence[tuple[str, Sequence[str]]]
) -> list[Delivery]:
    """Return a delivery of each event to each institution that may see its type.

    An institution is given by its id and by the fields that it may see.
    """
    readers = [(id_, frozenset(fields)) for id_, fields in institutions]
    return [
        Delivery(event.id, institution_queue(id_), event.type, event.seen_by(fields))
        for event in events
        for id_, fields in readers
        if event.type not in hidden(fields)
    ]


def feed_row(event: FeedEvent) -> dict[str, Any]:
    """Return the row of the table `feed` for an event."""
    return {
        "event_id": event.id,
        "type": event.type,
        "data": json.dumps(event.data),
        "occurred_at": event.occurred_at,
    }
