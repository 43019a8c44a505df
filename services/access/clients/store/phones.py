"""SQL of the phones that may declare for a technical client."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from shared.runtime.database import Connection, Record

_LIST: Final = """
SELECT phone_id, label, language, added_at, ended_at FROM access.client_phone
WHERE client_id = $1 ORDER BY added_at, phone_id"""
_COUNT: Final = "SELECT count(*) FROM access.client_phone WHERE client_id = $1 AND ended_at IS NULL"
_ADD: Final = """
INSERT INTO access.client_phone (client_id, label, language, number_code, pin_code, added_by)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (client_id, number_code) WHERE ended_at IS NULL DO NOTHING
RETURNING phone_id, label, language, added_at"""
_END: Final = """
UPDATE access.client_phone SET ended_at = $3, ended_by = $4
WHERE client_id = $1 AND phone_id = $2 AND ended_at IS NULL RETURNING 1"""


async def phones(connection: Connection, client_id: str) -> Sequence[Record]:
    """Return all phones of a client, also ended ones, in the order in which they were added."""
    return await connection.fetch(_LIST, client_id)


async def count(connection: Connection, client_id: str) -> int:
    """Return the number of phones that may declare for a client."""
    number: int = await connection.fetchval(_COUNT, client_id)
    return number


async def add_phone(
    connection: Connection,
    client_id: str,
    phone: tuple[str, str],
    codes: tuple[bytes, bytes],
    manager: UUID | None,
) -> Record | None:
    """Store a phone and return it; None if the client has a phone with this number.

    Args:
        connection: A connection with an open transaction.
        client_id: The client that the phone declares for.
        phone: The label and the language.
        codes: The codes of the number and of the PIN.
        manager: The access manager that adds it.
    """
    return await connection.fetchrow(_ADD, client_id, *phone, *codes, manager)


async def end_phone(
    connection: Connection, client_id: str, phone_id: UUID, now: datetime, manager: UUID | None
) -> bool:
    """End a phone at once. Return False if the client has no phone with this id, or it has ended."""
    return await connection.fetchval(_END, client_id, phone_id, now, manager) is not None
