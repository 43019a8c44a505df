"""Serves the lanes: many recipients at once, each in order, so that nobody waits for another (D5)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from random import random
from typing import Final

from services.notifier.delivery import store
from services.notifier.delivery.channels.file import NotificationFiles
from services.notifier.delivery.channels.webhook import Webhook
from services.notifier.delivery.rules import Outcome, State, judge
from services.notifier.delivery.store import DueDispatch, Lane
from shared.runtime import metrics
from shared.runtime.database import Pool, transaction
from shared.runtime.logs import log

_AT_ONCE: Final = 64  #: recipients that are served at the same time
_IDLE_SECONDS: Final = 0.5
#: A lane is given back after so long, well before its lease ends; an attempt takes ten seconds at most.
_TURN_SECONDS: Final = 30.0
_IN_A_ROW: Final = 50
_IN_A_FILE: Final = 5_000


class Deliveries:
    """What empties the lanes; one per process, any number of processes."""

    def __init__(self, webhook: Webhook, files: NotificationFiles) -> None:
        self._webhook, self._files = webhook, files

    async def run(self, pool: Pool) -> None:
        """Serve for ever; lanes that cannot be looked at just now are looked at again."""
        serving: dict[asyncio.Task[None], Lane] = {}
        try:
            while True:
                lanes = await self._claim(pool, _AT_ONCE - len(serving))
                for lane in lanes:
                    task = asyncio.create_task(self._serve(pool, lane))
                    serving[task] = lane
                    task.add_done_callback(serving.pop)
                if not lanes:
                    await asyncio.sleep(_IDLE_SECONDS)
        finally:
            await self._give_back(pool, dict(serving))

    async def _give_back(self, pool: Pool, serving: Mapping[asyncio.Task[None], Lane]) -> None:
        """Stop, so that another process goes on at once and not only when the leases end."""
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)
        await self._webhook.close()
        with suppress(Exception):
            await store.release(pool, list(serving.values()))

    async def _claim(self, pool: Pool, most: int) -> list[Lane]:
        if most <= 0:
            return []
        try:
            return await store.claim(pool, most)
        except Exception as error:  # the database is away or busy: what is due stays due
            log.info("lanes_postponed", error=error)
            await asyncio.sleep(_IDLE_SECONDS)
            return []

    async def _serve(self, pool: Pool, lane: Lane) -> None:
        """Deliver what is due for one recipient until nothing is, he is away, or his turn is over."""
        loop = asyncio.get_running_loop()
        end = loop.time() + _TURN_SECONDS
        try:
            while loop.time() < end and await self._round(pool, lane, end):
                pass
            await store.release(pool, [lane])
        except Exception as error:  # nothing is lost: the lease ends, and what is due is tried again
            log.info("lane_postponed", subscription=str(lane.subscription_id), error=error)

    async def _round(self, pool: Pool, lane: Lane, end: float) -> bool:
        """One look at what is due; False when there is no point in another."""
        if lane.channel == "file":
            return await self._write_file(pool, lane)
        # Where he was away last time one thing is tried, and the rest only if it arrives.
        found = await store.due(pool, lane, 1 if lane.failures else _IN_A_ROW)
        for dispatch in found:
            attempt = await self._webhook.send(
                lane.url or "", lane.secrets, dispatch.event_id, dispatch.event
            )
            await self._settle(pool, lane, [dispatch], attempt.outcome, attempt.reason)
            if attempt.outcome is Outcome.UNREACHABLE or asyncio.get_running_loop().time() > end:
                return False
        return bool(found) and not lane.failures

    async def _write_file(self, pool: Pool, lane: Lane) -> bool:
        found = await store.due_as_file(pool, lane, _IN_A_FILE)
        if not found:
            return False
        assert found[0].batch is not None, "it was decided which file it is in"
        events = [dispatch.event for dispatch in found]
        outcome, reason = await self._files.send(lane.enterprise_number, found[0].batch, events)
        await self._settle(pool, lane, found, outcome, reason)
        return outcome is Outcome.DELIVERED

    async def _settle(
        self, pool: Pool, lane: Lane, tried: Sequence[DueDispatch], outcome: Outcome, reason: str | None
    ) -> None:
        async with transaction(pool) as tx:
            verdicts = [
                (one, judge(outcome, one.first_due, one.attempts + 1, lane.failures + 1, tx.now, random()))  # noqa: S311 - jitter
                for one in tried
            ]
            await store.settle(tx, lane, verdicts, reason)
        metrics.DISPATCH_ATTEMPTS.labels(lane.channel, outcome).inc(len(tried))
        if any(verdict.state is State.EXHAUSTED for _, verdict in verdicts):
            log.error("delivery_exhausted", subscription=str(lane.subscription_id), reason=reason)
