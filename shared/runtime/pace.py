"""The pace of refusals: a source that is refused again and again waits for each further answer."""

from __future__ import annotations

import asyncio
from typing import Final

from shared.runtime import metrics
from shared.runtime.rate import TokenBuckets

#: Answers that refuse a stranger, or any client for its load.
_OF_STRANGERS: Final = frozenset({400, 401, 403, 404, 405, 413, 429, 503})
_OF_LOAD: Final = frozenset({429})
RATE: Final = 10.0  #: refusals per second that one source gets without delay, in the long run
BURST: Final = 200
DELAY: Final = 1.0  #: seconds


class Pace:
    """Delays refusals, so that asking again at once does not use up the event loop."""

    def __init__(self) -> None:
        self._refusals = TokenBuckets(RATE, BURST)

    async def slow_down(self, source: str, status: int, *, stranger: bool) -> None:
        """Wait before an answer with this status, if the source gets too many refusals."""
        if status not in (_OF_STRANGERS if stranger else _OF_LOAD):
            return
        if self._refusals.take(source) > 0.0:
            metrics.SLOWED.inc()
            await asyncio.sleep(DELAY)
