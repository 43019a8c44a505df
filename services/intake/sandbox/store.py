"""The tables of the sandbox. They are empty in a production database."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final

from shared.runtime.database import Transaction

_INTERRUPTED: Final = "SELECT EXISTS (SELECT FROM access.interruption WHERE ssin = ANY($1::text[]))"
_NOW: Final = "SELECT coalesce($1::timestamptz, platform.now())"
_AHEAD: Final = """
SELECT c.client_id, $2::timestamptz + k.moved_by AS instant
FROM access.clients c JOIN access.sandbox_clock k ON k.organization = c.organization::text
WHERE c.client_id = ANY($1::text[])"""


async def is_interrupted(tx: Transaction, ssins: Collection[str]) -> bool:
    """Return whether a first attempt to declare one of these workers gets a 503."""
    found: bool = await tx.connection.fetchval(_INTERRUPTED, list(ssins))
    return found


async def load_instants(tx: Transaction, client_ids: Collection[str]) -> Mapping[str, datetime]:
    """Set the instant of the transaction. Return, by client, the instant on the clock of its organization.

    Clients of organizations without a clock of their own are absent.
    """
    tx.begun_at = now = await tx.connection.fetchval(_NOW, tx.begun_at)
    rows = await tx.connection.fetch(_AHEAD, list(client_ids), now)
    return {row["client_id"]: row["instant"] for row in rows}
