"""What has had its time is deleted: nothing here is a record of anything."""

from __future__ import annotations

from typing import Final

from shared.runtime.database import Connection

#: By table, the column that says until when its rows count; ten thousand at a time.
_EXPIRING: Final = ("assertion", "session", "code")


async def purge(connection: Connection) -> None:
    """Delete what counts no longer, by the database's own clock, as those who wrote it did."""
    for table in _EXPIRING:
        await connection.execute(
            f"""DELETE FROM {table} WHERE ctid = ANY(ARRAY(
            SELECT ctid FROM {table} WHERE expires_at < clock_timestamp() LIMIT 10000))"""  # noqa: S608 - our own names
        )
