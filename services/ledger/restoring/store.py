"""SQL of `dimona restore finish`: numbers, epochs and positions of a restored database, and its rights."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from shared.runtime.database import Connection
from shared.runtime.migrations import PIPELINE

#: Timeout in seconds of the statements that read whole tables.
_SECONDS: Final = 600.0
#: Above the versions of all relations, because the lost time may have given a relation some more.
_VERSIONS: Final = 1000
_STATE: Final = """
SELECT pg_is_in_recovery() AS recovering, current_setting('default_transaction_read_only')::boolean AS closed,
    (SELECT count(*) FROM pg_stat_activity
     WHERE datname = current_database() AND usename = ANY($1::text[])) AS connected"""
_WRITABLE: Final = "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE"
_ADVANCE: Final = "SELECT setval($1::text::regclass, $2)"
_EPOCH_OF_DIRECTORY: Final = "UPDATE access.epoch SET epoch = gen_random_uuid()::text"
_LOG: Final = """
INSERT INTO platform.operator_log (account, action, subject) VALUES (session_user, 'restore.finish', $1)"""
_OPEN: Final = (
    "ALTER SYSTEM RESET default_transaction_read_only",
    "DO $$ BEGIN PERFORM pg_reload_conf(); END $$",
)
_KNOWN: Final = "SELECT number FROM intake.declarations WHERE number = ANY($1::bigint[])"
_CLOSED: Final = "SELECT current_setting('default_transaction_read_only')::boolean"

_ROLES: Final = tuple(f"dimona_{service}" for service in PIPELINE)


async def load_obstacle(connection: Connection) -> str | None:
    """Return why this database cannot be finished now, or None."""
    row = await connection.fetchrow(_STATE, _ROLES)
    assert row is not None
    if row["recovering"]:
        return "the database is still being restored: wait until it has been promoted"
    if row["connected"] and not row["closed"]:
        return f"{row['connected']} connections of services are open: stop the services first"
    return None


async def load_last_reception(connection: Connection) -> datetime | None:
    """Return the instant of the last declaration that the database has; None if it has none."""
    last: datetime | None = await connection.fetchval("SELECT max(received_at) FROM intake.declarations")
    return last


async def find_known(connection: Connection, numbers: Collection[int]) -> set[int]:
    """Return, of these numbers, those of stored declarations."""
    return {row["number"] for row in await connection.fetch(_KNOWN, list(numbers))}


async def allow_writes(connection: Connection) -> None:
    """Let the transactions of this connection write, although the database is closed for all others."""
    await connection.execute(_WRITABLE)


async def advance_sequences(connection: Connection, margin: int) -> int:
    """Move every sequence of the deployment ahead, at most to its end, and return how many there are."""
    rows = await connection.fetch(
        """SELECT format('%I.%I', schemaname, sequencename) AS name, max_value,
            coalesce(last_value, start_value) AS value
        FROM pg_sequences WHERE schemaname = ANY($1::text[]) ORDER BY 1""",
        ["platform", *PIPELINE],
    )
    for row in rows:
        await connection.fetchval(_ADVANCE, row["name"], min(row["value"] + margin, row["max_value"]))
    return len(rows)


async def begin_epoch(connection: Connection, *, from_dump: bool) -> str:
    """Begin a new epoch of the feeds, and return it.

    Args:
        connection: A connection of the owner.
        from_dump: Whether the rows came by `pg_restore` into a new cluster, in which the numbers of
            transactions begin anew. Institutions then get all their events again.
    """
    if from_dump:
        await connection.execute(
            """UPDATE personnel_file.feed SET xid = '1';
            UPDATE access.history SET xid = '1';
            UPDATE feed.positions SET xid = '1', id = 0""",
            timeout=_SECONDS,
        )
    # Places of before stay valid up to the last event, but not after a dump. They also stay valid when the
    # command runs again before there is a new event.
    epoch: str = await connection.fetchval(
        """WITH last AS (SELECT xid, id FROM personnel_file.feed ORDER BY xid DESC, id DESC LIMIT 1),
        head AS (SELECT coalesce((SELECT xid FROM last), '0'::xid8) AS xid,
            coalesce((SELECT id FROM last), 0) AS id)
        UPDATE personnel_file.epoch e SET epoch = gen_random_uuid()::text,
            previous = CASE WHEN e.head_xid = head.xid AND e.head_id = head.id THEN previous ELSE epoch END,
            head_xid = CASE WHEN $1 THEN head.xid END, head_id = CASE WHEN $1 THEN head.id END,
            restored_at = platform.now(),
            least_version = $2 + coalesce((SELECT max(version) FROM personnel_file.relations), 0)
        FROM head RETURNING e.epoch""",
        not from_dump,
        _VERSIONS,
        timeout=_SECONDS,
    )
    await connection.execute(_EPOCH_OF_DIRECTORY)
    await connection.execute(_LOG, epoch)
    return epoch


async def push_again(connection: Connection, since: datetime) -> str:
    """Move the positions of institutions back, so that they get the events since an instant again."""
    return await connection.execute(
        """WITH first AS (SELECT min(xid) AS xid FROM personnel_file.feed WHERE occurred_at >= $1)
        UPDATE feed.positions p SET xid = f.xid, id = 0 FROM first f WHERE (p.xid, p.id) > (f.xid, 0)""",
        since,
        timeout=_SECONDS,
    )


async def find_faults(connection: Connection) -> Sequence[tuple[str, str]]:
    """Return the roles of services that cannot work, each with the reason."""
    rows = await connection.fetch(
        """SELECT n.role, CASE WHEN r.oid IS NULL THEN 'there is no such role'
            WHEN NOT r.rolcanlogin THEN 'it may not log in'
            WHEN NOT has_database_privilege(r.oid, current_database(), 'CONNECT') THEN 'it may not connect'
            WHEN NOT has_schema_privilege(r.oid, 'platform', 'USAGE') THEN 'it may not use the platform'
            END AS fault
        FROM unnest($1::text[]) AS n (role) LEFT JOIN pg_roles r ON r.rolname = n.role ORDER BY 1""",
        _ROLES,
    )
    return [(row["role"], row["fault"]) for row in rows if row["fault"] is not None]


async def open_database(connection: Connection) -> None:
    """End the setting with which the database was restored closed, if the login may."""
    may_open = await connection.fetchval(
        """SELECT reset_val::boolean AND has_parameter_privilege(name, 'ALTER SYSTEM')
        FROM pg_settings WHERE name = 'default_transaction_read_only'"""
    )
    if may_open:
        for statement in _OPEN:
            await connection.execute(statement)


async def is_closed(connection: Connection) -> bool:
    """Return whether a new connection, such as this one, may not write."""
    return bool(await connection.fetchval(_CLOSED))
