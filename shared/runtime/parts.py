"""The parts of a service: tasks that must not end, and none of which ends in silence."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from shared.runtime.broker import own_cancellation
from shared.runtime.errors import OurError


class PartEndedError(OurError):
    """A part of the service ended that should run for ever."""


async def for_ever(name: str, part: Coroutine[Any, Any, None]) -> None:
    """Await a part that must not end."""
    await not_canceled(name, part)
    raise PartEndedError(f"{name} ended")


async def not_canceled(name: str, part: Coroutine[Any, Any, None]) -> None:
    """Await a part; a cancellation that is not ours is its failure: a group would pass it over in silence."""
    try:
        await part
    except asyncio.CancelledError:
        if own_cancellation():
            raise
        raise PartEndedError(f"{name} was canceled") from None
