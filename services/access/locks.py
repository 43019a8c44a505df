"""Locks on organizations, and the user id that the history stores with each change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from shared.runtime.database import Connection, Lock, Transaction
from shared.runtime.tokens import Caller

#: A change of some organizations takes the lock of the directory as shared; the loading of a file takes it
#: as exclusive.
_LOCK: Final = """
SELECT pg_advisory_xact_lock_shared($1, 0) UNION ALL
SELECT pg_advisory_xact_lock($1, key)
FROM (SELECT DISTINCT hashtext(number) AS key FROM unnest($2::text[]) AS number ORDER BY key) AS keys"""
_CHANGED_BY: Final = "SELECT set_config('access.changed_by', $1, TRUE)"


async def changing(tx: Transaction, caller: Caller, enterprise_numbers: Sequence[str]) -> None:
    """Lock these organizations before a change.

    If the caller is a person, also set the user id that the history stores with the change.
    """
    await lock(tx, enterprise_numbers)
    if caller.is_person and (user_id := _uuid(caller.subject)) is not None:
        await tx.connection.execute(_CHANGED_BY, str(user_id))


async def deciding(tx: Transaction, caller: Caller, _: Sequence[str]) -> None:
    """Set the user id of the agent for the history, before a change by the authority.

    No organization is locked here: the handler locks it after it has read the registration.
    """
    await changing(tx, caller, ())


async def lock(tx: Transaction, enterprise_numbers: Sequence[str]) -> None:
    """Lock these organizations and their rights until the transaction ends."""
    await tx.connection.execute(_LOCK, Lock.DIRECTORY, list(enterprise_numbers))


async def lock_all(connection: Connection) -> None:
    """Lock the whole directory until the transaction ends."""
    await connection.execute("SELECT pg_advisory_xact_lock($1, 0)", Lock.DIRECTORY)


def _uuid(subject: str) -> UUID | None:
    try:
        return UUID(subject)
    except ValueError:
        return None
