"""Deletion of expired rows, such as sessions and codes. Records are never deleted."""

from __future__ import annotations

from typing import Final

from shared.runtime.database import Connection

#: Tables with a column `expires_at`; ten thousand rows at a time.
_EXPIRING: Final = ("assertion", "session", "code", "attempt", "device", "revocation")


async def purge(connection: Connection) -> None:
    """Delete rows that have expired by the clock of the database."""
    for table in _EXPIRING:
        await connection.execute(
            f"""DELETE FROM {table} WHERE ctid = ANY(ARRAY(
            SELECT ctid FROM {table} WHERE expires_at < clock_timestamp() LIMIT 10000))"""  # noqa: S608 - our own names
        )
