"""Helpers of the tests of deliveries: subscribe, schedule, move the clock, and look."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from deploy.local.deployment import Endpoints
from services.notifier.delivery import store
from services.notifier.delivery.channels.file import NotificationFiles
from services.notifier.delivery.channels.webhook import TrustedNetworks, Webhook, new_secret
from services.notifier.delivery.handler import Deliveries
from services.notifier.letters.store import NewMessage, load, save
from shared.domain.rights import MessageType
from shared.messages import derived_id
from shared.runtime.database import Pool, connect, transaction
from shared.runtime.sealing import Sealer

SUBJECT = dict.fromkeys(("fr", "nl", "de", "en"), "subject")


#: The webhooks of all recipients of the tests lead to this machine.
TRUSTED = TrustedNetworks({f"0{recipient:09}": ["127.0.0.0/8"] for recipient in range(1100)})


@asynccontextmanager
async def dispatching(pool: Pool, folder: Path | None = None) -> AsyncIterator[None]:
    """Run the delivering part of the notifier."""
    deliveries = Deliveries(Webhook(TRUSTED), NotificationFiles(folder), Sealer.of(bytes(32)))
    task = asyncio.create_task(deliveries.run(pool))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def number_of(recipient: int) -> str:
    return f"0{recipient:09}"


async def subscribe(pool: Pool, url: str | None, recipient: int = 0) -> None:
    async with transaction(pool) as tx:
        channel = "webhook" if url else "file"
        await store.subscribe(tx, number_of(recipient), channel, url, new_secret() if url else None, "tests")


def event(declaration: int, place: int, recipient: int = 0) -> NewMessage:
    id_ = derived_id("test", recipient, declaration, place)
    return NewMessage(
        id_, number_of(recipient), MessageType.POSITIVE, "en", SUBJECT,
        data=json.dumps({"id": f"{declaration}/{place}"}), declaration_id=declaration, event_id=id_,
    )  # fmt: skip


async def schedule(pool: Pool, messages: Sequence[NewMessage]) -> None:
    """Save messages with their deliveries, as a step does."""
    async with transaction(pool) as tx:
        await load(tx, (message.enterprise_number for message in messages))
        await save(tx, messages)


async def pass_time(place: Endpoints, by: timedelta) -> None:
    owner = await connect(place.postgres_dsn)
    await owner.execute("UPDATE platform.clock SET moved_by = moved_by + $1", by)
    await owner.close()


async def until(holds: Callable[[], bool], seconds: float = 30.0) -> float:
    """Return the seconds until a condition holds."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    while not holds():
        assert loop.time() - began < seconds, "it never came"
        await asyncio.sleep(0.02)
    return loop.time() - began


async def states(pool: Pool) -> dict[str, int]:
    rows = await pool.fetch("SELECT state, count(*) AS n FROM dispatches GROUP BY state")
    return {row["state"]: row["n"] for row in rows}


async def settle(pool: Pool, expected: dict[str, int]) -> None:
    """Wait until outcomes are stored, which happens after the answers of recipients. Raise TimeoutError."""
    async with asyncio.timeout(30):
        while await states(pool) != expected:  # noqa: ASYNC110 - only the table knows
            await asyncio.sleep(0.05)


async def attempted(pool: Pool, reason: str) -> None:
    """Wait until a delivery has failed for a reason. Raise TimeoutError."""
    failed = "SELECT count(*) FROM dispatches WHERE attempts > 0 AND reason ~ $1"
    async with asyncio.timeout(30):
        while not await pool.fetchval(failed, reason):  # noqa: ASYNC110 - only the table knows
            await asyncio.sleep(0.05)


def in_order(taken: Sequence[str]) -> bool:
    """Return whether the events of each declaration arrived in order."""
    last: dict[str, int] = {}
    for each in taken:
        declaration, _, place = each.partition("/")
        if int(place) <= last.get(declaration, -1):
            return False
        last[declaration] = int(place)
    return True
