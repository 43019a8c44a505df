"""A service with a safety removed, `python -m tests.chaos.careless SERVICE MISTAKE`.

A run that is green with the real service has to turn red with this one. Mistakes: `acknowledges-first` takes
a batch and acknowledges it before it works; `blames-the-message` parks a good message for a read-only server.
"""

from __future__ import annotations

import asyncio
import runpy
import sys
from typing import Any

from shared.runtime import errors
from shared.runtime.consumer import Consumer


async def _run(self: Consumer[Any]) -> None:
    """Run the consume loop in an unsafe order: acknowledge, then work."""
    while not self._stopping:
        batch = await self.subscription.take(16, 0.01)
        await self.subscription.ack(batch)
        await asyncio.sleep(0.2)
        await self._handle(batch)


if __name__ == "__main__":
    if sys.argv[2] == "acknowledges-first":
        Consumer.run = _run  # type: ignore[method-assign]
    else:
        del errors.BY_SQLSTATE["25006"]
    runpy.run_module(f"services.{sys.argv[1]}", run_name="__main__")
