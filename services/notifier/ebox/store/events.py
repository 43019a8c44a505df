"""The events feed of the e-Boxes, numbered in the order in which events become visible."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from services.notifier.ebox.store.overview import Reader
from shared.domain.rights import MessageType
from shared.runtime.database import Lock, Record, Transaction

REMINDER: Final = timedelta(days=15)  #: time after the deposit at which an unread message gets a reminder
ALERT: Final = timedelta(days=30)  #: time before its expiry at which a message gets an alert


class EventType(StrEnum):
    """The type of an event about a message in an e-Box. The types are listed in the order of time.

    A message that was read before its reminder has no event REMINDER.
    """

    NEW = "newDocument"
    REMINDER = "newDocumentReminder"
    EXPIRATION = "documentExpirationAlert"


@dataclass(frozen=True, slots=True)
class Event:
    """One row of the events feed."""

    sequence: int
    event_type: EventType
    enterprise_number: str
    message_type: MessageType
    message_id: UUID
    occurred_at: datetime
    deposited_at: datetime
    expires_at: datetime


_EVENTS: Final = """
SELECT v.sequence, v.event_type, v.enterprise_number, v.message_type, v.message_id, v.occurred_at,
       m.deposited_at, m.expires_at
FROM ebox_events v JOIN messages m USING (message_id)
WHERE v.sequence > $1 AND v.enterprise_number = $2 AND v.message_type = ANY($3::text[]) AND m.expires_at > $5
ORDER BY v.sequence LIMIT $4"""
_DUE: Final = """
SELECT a.message_id, a.event_type, a.due_at, m.enterprise_number, m.message_type, m.deposited_at,
       m.expires_at, EXISTS (SELECT FROM readings r WHERE r.message_id = a.message_id) AS read
FROM announcements a JOIN messages m USING (message_id)
WHERE a.due_at <= $1 ORDER BY a.due_at, a.message_id LIMIT $2 FOR UPDATE OF a"""
_ANNOUNCE: Final = """
INSERT INTO ebox_events (event_type, enterprise_number, message_type, message_id, occurred_at)
SELECT t, e, m, i, $5 FROM unnest($1::text[], $2::text[], $3::text[], $4::uuid[])
WITH ORDINALITY AS k (t, e, m, i, n) ORDER BY n"""
_PLAN: Final = """
UPDATE announcements a SET event_type = k.t, due_at = k.d
FROM unnest($1::uuid[], $2::text[], $3::timestamptz[]) AS k (i, t, d) WHERE a.message_id = k.i"""
_DONE: Final = "DELETE FROM announcements WHERE message_id = ANY($1::uuid[])"


async def events(tx: Transaction, reader: Reader, after: int, limit: int) -> list[Event]:
    """Return up to `limit` events of an e-Box with a sequence number above `after`, the lowest first.

    Return only events of messages that the reader may see: of its message types, and not expired.
    """
    rows = await tx.connection.fetch(
        _EVENTS, after, reader.enterprise_number, list(reader.types), limit, tx.now
    )
    return [
        Event(
            **dict(row)
            | {"event_type": EventType(row["event_type"]), "message_type": MessageType(row["message_type"])}
        )
        for row in rows
    ]


async def announce(tx: Transaction, limit: int = 5000) -> int:
    """Write due events to the feed, and plan the next event of each message.

    A message that was read gets no reminder event. Return the number of due events, at most `limit`; this
    includes the reminder events that were not written.
    """
    await tx.connection.execute("SELECT pg_advisory_xact_lock($1, 0)", Lock.EBOX_EVENTS)
    due = await tx.connection.fetch(_DUE, tx.now, limit)
    if not due:
        return 0
    announced = [row for row in due if row["event_type"] != EventType.REMINDER or not row["read"]]
    columns = ("event_type", "enterprise_number", "message_type", "message_id")
    await tx.connection.execute(_ANNOUNCE, *([row[name] for row in announced] for name in columns), tx.now)
    planned = [(row["message_id"], *_next(row)) for row in due if row["event_type"] != EventType.EXPIRATION]
    if planned:
        await tx.connection.execute(_PLAN, *(list(column) for column in zip(*planned, strict=True)))
    done = [row["message_id"] for row in due if row["event_type"] == EventType.EXPIRATION]
    if done:
        await tx.connection.execute(_DONE, done)
    return len(due)


def _next(row: Record) -> tuple[EventType, datetime]:
    if row["event_type"] == EventType.NEW:
        return EventType.REMINDER, row["deposited_at"] + REMINDER
    return EventType.EXPIRATION, row["expires_at"] - ALERT
