"""Deletion of expired rows of logins and tokens, such as sessions and codes. No other table loses rows."""

from __future__ import annotations

from typing import Final

from shared.runtime.database import Connection

#: Tables with a column `expires_at`. At most ten thousand rows of each are deleted at a time.
_EXPIRING: Final = ("assertion", "session", "code", "attempt", "device", "revocation")


async def purge(connection: Connection) -> None:
    """Delete up to 10 000 rows per table that have expired by the clock of the database."""
    for table in _EXPIRING:
        await connection.execute(
            f"""DELETE FROM {table} WHERE ctid = ANY(ARRAY(
            SELECT ctid FROM {table} WHERE expires_at < clock_timestamp() LIMIT 10000))"""  # noqa: S608 - our own names
        )
