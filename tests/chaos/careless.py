"""A service with its safety removed, `python -m tests.chaos.careless SERVICE`: it acknowledges, then works.

With it the same run that is green with the real service has to turn red.
"""

from __future__ import annotations

import asyncio
import runpy
import sys
from typing import Any

from shared.runtime.consumer import Consumer


async def _run(self: Consumer[Any]) -> None:
    """Run the consume loop in an unsafe order: acknowledge, then work."""
    while not self._stopping:
        batch = await self.subscription.take(16, 0.01)
        await self.subscription.ack(batch)
        await asyncio.sleep(0.2)
        await self._handle(batch)


if __name__ == "__main__":
    Consumer.run = _run  # type: ignore[method-assign]
    runpy.run_module(f"services.{sys.argv[1]}", run_name="__main__")
