"""Deliveries to many recipients at once. A slow recipient does not delay other recipients (decision D5)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from random import random
from typing import Final

from services.notifier.delivery import store
from services.notifier.delivery.channels.file import NotificationFiles
from services.notifier.delivery.channels.webhook import Target, Webhook
from services.notifier.delivery.store import Dispatch, Lane
from shared.redelivery import Outcome, State, judge
from shared.runtime import metrics
from shared.runtime.database import Pool, transaction
from shared.runtime.logs import log
from shared.runtime.sealing import Sealer

_AT_ONCE: Final = 64  #: recipients that are served at the same time
_IDLE_SECONDS: Final = 0.5
#: Seconds after which a lane is released, well before its lease ends. An attempt takes at most ten seconds.
_TURN_SECONDS: Final = 30.0
_IN_A_ROW: Final = 50
_IN_A_FILE: Final = 5_000


class Deliveries:
    """Worker that sends the due deliveries of all lanes.

    Each process has one worker. Any number of processes may run, because a worker leases the lanes it serves.
    """

    def __init__(self, webhook: Webhook, files: NotificationFiles, sealer: Sealer) -> None:
        self._webhook, self._files, self._sealer = webhook, files, sealer

    async def run(self, pool: Pool) -> None:
        """Serve lanes until the task is canceled. After a failure of the database, try again."""
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
        """Stop serving and release the leases, so that another process continues at once."""
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
        except Exception as error:  # the database is down or busy: due deliveries stay due
            log.info("lanes_postponed", error=error)
            await asyncio.sleep(_IDLE_SECONDS)
            return []

    async def _serve(self, pool: Pool, lane: Lane) -> None:
        """Deliver to one recipient and release its lane. Stop when no delivery is due.

        Stop also when the recipient is unreachable, or after 30 seconds.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + _TURN_SECONDS
        try:
            while loop.time() < end and await self._round(pool, lane, end):
                pass
            await store.release(pool, [lane])
        except Exception as error:  # nothing is lost: the lease ends, and due deliveries are tried again
            log.info("lane_postponed", subscription=str(lane.subscription_id), error=error)

    async def _round(self, pool: Pool, lane: Lane, end: float) -> bool:
        """Try the due deliveries of a lane once. Return whether another round is useful now."""
        if lane.channel == "file":
            return await self._write_file(pool, lane)
        # After a failure one delivery is tried, and the rest only if it arrives.
        keys = tuple(self._sealer.open(secret, lane.enterprise_number) for secret in lane.secrets)
        target = Target(lane.enterprise_number, lane.url or "", keys)
        dispatches = await store.due(pool, lane, 1 if lane.failures else _IN_A_ROW)
        for dispatch in dispatches:
            attempt = await self._webhook.send(target, dispatch.event_id, dispatch.event)
            await self._store_outcome(pool, lane, [dispatch], attempt.outcome, attempt.reason)
            if attempt.outcome is Outcome.UNREACHABLE or asyncio.get_running_loop().time() > end:
                return False
        return bool(dispatches) and not lane.failures

    async def _write_file(self, pool: Pool, lane: Lane) -> bool:
        dispatches = await store.due_as_file(pool, lane, _IN_A_FILE)
        if not dispatches:
            return False
        assert dispatches[0].batch is not None, "the statement sets the number of the file"
        events = [dispatch.event for dispatch in dispatches]
        outcome, reason = await self._files.send(lane.enterprise_number, dispatches[0].batch, events)
        await self._store_outcome(pool, lane, dispatches, outcome, reason)
        return outcome is Outcome.DELIVERED

    async def _store_outcome(
        self, pool: Pool, lane: Lane, tried: Sequence[Dispatch], outcome: Outcome, reason: str | None
    ) -> None:
        async with transaction(pool) as tx:
            verdicts = [
                (item, judge(outcome, item.first_due, item.attempts + 1, lane.failures + 1, tx.now, random()))  # noqa: S311 - jitter
                for item in tried
            ]
            await store.store_outcome(tx, lane, verdicts, reason)
        metrics.DISPATCH_ATTEMPTS.labels(lane.channel, outcome).inc(len(tried))
        if any(verdict.state is State.EXHAUSTED for _, verdict in verdicts):
            log.error("delivery_exhausted", subscription=str(lane.subscription_id), reason=reason)
