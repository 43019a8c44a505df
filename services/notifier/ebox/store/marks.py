"""Readings, labels and attention of messages."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final
from uuid import UUID

from services.notifier.ebox.store.overview import SEEN, Reader, seen
from shared.runtime.database import Transaction

_ENTERPRISE: Final = ""  #: value of the column `reader` for the labels of the whole enterprise

_READ: Final = "INSERT INTO readings SELECT unnest($1::uuid[]), $2, $3 ON CONFLICT DO NOTHING"
_LABEL: Final = "INSERT INTO labels SELECT unnest($1::uuid[]), $2, $3 ON CONFLICT DO NOTHING"
_UNLABEL: Final = "DELETE FROM labels WHERE message_id = ANY($1::uuid[]) AND label = $2 AND reader = $3"
_LABELS: Final = f"""
SELECT l.label, count(DISTINCT m.message_id) AS messages FROM labels l JOIN messages m USING (message_id)
WHERE {SEEN} AND l.reader IN ('', $3) GROUP BY l.label ORDER BY l.label"""  # noqa: S608 - constants
_ATTENTION: Final = "INSERT INTO attention SELECT unnest($1::uuid[]), $2, $3, $4 ON CONFLICT DO NOTHING"
_NO_ATTENTION: Final = "DELETE FROM attention WHERE message_id = ANY($1::uuid[]) AND user_id = $2"


async def mark_read(tx: Transaction, reader: Reader, message_ids: Collection[UUID]) -> None:
    """Store that this reader has read these messages; a later reading changes nothing.

    The caller must have checked with `visible` that the reader sees the messages.
    """
    await tx.connection.execute(_READ, list(message_ids), reader.id, tx.now)


async def label(
    tx: Transaction, reader: Reader, message_ids: Collection[UUID], label: str, *, for_all: bool
) -> None:
    """Put a label on messages, for this reader or with `for_all` for the whole enterprise.

    The caller must have checked with `visible` that the reader sees the messages.
    """
    owner = _ENTERPRISE if for_all else reader.id
    await tx.connection.execute(_LABEL, list(message_ids), label, owner)


async def unlabel(
    tx: Transaction, reader: Reader, message_ids: Collection[UUID], label: str, *, for_all: bool
) -> None:
    """Remove a label from messages: that of this reader, or with `for_all` that of the enterprise.

    The caller must have checked with `visible` that the reader sees the messages.
    """
    owner = _ENTERPRISE if for_all else reader.id
    await tx.connection.execute(_UNLABEL, list(message_ids), label, owner)


async def labels(tx: Transaction, reader: Reader) -> dict[str, int]:
    """Return each label that this reader sees, with the number of visible messages that have it."""
    rows = await tx.connection.fetch(_LABELS, *seen(reader, tx))
    return {row["label"]: row["messages"] for row in rows}


async def call_attention(
    tx: Transaction, reader: Reader, message_ids: Collection[UUID], user_id: str
) -> None:
    """Mark messages for the attention of a person.

    The caller must have checked that the reader and the person may see the messages.
    """
    await tx.connection.execute(_ATTENTION, list(message_ids), user_id, reader.id, tx.now)


async def end_attention(tx: Transaction, message_ids: Collection[UUID], user_id: str) -> None:
    """Remove the marks for the attention of a person from messages.

    The caller must have checked with `visible` that the reader sees the messages.
    """
    await tx.connection.execute(_NO_ATTENTION, list(message_ids), user_id)
