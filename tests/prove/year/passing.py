"""Let a month pass: the clock jumps, declarations come, and all periodic work is done."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.request import urlopen

import asyncpg

from deploy.local.demo.data import generate
from deploy.local.deployment import Endpoints
from deploy.local.loading import load_document
from shared.domain.calendar import local_date
from shared.runtime.retention import set_term
from shared.runtime.security_log import delete_older
from shared.topology import SERVICES
from tests.prove import hundred
from tests.prove.checker import check
from tests.prove.every_kind import play_demonstration
from tests.prove.observe import observe, quiet
from tests.prove.world import Relation, opened

#: Terms that an operator sets with `dimona retention term`.
OPERATOR_TERMS: Final = (
    "contact.refusals", "identification.cases", "intake.denials", "intake.organization_days",
    "notifier.dispatches", "notifier.refusals",
)  # fmt: skip
#: Terms of tables that record looks: only the owner of the database sets one.
OWNER_TERMS: Final = ("intake.readings", "personnel_file.consultations")
#: `identification.case_history` goes with its cases, and `dimona prune` deletes events of the security log.
WITH_THEM: Final = ("identification.case_history", "platform.security_log")
DAYS: Final = 92
_OWNER_TERM: Final = """
INSERT INTO platform.retention_terms (schema_name, table_name, keep, source)
VALUES (split_part($1, '.', 1), split_part($1, '.', 2), $2, 'the proof of a year')"""
_JUMP: Final = "UPDATE platform.clock SET is_test = true, moved_by = moved_by + interval '1 month'"
#: Logins, tokens and the security log use the clock of the server, which no test moves. Their rows become a
#: month older instead.
_AGED: Final = {
    "access.assertion": "expires_at", "access.session": "expires_at", "access.code": "expires_at",
    "access.attempt": "expires_at", "access.device": "expires_at", "access.revocation": "expires_at",
    "portal.session": "used_at", "platform.security_log": "happened_at",
}  # fmt: skip
_TIMER: Final = re.compile(
    r'^dimona_timer_last_success_timestamp_seconds\{timer="(\w+)"\} (\S+)$', re.MULTILINE
)
#: Works that are done less often than every minute.
_SELDOM: Final = frozenset({"anchor", "sweep"})
_RECOVERED: Final = ("intake.beat", "intake.catch_up")
#: Services with tables that lose rows after a term.
_REMOVING: Final = frozenset(
    f"{service}.retention"
    for service in ("contact", "identification", "intake", "notifier", "personnel_file")
)
_PATIENCE: Final = 180.0


@dataclass(frozen=True, slots=True)
class Deployed:
    """A deployment with the connections and the cast of the proof."""

    endpoints: Endpoints
    folder: Path  #: for files
    owner: asyncpg.Connection[Any]
    superuser: asyncpg.Connection[Any]
    relations: Iterator[Relation]  #: not declared yet


async def set_terms(deployed: Deployed) -> None:
    """Set a term of three months for each table that may have one and is not the file of a worker."""
    keep = timedelta(days=DAYS)
    for table in OPERATOR_TERMS:
        assert await set_term(deployed.owner, table, keep, "the proof of a year"), table
    for table in OWNER_TERMS:
        await deployed.owner.execute(_OWNER_TERM, table, keep)


async def jump(deployed: Deployed) -> date:
    """Move the clock by a month, and load the registers as they are then. Return the new day in Belgium.

    Intake takes the jump for an outage of a month, which excuses late declarations: wait until it has noted
    that it works again and that nothing waits.
    """
    jumped = time.time()
    for table, column in _AGED.items():
        await deployed.superuser.execute(
            f"UPDATE {table} SET {column} = {column} - interval '1 month'"  # noqa: S608 - our own names
        )
    await deployed.owner.execute(_JUMP)
    now: datetime = await deployed.owner.fetchval("SELECT platform.now()")
    endpoints, today = deployed.endpoints, local_date(now)
    registers = generate(today).register_json()
    await asyncio.to_thread(
        load_document, deployed.folder, "identification", registers, endpoints.environment("identification")
    )
    await _until_done(endpoints, dict.fromkeys(_RECOVERED, jumped))
    return today


async def declare(deployed: Deployed, *, played: bool) -> list[str]:
    """Pass the declarations of a month. Return wrong results, and promises that are broken.

    Four clients declare a hundred by queue. With `played`, the demonstration comes first: all kinds, channels
    and results, cases, notifications and files.
    """
    faults: list[str] = []
    document = deployed.endpoints.document()
    if played:
        file = deployed.folder / "endpoints.json"
        file.write_text(json.dumps(document))
        try:
            await asyncio.to_thread(play_demonstration, document, file)
        except RuntimeError as error:
            faults.append(f"demonstration: {error}")
    async with opened(document, deployed.relations) as world:
        found = await hundred.prove(world, fresh=False)
        broken = found.broken
        if broken:  # a heartbeat of the feed may be on its way at one look, and is gone at the next
            await quiet(world)
            broken = tuple(check(await observe(world, complete=False)))
    return [*faults, *found.wrong, *broken]


async def tend(deployed: Deployed, jumped: float) -> None:
    """Wait until each periodic work has succeeded, prune the security log, and let PostgreSQL clean up.

    Rows are removed after the declarations; the other works succeed after the instant `jumped`, in seconds
    since the epoch. Autovacuum has a month in reality. Raise TimeoutError with the unfinished works.
    """
    declared = time.time()
    await delete_older(deployed.endpoints.postgres_dsn, DAYS)
    works = await _successes(deployed.endpoints)
    await _until_done(deployed.endpoints, {name: declared if name in _REMOVING else jumped for name in works})
    await deployed.superuser.execute("VACUUM (ANALYZE)")


async def _until_done(endpoints: Endpoints, since: Mapping[str, float]) -> None:
    """Wait until each of these works has succeeded after the given instant. Raise TimeoutError."""
    end = time.monotonic() + _PATIENCE
    while late := [name for name, at in (await _successes(endpoints)).items() if at < since.get(name, 0.0)]:
        if time.monotonic() > end:
            raise TimeoutError(f"not done in {_PATIENCE:.0f} s: {late}")
        await asyncio.sleep(1)


async def _successes(endpoints: Endpoints) -> Mapping[str, float]:
    """Return the last success of each periodic work, by `service.timer`, in seconds since the epoch."""
    found: dict[str, float] = {}
    for service in (*SERVICES, "portal"):
        text = await asyncio.to_thread(_read, f"{endpoints.ops_url(service)}/metrics")
        found |= {
            f"{service}.{timer}": float(at) for timer, at in _TIMER.findall(text) if timer not in _SELDOM
        }
    return found


def _read(url: str) -> str:
    with urlopen(url, timeout=10) as answer:  # noqa: S310 - an address of ours
        body: bytes = answer.read()
    return body.decode()
