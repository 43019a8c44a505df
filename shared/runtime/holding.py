"""The pauses of a consumer between two attempts at one batch, which stays unacknowledged meanwhile."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from typing import Final

from shared.runtime import metrics
from shared.runtime.database import Dsn, answers
from shared.runtime.logs import log
from shared.runtime.subscription import Subscription

SHORTEST_PAUSE, LONGEST_PAUSE = 0.1, 5.0  #: seconds between two attempts at a held batch
#: Attempts at one batch that end in a conflict, after which the batch is split, or held when it is one event.
CONFLICTS: Final = 8
#: Seconds: the longest pause after the first conflict, doubled with each further conflict; and its limit.
_CONFLICT_PAUSE, _LONGEST_CONFLICT_PAUSE = 0.01, 0.5


class StoppedError(Exception):
    """The error when the service ends while a batch is held. The broker delivers the batch again later."""


class Hold:
    """The state of a held batch: since when, the next pause, and whether its channel was given up.

    A held batch is not given back to the broker, because every redelivery counts toward the delivery
    limit. After the ceiling (in seconds) the channel is closed once, before the broker closes it. The batch
    is still tried, and nothing is consumed until it is done. The broker then delivers it again, and the
    inbox finds that it was handled.
    """

    def __init__(self, label: str, subscription: Subscription, dsn: Dsn, ceiling: float) -> None:
        self._label, self._subscription = label, subscription
        self._dsn, self._ceiling = dsn, ceiling
        self._since: float | None = None
        self._pause = SHORTEST_PAUSE
        self._stop = asyncio.Event()
        self._may_consume = asyncio.Event()  #: cleared while a batch is held beyond the ceiling
        self._may_consume.set()
        metrics.HOLD_SECONDS.labels(label).set(0)  # the gauge exists before it is needed

    async def until_available(self) -> None:
        """Wait until the database answers. Raise StoppedError when the service ends."""
        await self.pause()
        while not await answers(self._dsn):
            await self.pause()

    async def pause(self) -> None:
        """Wait before the next attempt, each time longer, and set the gauge of the time held.

        Give up the channel after the ceiling. Raise StoppedError when the service ends.
        """
        loop = asyncio.get_running_loop()
        if self._since is None:
            self._since = loop.time()
            self._subscription.fell_behind()
        await self._sleep(self._pause)
        self._pause = min(self._pause * 2, LONGEST_PAUSE)
        held = loop.time() - self._since
        metrics.HOLD_SECONDS.labels(self._label).set(held)
        if held > self._ceiling and self._may_consume.is_set():
            log.warning("held_too_long", queue=self._label)
            self._may_consume.clear()
            self._subscription.drop()

    async def after_conflict(self, conflicts: int) -> None:
        """Wait a random time, so that two transactions in conflict are not tried again at one time.

        Raise StoppedError when the service ends.

        Args:
            conflicts: The number of conflicts in a row, from 1.
        """
        longest = min(_CONFLICT_PAUSE * 2 ** (conflicts - 1), _LONGEST_CONFLICT_PAUSE)
        await self._sleep(random.uniform(0, longest))  # noqa: S311 - no secret

    async def _sleep(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), seconds)
        if self._stop.is_set():
            raise StoppedError

    def release(self) -> None:
        """Record that an attempt succeeded, so that the pauses start anew."""
        if self._since is not None:
            self._since, self._pause = None, SHORTEST_PAUSE
            metrics.HOLD_SECONDS.labels(self._label).set(0)

    def acknowledged(self) -> None:
        """Allow consuming again, after the channel of a batch was given up."""
        self._may_consume.set()

    async def ended(self) -> None:
        """Wait while a batch is held for longer than the ceiling, after which its channel is closed."""
        await self._may_consume.wait()

    def stop(self) -> None:
        """End the pauses with StoppedError, because the service stops."""
        self._stop.set()

    async def stopped(self) -> None:
        """Wait until the service stops."""
        await self._stop.wait()
