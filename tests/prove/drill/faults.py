"""The faults of the drill. Each is planted and stays until an operator repairs it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from shared.topology import EVENTS, IDENTIFY
from tests.prove.bad_day.cases import rabbitmqctl, set_read_only
from tests.prove.bad_day.credentials import superuser
from tests.prove.bad_day.frame import Site
from tests.prove.observe import operator

_END_SESSIONS: Final = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1"
_FOREVER: Final = 6 * 3600  #: seconds, longer than any drill


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: its name, for the end of the drill, and the function that plants it."""

    name: str
    plant: Callable[[Site], Awaitable[None]]


async def _as_superuser(site: Site, *statements: str, role: str = "") -> None:
    async with superuser(site.endpoints.superuser_dsn) as connection:
        for statement in statements:
            await connection.execute(statement)
        if role:
            await connection.execute(_END_SESSIONS, role)


async def remove_binding(site: Site) -> None:
    """Remove the binding of a queue of identification."""
    document = site.world.document
    async with await operator(document, site.endpoints.deployment.internal) as connection:
        channel = await connection.channel()
        queue = await channel.get_queue(IDENTIFY.name)
        for key in IDENTIFY.hears:
            await queue.unbind(EVENTS, key)


async def raise_disk_alarm(site: Site) -> None:
    """Set a limit for free disk space that no disk of this size keeps."""
    await asyncio.to_thread(rabbitmqctl, site, "set_disk_free_limit", "100TB")


async def take_permissions(site: Site) -> None:
    """Take the permissions of the notifier in the internal vhost, and end its connections."""
    user, vhost = f"{site.endpoints.deployment.name}.notifier", site.endpoints.deployment.internal
    await asyncio.to_thread(rabbitmqctl, site, "clear_permissions", "-p", vhost, user)
    await asyncio.to_thread(rabbitmqctl, site, "close_all_user_connections", user, "maintenance")


async def change_password(site: Site) -> None:
    """Change the password of a role in the database, and end its sessions."""
    await _as_superuser(
        site, "ALTER ROLE dimona_personnel_file PASSWORD 'another-password-of-today'",
        role="dimona_personnel_file",
    )  # fmt: skip


async def forbid_connections(site: Site) -> None:
    """Allow a role no connection, and end its sessions."""
    await _as_superuser(
        site, "ALTER ROLE dimona_identification CONNECTION LIMIT 0", role="dimona_identification"
    )


async def hold_lock(site: Site) -> None:
    """Hold a table in a session that is idle in its transaction."""
    locked = asyncio.Event()

    async def hold() -> None:
        async with superuser(site.endpoints.superuser_dsn) as connection:
            await connection.execute("BEGIN; LOCK TABLE personnel_file.relations")
            locked.set()
            await asyncio.sleep(_FOREVER)

    site.prepared.append(asyncio.create_task(hold()))
    await locked.wait()


async def forbid_refusals(site: Site) -> None:
    """Give a table of the notifier a constraint that its rows for refusals do not keep."""
    await _as_superuser(
        site,
        "ALTER TABLE notifier.notifications ADD CONSTRAINT review CHECK (result <> 'B') NOT VALID",
    )


async def make_read_only(site: Site) -> None:
    """Make every transaction of the database read-only."""
    await set_read_only(site.endpoints.superuser_dsn, "on")


async def freeze_process(site: Site) -> None:
    """Freeze the process of identification."""
    site.stack.pause("identification")


async def take_privilege(site: Site) -> None:
    """Take the privilege of intake to write results."""
    await _as_superuser(site, "REVOKE INSERT, UPDATE ON intake.results FROM dimona_intake")


FAULTS: Final = (
    Fault("a binding was removed", remove_binding),
    Fault("disk alarm of the broker", raise_disk_alarm),
    Fault("permissions at the broker were taken", take_permissions),
    Fault("password of a role was changed", change_password),
    Fault("a role may not connect", forbid_connections),
    Fault("a session holds a lock", hold_lock),
    Fault("a constraint refuses rows", forbid_refusals),
    Fault("the database is read-only", make_read_only),
    Fault("a process is frozen", freeze_process),
    Fault("a privilege was taken", take_privilege),
)
