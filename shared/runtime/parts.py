"""The parts of a service: tasks that never end without an error. Also settings of the garbage collector."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Coroutine
from typing import Any, Final

from shared.runtime.broker import own_cancellation
from shared.runtime.errors import OurError

#: New objects after which the collector looks for cycles among them. A batch makes tens of thousands, almost
#: none in a cycle; with the default of 700 each is looked at several times.
_YOUNG_OBJECTS: Final = 50_000


class PartEndedError(OurError):
    """The error for a part of the service that ended before the drain."""


async def for_ever(name: str, part: Coroutine[Any, Any, None]) -> None:
    """Await a part that must not end. Raise PartEndedError when it does."""
    await not_canceled(name, part)
    raise PartEndedError(f"{name} ended")


async def not_canceled(name: str, part: Coroutine[Any, Any, None]) -> None:
    """Await a part. Raise PartEndedError for a cancellation by a library, which a task group would ignore."""
    try:
        await part
    except asyncio.CancelledError:
        if own_cancellation():
            raise
        raise PartEndedError(f"{name} was canceled") from None


def collect_seldom() -> None:
    """Make the garbage collector run less often, and exclude all present objects from its work."""
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS)


_SLICE: Final = 0.005  #: seconds of decoding after which other tasks run


class Slice:
    """A clock for a task with much work, which limits how long the task runs before other tasks run."""

    def __init__(self) -> None:
        self._began = 0.0

    async def end(self) -> None:
        """Let other tasks run, if this task has run for five milliseconds."""
        if time.monotonic() - self._began > _SLICE:
            await asyncio.sleep(0)
            self._began = time.monotonic()
