"""Requests that wait until a transaction has stored a fact; one query checks for all of them (ADR 24)."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from typing import Final

from shared.runtime import metrics
from shared.runtime.logs import log

MOST: Final = 256  #: requests that wait at one time
MOST_OF_ONE: Final = 64  #: of one organization
_LOOK: Final = 0.1  #: seconds between two looks

Find = Callable[[Collection[int]], Awaitable[Collection[int]]]


class Waiting:
    """The waiting requests of a process.

    Args:
        find: Returns the numbers, among those that it gets, for which the fact is stored.
    """

    def __init__(self, find: Find) -> None:
        self._find = find
        self._arrivals: dict[asyncio.Event, int] = {}  #: of each request, for its number
        self._present: Counter[str] = Counter()
        self._looking: asyncio.Task[None] | None = None

    async def wait(self, sharer: str, number: int, seconds: float) -> bool:
        """Wait until the fact about a number is stored, or until the time ends; return True in both cases.

        Return False at once if too many requests wait already.

        Args:
            sharer: The organization of the client of the request.
            number: The number.
            seconds: The longest time.
        """
        if self._present.total() >= MOST or self._present[sharer] >= MOST_OF_ONE:
            metrics.LIMITED.labels("preference").inc()
            return False
        # After a time-out the answer comes without the fact.
        with self._place(sharer, number) as arrived, suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await arrived.wait()
        return True

    @contextmanager
    def _place(self, sharer: str, number: int) -> Iterator[asyncio.Event]:
        arrived = asyncio.Event()
        self._arrivals[arrived] = number
        self._present[sharer] += 1
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        try:
            yield arrived
        finally:
            self._arrivals.pop(arrived, None)
            self._present[sharer] -= 1
            self._present += Counter()  # drops those with no request left

    async def _look(self) -> None:
        """Check again and again which facts are stored, until no request waits. Continue after an error."""
        while self._arrivals:
            try:
                found = frozenset(await self._find(set(self._arrivals.values())))
            except Exception as error:
                log.warning("waiting_look_failed", error=error)
                found = frozenset()
            for arrived in [each for each, number in self._arrivals.items() if number in found]:
                del self._arrivals[arrived]
                arrived.set()
            await asyncio.sleep(_LOOK)
