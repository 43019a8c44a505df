"""The parts of a service: tasks that must not end, and whose end is always an error."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from shared.runtime.broker import own_cancellation
from shared.runtime.errors import OurError


class PartEndedError(OurError):
    """The end of a part of the service that should run until the drain."""


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
