"""The pace of refusals: a source that is refused too often gets each further refusal one second late."""

from __future__ import annotations

import asyncio
from typing import Final

from shared.runtime import metrics
from shared.runtime.rate import TokenBuckets

#: Statuses that count as refusals: of a request without a token, and of any client because of its load.
_OF_STRANGERS: Final = frozenset({400, 401, 403, 404, 405, 413, 429, 503})
_OF_LOAD: Final = frozenset({429})
RATE: Final = 10.0  #: refusals per second that one source gets without delay, in the long run
BURST: Final = 200
DELAY: Final = 1.0  #: seconds


class Pace:
    """A delay of refusals, so that clients that repeat refused requests do not use up the event loop."""

    def __init__(self) -> None:
        self._refusals = TokenBuckets(RATE, BURST)

    async def slow_down(self, source: str, status: int, *, stranger: bool) -> None:
        """Wait before a refusal is answered, if the source gets too many refusals.

        Args:
            source: The source of the request.
            status: The status of the answer; some statuses do not count as refusals.
            stranger: Whether the request was not authenticated. Then more statuses count.
        """
        if status not in (_OF_STRANGERS if stranger else _OF_LOAD):
            return
        if self._refusals.take(source) > 0.0:
            metrics.SLOWED.inc()
            await asyncio.sleep(DELAY)
