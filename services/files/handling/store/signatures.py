"""The table of signatures, and the organization that a signature has to name."""

from __future__ import annotations

from typing import Final

from shared.runtime.database import Connection, Pool, Transaction

_ORGANIZATION: Final = """
SELECT organization::text FROM expeditors JOIN access.clients USING (client_id) WHERE expeditor = $1"""
_ADD: Final = """
INSERT INTO signatures (ticket, content, reason) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"""
_REASON: Final = "SELECT reason FROM signatures WHERE ticket = $1"


async def load_organization(connection: Connection | Pool, expeditor: str) -> str:
    """Return the enterprise number of the organization of an expeditor; "" if its client is blocked."""
    return await connection.fetchval(_ORGANIZATION, expeditor) or ""


async def add_signature(tx: Transaction, ticket: str, content: bytes | None, reason: str | None) -> None:
    """Store the signature of a file with the reason to refuse it. A repeated file keeps its first one."""
    await tx.connection.execute(_ADD, ticket, content, reason)


async def load_reason(connection: Connection | Pool, ticket: str) -> str | None:
    """Return the reason of Annex 30 for refusing a file because of its signature; None for no reason."""
    reason: str | None = await connection.fetchval(_REASON, ticket)
    return reason
