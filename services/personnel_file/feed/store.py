"""The table of the feed: settling and mutations append events, and the service feed reads them (ADR 34)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from shared.runtime.database import Transaction

_SAVE: Final = """
INSERT INTO feed (event_id, type, data, occurred_at, ssin)
SELECT i, t, d, $5, s
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bpchar[]) WITH ORDINALITY AS n (i, t, d, s, o)
ORDER BY o"""


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """One event of the feed; `data` is the full state, of which each institution sees some fields."""

    id: UUID
    type: str
    data: Mapping[str, Any]
    occurred_at: datetime

    @property
    def ssin(self) -> str:
        """The NISS of the worker in force when the event occurred."""
        ssin: str = self.data["worker"]["ssin"]
        return ssin


async def save_events(tx: Transaction, events: Sequence[FeedEvent]) -> None:
    """Append events to the feed."""
    await tx.connection.execute(
        _SAVE,
        [event.id for event in events],
        [event.type for event in events],
        [json.dumps(event.data) for event in events],
        [event.ssin for event in events],
        tx.now,
    )


def feed_row(event: FeedEvent) -> dict[str, Any]:
    """Return the row of the table `feed` for an event."""
    return {
        "event_id": event.id,
        "type": event.type,
        "data": json.dumps(event.data),
        "occurred_at": event.occurred_at,
        "ssin": event.ssin,
    }
