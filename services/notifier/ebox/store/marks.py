"""Marks: who has read a message, the labels on it, and for whose attention it is."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final
from uuid import UUID

from services.notifier.ebox.store.overview import SEEN, Reader, seen
from shared.runtime.database import Transaction

_EVERYBODY: Final = ""  #: the reader of labels that the whole enterprise sees

_READ: Final = "INSERT INTO readings SELECT unnest($1::uuid[]), $2, $3 ON CONFLICT DO NOTHING"
_LABEL: Final = "INSERT INTO labels SELECT unnest($1::uuid[]), $2, $3 ON CONFLICT DO NOTHING"
_UNLABEL: Final = "DELETE FROM labels WHERE message_id = ANY($1::uuid[]) AND label = $2 AND reader = $3"
_LABELS: Final = f"""
SELECT l.label, count(DISTINCT m.message_id) AS messages FROM labels l JOIN messages m USING (message_id)
WHERE {SEEN} AND l.reader IN ('', $3) GROUP BY l.label ORDER BY l.label"""  # noqa: S608 - constants
_ATTENTION: Final = "INSERT INTO attention SELECT unnest($1::uuid[]), $2, $3, $4 ON CONFLICT DO NOTHING"
_NO_ATTENTION: Final = "DELETE FROM attention WHERE message_id = ANY($1::uuid[]) AND user_id = $2"


async def mark_read(tx: Transaction, reader: Reader, message_ids: Collection[UUID]) -> None:
    """Keep that this reader has read these; the first time is what counts. The caller asked `visible`."""
    await tx.connection.execute(_READ, list(message_ids), reader.id, tx.now)


async def label(
    tx: Transaction, reader: Reader, message_ids: Collection[UUID], label: str, *, for_all: bool
) -> None:
    """Put a label on messages, for the reader himself or for everybody. The caller asked `visible`."""
    owner = _EVERYBODY if for_all else reader.id
    await tx.connection.execute(_LABEL, list(message_ids), label, owner)


async def unlabel(
    tx: Transaction, reader: Reader, message_ids: Collection[UUID], label: str, *, for_all: bool
) -> None:
    """Take a label off messages: the reader's own, or everybody's. The caller asked `visible`."""
    owner = _EVERYBODY if for_all else reader.id
    await tx.connection.execute(_UNLABEL, list(message_ids), label, owner)


async def labels(tx: Transaction, reader: Reader) -> dict[str, int]:
    """Every label that this reader sees, with the number of its messages."""
    rows = await tx.connection.fetch(_LABELS, *seen(reader, tx))
    return {row["label"]: row["messages"] for row in rows}


async def call_attention(
    tx: Transaction, reader: Reader, message_ids: Collection[UUID], user_id: str
) -> None:
    """Put messages under the eyes of a person. The caller asked `visible`, and what that person may see."""
    await tx.connection.execute(_ATTENTION, list(message_ids), user_id, reader.id, tx.now)


async def end_attention(tx: Transaction, message_ids: Collection[UUID], user_id: str) -> None:
    """Take them from under his eyes again. The caller asked `visible`."""
    await tx.connection.execute(_NO_ATTENTION, list(message_ids), user_id)
