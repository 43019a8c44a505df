"""Overviews with filter and order, and single messages, as each reader sees them."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from shared.domain.rights import MessageType
from shared.runtime.database import Record, Transaction


class Sort(StrEnum):
    """The possible orders of messages in an overview."""

    DEPOSITED = "depositedAt"
    EXPIRES = "expiresAt"
    SENDER = "sender"
    TYPE = "messageType"


@dataclass(frozen=True, slots=True)
class Reader:
    """A reader of an e-Box, with the types of message that this reader has a right to."""

    id: str  #: subject of the token
    enterprise_number: str
    types: Collection[MessageType]


@dataclass(frozen=True, slots=True)
class Filter:
    """The filter of an overview. A field that is None or empty leaves out no message."""

    senders: Collection[str] = ()
    types: Collection[MessageType] = ()
    label: str | None = None
    read: bool | None = None
    attention_of: str | None = None
    text: str | None = None  #: a web search: words, "a phrase", or, -word (without the word)
    declaration_id: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A place in an ordered overview: the value of the order, and the id of the message."""

    value: str
    message_id: UUID


@dataclass(frozen=True, slots=True)
class Summary:
    """A message in an overview, without its content, with the marks that one reader sees."""

    id: UUID
    message_type: MessageType
    sender: str
    language: str
    subject: Mapping[str, str]
    declaration_id: int | None
    deposited_at: datetime
    expires_at: datetime
    read_at: datetime | None  #: first reading by this reader; None if unread
    labels: Sequence[str] = ()  #: private labels of the reader, and labels of the enterprise
    attention: Sequence[str] = ()  #: ids of the persons that the message is marked for


@dataclass(frozen=True, slots=True)
class Message(Summary):
    """A message with its content: the letter for people, and the data for programs."""

    letter: str | None = None  #: JSON
    data: str | None = None  #: JSON


_COLUMNS: Final = """
m.message_id, m.message_type, m.sender, m.language, m.subject, m.declaration_id, m.deposited_at, m.expires_at,
(SELECT read_at FROM readings r WHERE r.message_id = m.message_id AND r.reader = $3) AS read_at,
ARRAY(SELECT DISTINCT label FROM labels l WHERE l.message_id = m.message_id AND l.reader IN ('', $3)
      ORDER BY label) AS labels,
ARRAY(SELECT user_id FROM attention a WHERE a.message_id = m.message_id
      ORDER BY asked_at, user_id) AS attention"""
#: SQL condition of the messages that a reader may see: $1 enterprise, $2 types, $3 reader, $4 now. The reader
#: is never '', because '' owns the labels of the enterprise.
SEEN: Final = (
    "m.enterprise_number = $1 AND m.message_type = ANY($2::text[]) AND $3 <> '' AND m.expires_at > $4"
)
_GET: Final = f"SELECT {_COLUMNS}, m.letter, m.data FROM messages m WHERE {SEEN} AND m.message_id = $5"  # noqa: S608 - constants
_VISIBLE: Final = f"SELECT m.message_id FROM messages m WHERE {SEEN} AND m.message_id = ANY($5::uuid[])"  # noqa: S608

#: The SQL condition for each field of a Filter; {} is the parameter with the value of the field.
_CONDITIONS: Final[Mapping[str, str]] = {
    "senders": "m.sender = ANY({}::text[])",
    "types": "m.message_type = ANY({}::text[])",
    "label": "EXISTS (SELECT FROM labels l WHERE l.message_id = m.message_id AND l.label = {}::text "
    "AND l.reader IN ('', $3))",
    "read": "EXISTS (SELECT FROM readings r WHERE r.message_id = m.message_id AND r.reader = $3) "
    "= {}::boolean",
    "attention_of": "EXISTS (SELECT FROM attention a WHERE a.message_id = m.message_id "
    "AND a.user_id = {}::text)",
    "text": "m.words @@ websearch_to_tsquery('simple', {}::text)",
    "declaration_id": "m.declaration_id = {}::bigint",
}
#: The column of each order, and its type for the value of a place.
_ORDERS: Final[Mapping[Sort, tuple[str, str]]] = {
    Sort.DEPOSITED: ("deposited_at", "timestamptz"),
    Sort.EXPIRES: ("expires_at", "timestamptz"),
    Sort.SENDER: ("sender", "text"),
    Sort.TYPE: ("message_type", "text"),
}


async def page(
    tx: Transaction,
    reader: Reader,
    narrowed: Filter,
    *,
    sort: Sort = Sort.DEPOSITED,
    descending: bool = True,
    after: Place | None = None,
    size: int = 50,
) -> list[tuple[Place, Summary]]:
    """Return a page of the messages that a reader may see, each with its place in the order.

    The place of the last message is the start of the next page, so a new message does not shift the pages.
    A page with fewer messages than `size` is the last page.

    Args:
        tx: The transaction.
        reader: The reader; only messages of its types are returned.
        narrowed: The filter.
        sort: The order.
        descending: Whether the order is descending.
        after: The place of the last message on the page before; None for the first page.
        size: The most messages on the page.
    """
    column, type_ = _ORDERS[sort]
    conditions, values = _narrow(narrowed, seen(reader, tx))
    if after is not None:
        values += [after.value, after.message_id]
        beyond = "<" if descending else ">"
        place = f"(${len(values) - 1}::text::{type_}, ${len(values)}::uuid)"
        conditions.append(f"(m.{column}, m.message_id) {beyond} {place}")
    direction = "DESC" if descending else "ASC"
    rows = await tx.connection.fetch(
        f"SELECT {_COLUMNS}, m.{column}::text AS place FROM messages m "  # noqa: S608 - of this module's tables
        f"WHERE {' AND '.join(conditions)} "
        f"ORDER BY m.{column} {direction}, m.message_id {direction} LIMIT {int(size)}",
        *values,
    )
    return [(Place(row["place"], row["message_id"]), Summary(**_summary(row))) for row in rows]


async def total(tx: Transaction, reader: Reader, narrowed: Filter) -> int:
    """Return the number of messages in an overview, over all its pages."""
    conditions, values = _narrow(narrowed, seen(reader, tx))
    count: int = await tx.connection.fetchval(
        f"SELECT count(*) FROM messages m WHERE {' AND '.join(conditions)}",  # noqa: S608 - as above
        *values,
    )
    return count


async def get(tx: Transaction, reader: Reader, message_id: UUID) -> Message | None:
    """Return one message with its content; None if this reader may not see it. It stores no reading."""
    row = await tx.connection.fetchrow(_GET, *seen(reader, tx), message_id)
    return None if row is None else Message(**_summary(row), letter=row["letter"], data=row["data"])


async def visible(tx: Transaction, reader: Reader, message_ids: Collection[UUID]) -> set[UUID]:
    """Return the ids, out of the given ids, of the messages that this reader may see."""
    rows = await tx.connection.fetch(_VISIBLE, *seen(reader, tx), list(message_ids))
    return {row["message_id"] for row in rows}


def seen(reader: Reader, tx: Transaction) -> list[Any]:
    """Return the values of $1 to $4 in the SQL condition `SEEN`, which selects the visible messages."""
    return [reader.enterprise_number, list(reader.types), reader.id, tx.now]


def _narrow(narrowed: Filter, values: list[Any]) -> tuple[list[str], list[Any]]:
    """Return the SQL conditions of a filter, and `values` with the values of their parameters added."""
    conditions = [SEEN]
    for name, condition in _CONDITIONS.items():
        value = getattr(narrowed, name)
        if value is not None and value != ():
            values.append(value if isinstance(value, str | int) else list(value))
            conditions.append(condition.format(f"${len(values)}"))
    return conditions, values


def _summary(row: Record) -> dict[str, Any]:
    return {
        "id": row["message_id"],
        "message_type": MessageType(row["message_type"]),
        "sender": row["sender"],
        "language": row["language"],
        "subject": json.loads(row["subject"]),
        "declaration_id": row["declaration_id"],
        "deposited_at": row["deposited_at"],
        "expires_at": row["expires_at"],
        "read_at": row["read_at"],
        "labels": tuple(row["labels"]),
        "attention": tuple(row["attention"]),
    }
