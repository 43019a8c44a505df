"""The queue of HTTP requests that need the database: bounded, and apart from the consumers' connections."""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from shared.runtime import metrics
from shared.runtime.api import ProblemError, away
from shared.runtime.database import POOL_SIZE
from shared.runtime.rate import TokenBuckets

#: Requests that run at one time. The other connections are for consumers, timers and publishers.
AT_ONCE: Final = POOL_SIZE // 2
WAITING: Final = 64
OF_ONE_CLIENT: Final = 32  #: running or waiting; a flood from one client leaves the rest to the others
LONGEST_WAIT: Final = 5.0  #: seconds; about as long as a database command may take
_RETRY_SECONDS: Final = 5


class RequestQueue:
    """A queue of requests, served in order of arrival; a request without a place is refused at once."""

    def __init__(self, buckets: TokenBuckets | None = None) -> None:
        self._buckets = buckets
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._present: Counter[str] = Counter()

    def check_rate(self, client: str) -> None:
        """Count a request of a client. Raise ProblemError when its rate over time is too high."""
        if self._buckets is not None and (seconds := self._buckets.take(client)) > 0.0:
            raise _too_many("rate", max(1, math.ceil(seconds)))

    @asynccontextmanager
    async def slot(self, client: str) -> AsyncIterator[None]:
        """Wait for a slot and hold it for the request of a client. Raise ProblemError when refused."""
        if self._present[client] >= OF_ONE_CLIENT:
            raise _too_many("concurrency", _RETRY_SECONDS)
        if self._present.total() >= AT_ONCE + WAITING:
            raise away()
        self._present[client] += 1
        try:
            await self._acquire()
            try:
                yield
            finally:
                self._slots.release()
        finally:
            self._present[client] -= 1
            self._present += Counter()  # drops the clients with no request left

    async def _acquire(self) -> None:
        try:
            async with asyncio.timeout(LONGEST_WAIT):
                await self._slots.acquire()
        except TimeoutError:
            raise away() from None


def _too_many(reason: str, seconds: int) -> ProblemError:
    metrics.LIMITED.labels(reason).inc()
    return ProblemError(
        "tooManyRequests",
        "Too many requests from this client. Retry after the number of seconds in Retry-After.",
        headers={"Retry-After": str(seconds)},
        retryAfterSec=seconds,
    )
