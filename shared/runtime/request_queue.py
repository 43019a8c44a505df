"""The queue of HTTP requests of an API, with limits in total, for each client, and on the rate over time."""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Final

from shared.runtime import metrics
from shared.runtime.api import ProblemError, away
from shared.runtime.database import API_POOL_SIZE
from shared.runtime.rate import TokenBuckets

AT_ONCE: Final = API_POOL_SIZE
WAITING: Final = 64
OF_ONE_CLIENT: Final = 32
IN_LINE: Final = 96
LONGEST_WAIT: Final = 5.0  #: seconds; about as long as a database command may take
RATE: Final = 100.0  #: requests per second and client over a longer time
BURST: Final = 1000  #: requests of a client that are accepted at once
_RETRY_SECONDS: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of a queue, as numbers of requests."""

    #: running at one time; each finds a connection of the pool of the API at once
    at_once: int = AT_ONCE
    waiting: int = WAITING  #: waiting in the queue, besides the running requests
    #: running or waiting, of one client; the remaining places are for other clients
    of_one_client: int = OF_ONE_CLIENT
    #: further requests of one client; they wait for one of these to end, as clients do not retry after 429
    in_line: int = IN_LINE

    @property
    def strangers_at_once(self) -> int:
        """The number of requests without a token that may run at one time: all but one, and at least one."""
        return max(self.at_once - 1, 1)

    @property
    def strangers(self) -> int:
        """The number of requests without a token that may run or wait: half of all places."""
        return (self.at_once + self.waiting) // 2


class RequestQueue:
    """A queue of requests, served in order of arrival; a request without a place is refused at once."""

    def __init__(self, rate: float = RATE, burst: int = BURST, limits: Limits | None = None) -> None:
        self._buckets = TokenBuckets(rate, burst)
        self._limits = limits or Limits()
        self._slots = asyncio.Semaphore(self._limits.at_once)
        self._slots_of_strangers = asyncio.Semaphore(self._limits.strangers_at_once)
        self._present: Counter[str] = Counter()
        self._lines: dict[str, asyncio.Semaphore] = {}  #: of each client that is present
        self._queued = self._queued_strangers = 0

    def check_rate(self, client: str) -> None:
        """Count a request of a client. Raise ProblemError (429) if the client exceeds its rate over time."""
        if (seconds := self._buckets.take(client)) > 0.0:
            raise too_many("rate", max(1, math.ceil(seconds)))

    def spend(self, client: str, requests: int) -> None:
        """Take tokens for `requests` further requests of a client, or all its tokens. Refuse nothing."""
        self._buckets.spend(client, requests)

    @asynccontextmanager
    async def slot(self, client: str, *, stranger: bool = False) -> AsyncIterator[None]:
        """Wait for a slot and hold it for a request. Raise ProblemError (429 or 503) if there is none.

        Args:
            client: The client, or the source of a request without a token.
            stranger: Whether the operation needs no token. Such requests may use only a part of the slots.
        """
        until = asyncio.get_running_loop().time() + LONGEST_WAIT
        with self._line(client) as line:
            async with _holding(line, until):
                with self._place(stranger):
                    own = _holding(self._slots_of_strangers, until) if stranger else nullcontext()
                    async with own, _holding(self._slots, until):
                        yield

    @contextmanager
    def _line(self, client: str) -> Iterator[asyncio.Semaphore]:
        """Count a request of a client, and yield the semaphore for the share of the client in the queue.

        Raise ProblemError (429) when the client has too many requests.
        """
        if self._present[client] >= self._limits.of_one_client + self._limits.in_line:
            raise too_many("concurrency", _RETRY_SECONDS)
        self._present[client] += 1
        try:
            yield self._lines.setdefault(client, asyncio.Semaphore(self._limits.of_one_client))
        finally:
            self._present[client] -= 1
            if not self._present[client]:
                del self._present[client], self._lines[client]

    @contextmanager
    def _place(self, stranger: bool) -> Iterator[None]:
        full = self._queued >= self._limits.at_once + self._limits.waiting
        if full or (stranger and self._queued_strangers >= self._limits.strangers):
            metrics.LIMITED.labels("waiting").inc()
            raise away()
        self._queued += 1
        self._queued_strangers += stranger
        try:
            yield
        finally:
            self._queued -= 1
            self._queued_strangers -= stranger


@asynccontextmanager
async def _holding(semaphore: asyncio.Semaphore, until: float) -> AsyncIterator[None]:
    """Wait for a semaphore and hold it. Raise ProblemError (503) at `until` (time of the event loop)."""
    with metrics.WAITING.track_inprogress():
        try:
            async with asyncio.timeout_at(until):
                await semaphore.acquire()
        except TimeoutError:
            metrics.LIMITED.labels("waiting").inc()
            raise away() from None
    try:
        yield
    finally:
        semaphore.release()


def too_many(reason: str, seconds: int = _RETRY_SECONDS) -> ProblemError:
    """Return the ProblemError (429) for a client that exceeds one of its limits. Count it by reason."""
    metrics.LIMITED.labels(reason).inc()
    return ProblemError(
        "tooManyRequests",
        "Too many requests from this client. Retry after the number of seconds in Retry-After.",
        headers={"Retry-After": str(seconds)},
        retryAfterSec=seconds,
    )
