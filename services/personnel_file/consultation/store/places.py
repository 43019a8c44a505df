"""The lock on the places of an organization and of a user; each export and each saved search takes one."""

from __future__ import annotations

from typing import Final

from shared.runtime.database import Lock, Transaction

_LOCK: Final = """
SELECT pg_advisory_xact_lock($1, key)
FROM (SELECT DISTINCT hashtext(owner) AS key FROM unnest($2::text[]) AS owner ORDER BY key) AS keys"""


async def lock_places(tx: Transaction, *owners: str) -> None:
    """Lock the places of these organizations and users until the transaction ends.

    Otherwise two transactions would choose one place, and the second one would find no room.
    """
    await tx.connection.execute(_LOCK, Lock.PLACES, owners)
