"""Queries of operators on the notifications. They run as the owner of the database."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from shared.runtime.database import Connection

_NOTIFIED: Final = """
SELECT notification_id AS id, declaration_id AS number, addressee, result, issued_at, deadline
FROM notifier.notifications WHERE declaration_id = ANY($1::bigint[]) AND NOT provisional"""


@dataclass(frozen=True, slots=True)
class Notified:
    """The final notification of a declaration."""

    id: UUID
    number: int  #: of the declaration
    addressee: str  #: enterprise number
    result: str
    issued_at: datetime
    deadline: date | None  #: the last day to contest


async def load_notified(connection: Connection, numbers: Collection[int]) -> list[Notified]:
    """Return the final notifications of declarations."""
    return [Notified(**row) for row in await connection.fetch(_NOTIFIED, list(numbers))]
