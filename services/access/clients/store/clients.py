"""SQL of technical clients."""

from __future__ import annotations

from typing import Final

from shared.runtime.database import Connection, Record, Transaction

_OF: Final = """
SELECT client_id AS id, organization::text, queue FROM access.client
WHERE organization = $1 AND ($2::text IS NULL OR client_id = $2) ORDER BY client_id"""
_ADD: Final = "INSERT INTO access.client (client_id, organization, queue) VALUES ($1, $2, $3)"
_QUEUE: Final = """
UPDATE access.client SET queue = $3 WHERE organization = $1 AND client_id = $2 AND queue <> $3"""


async def of(connection: Connection, organization: str, client_id: str | None = None) -> list[Record]:
    """Return the technical clients of an organization: all, or one."""
    return await connection.fetch(_OF, organization, client_id)


async def add(tx: Transaction, organization: str, client_id: str, *, queue: bool) -> None:
    """Store a technical client."""
    await tx.connection.execute(_ADD, client_id, organization, queue)


async def set_queue(tx: Transaction, organization: str, client_id: str, *, queue: bool) -> None:
    """Set whether a client has a reply queue."""
    await tx.connection.execute(_QUEUE, organization, client_id, queue)
