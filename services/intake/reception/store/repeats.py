"""Commands received before, and the problem replies to them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from services.intake.reception.store import Key
from shared.runtime.database import Transaction

_REPEATS: Final = """
SELECT c.client_id, c.message_id, c.body_sha256, d.number, d.message_source, d.received_at,
       s.answer AS s_answer, s.recorded_at AS s_at, f.answer AS f_answer, f.recorded_at AS f_at
FROM unnest($1::text[], $2::text[]) AS k (client_id, message_id)
JOIN commands c USING (client_id, message_id)
LEFT JOIN declarations d ON d.number = c.number
LEFT JOIN results s ON s.number = c.number AND NOT s.final
LEFT JOIN results f ON f.number = c.number AND f.final"""
_PROBLEMS: Final = """
SELECT p.event_id, p.event
FROM unnest($1::text[], $2::text[], $3::bytea[]) AS k (client_id, message_id, body_sha256)
JOIN problems p USING (client_id, message_id, body_sha256)"""
_STORE_PROBLEMS: Final = """
INSERT INTO problems (client_id, message_id, body_sha256, event_id, event)
SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[], $4::uuid[], $5::text[]) ON CONFLICT DO NOTHING"""


@dataclass(frozen=True, slots=True)
class Answered:
    """An earlier answer, and when it was given."""

    answer: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Repeat:
    """A command that was received before, and the answers to it. `number`: None if it was rejected."""

    client_id: str
    message_id: str
    body_sha256: bytes
    number: int | None
    message_source: str
    received_at: datetime | None
    provisional: Answered | None
    final: Answered | None


async def load_repeats(tx: Transaction, keys: Collection[Key]) -> list[Repeat]:
    """Return the stored commands with these keys."""
    rows = await tx.connection.fetch(_REPEATS, [key[0] for key in keys], [key[1] for key in keys])
    return [
        Repeat(
            row["client_id"], row["message_id"], row["body_sha256"], row["number"],
            row["message_source"] or "unknown", row["received_at"],
            Answered(row["s_answer"], row["s_at"]) if row["s_at"] else None,
            Answered(row["f_answer"], row["f_at"]) if row["f_at"] else None,
        )
        for row in rows
    ]  # fmt: skip


async def load_problems(
    tx: Transaction, bodies: Collection[tuple[str, str, bytes]]
) -> list[tuple[UUID, str]]:
    """Return ids and events of the problem replies to these bodies. A body must be equal byte for byte."""
    columns = zip(*bodies, strict=True)
    return [(row["event_id"], row["event"]) for row in await tx.connection.fetch(_PROBLEMS, *columns)]


async def store_problems(tx: Transaction, rows: Sequence[tuple[str, str, bytes, UUID, str]]) -> None:
    """Store problem replies: client, message id, digest of the body, event id, event."""
    await tx.connection.execute(_STORE_PROBLEMS, *(list(column) for column in zip(*rows, strict=True)))
