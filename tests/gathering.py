"""A client that sends the declarations of a moment as one batch."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final
from uuid import uuid4

from tests.foreign.integrator import Integrator

BATCH: Final = 100  #: commands in one message
_SECONDS: Final = 0.01  #: in which they are gathered
_TYPE: Final = "application/cloudevents-batch+json"


class GatheringIntegrator(Integrator):
    """A client's payroll program that sends batches; concurrent declarations share one."""

    def __init__(self, url: str, client_id: str) -> None:
        super().__init__(url, client_id)
        self._waiting: list[tuple[str, bytes]] = []
        self._turn = asyncio.Lock()

    async def declare(self, declaration: Mapping[str, Any], id_: str | None = None) -> str:
        """Send a declaration in one message with those of other tasks, in the order of the calls."""
        id_ = id_ or str(uuid4())
        self._waiting.append((id_, self.body(declaration, id_)))
        async with self._turn:
            if id_ in self.sent:  # with one before it
                return id_
            await asyncio.sleep(_SECONDS)
            batch = dict(self._waiting[:BATCH])
            del self._waiting[:BATCH]
            body = b"[" + b", ".join(batch.values()) + b"]"
            await self.send(body, None, message_id=str(uuid4()), content_type=_TYPE)
            self.sent |= batch
        return id_


async def declare_in_order(client: Integrator, *declarations: Mapping[str, Any]) -> list[str]:
    """Send declarations in this order, in one message when the client gathers; return their ids."""
    if isinstance(client, GatheringIntegrator):
        return list(await asyncio.gather(*(client.declare(one) for one in declarations)))
    return [await client.declare(one) for one in declarations]
