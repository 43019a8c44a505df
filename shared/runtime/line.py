"""The line of those who want the database over HTTP: it leaves room for the consumers, and it is short."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from shared.runtime.api import ProblemError, away, retry_after
from shared.runtime.database import POOL_SIZE

AT_ONCE: Final = POOL_SIZE // 2  #: the other half is for consumers, timers and what leaves
WAITING: Final = 64
OF_ONE_CLIENT: Final = 32  #: at work or in line; who floods takes no more than that from the others
LONGEST_WAIT: Final = 5.0  #: seconds; about as long as somebody waits for a command of the database


class Line:
    """Requests get their turn in the order in which they came; who finds no place is told at once."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._present: Counter[str] = Counter()

    @asynccontextmanager
    async def turn(self, client: str) -> AsyncIterator[None]:
        """The turn of a client's request. Raises ProblemError."""
        if self._present[client] >= OF_ONE_CLIENT:
            raise ProblemError("tooManyRequests", "Ask less at a time", **retry_after())
        if self._present.total() >= AT_ONCE + WAITING:
            raise away()
        self._present[client] += 1
        try:
            await self._called()
            try:
                yield
            finally:
                self._turns.release()
        finally:
            self._present[client] -= 1
            self._present += Counter()  # forgets who is gone

    async def _called(self) -> None:
        try:
            async with asyncio.timeout(LONGEST_WAIT):
                await self._turns.acquire()
        except TimeoutError:
            raise away() from None
