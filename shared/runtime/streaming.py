"""Answers of any length, which are sent while they are made (ADR 23)."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Final

from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from shared.runtime.connections import PROGRESS
from shared.runtime.errors import OurError
from shared.runtime.request_queue import Limits, RequestQueue
from shared.runtime.scope import HEAD

#: Limits on the answers of a process, and of one organization, at one time: each holds a page in memory.
LIMITS: Final = Limits(at_once=4, waiting=0, of_one_client=2, in_line=0)
#: Seconds that one answer may take in all; a client that reads nothing for a while is cut off sooner.
LONGEST: Final = 1800.0


class CutShortError(OurError):
    """The error that ends an answer before it is complete.

    The transfer is broken off, so no client treats the answer as complete.
    """


class Streamed(Response):
    """An answer of any length. It takes one of a few places before it begins, and is refused without one."""

    def __init__(
        self, places: RequestQueue, owner: str, begin: Callable[[], AbstractAsyncContextManager[Response]]
    ):
        """Create the answer.

        Args:
            places: The places of all such answers.
            owner: The organization of the answer; its answers have a part of the places.
            begin: Opens the source of the data and yields the answer with its first part, or raises
                ProblemError. The source is closed when the answer ends, also after an error.
        """
        super().__init__()
        self._places, self._owner, self._begin = places, owner, begin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer. Raise ProblemError before its first part is sent, CutShortError after it."""
        async with self._places.slot(self._owner), self._begin() as response:
            if isinstance(response, StreamingResponse):
                if scope.get(HEAD):
                    response = Response(headers=response.headers)
                else:
                    response.body_iterator = observed(response.body_iterator, scope)
            await response(scope, receive, send)


async def observed(chunks: Any, scope: Scope) -> AsyncIterator[bytes]:
    """Yield the parts of an answer. Note the time of each, as progress of its connection.

    Raise CutShortError when the answer takes longer than LONGEST.
    """
    until = time.monotonic() + LONGEST
    async for chunk in chunks:
        scope[PROGRESS] = time.monotonic()
        if scope[PROGRESS] > until:
            raise CutShortError("the client reads too slowly")
        yield chunk
