"""The queue of HTTP requests that need the database: bounded, and apart from the consumers' connections."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from shared.runtime.api import ProblemError, away, retry_after
from shared.runtime.database import POOL_SIZE

#: Requests that run at one time. The other connections are for consumers, timers and publishers.
AT_ONCE: Final = POOL_SIZE // 2
WAITING: Final = 64
OF_ONE_CLIENT: Final = 32  #: running or waiting; a flood from one client leaves the rest to the others
LONGEST_WAIT: Final = 5.0  #: seconds; about as long as a database command may take


class RequestQueue:
    """A queue of requests, served in order of arrival; a request without a place is refused at once."""

    def __init__(self) -> None:
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._present: Counter[str] = Counter()

    @asynccontextmanager
    async def slot(self, client: str) -> AsyncIterator[None]:
        """Wait for a slot and hold it for the request of a client. Raise ProblemError when refused."""
        if self._present[client] >= OF_ONE_CLIENT:
            raise ProblemError(
                "tooManyRequests",
                "Too many requests from this client. Retry after the number of seconds in Retry-After.",
                **retry_after(),
            )
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
