"""CloudEvents as a client receives them: their types, and how to wait for one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

CREATE: Final = "be.nsso.dimona.v1.declarations.create"
RECEIVED: Final = f"{CREATE}.receivedReply"
INTERMEDIATE: Final = f"{CREATE}.intermediateReply"
REPLY: Final = f"{CREATE}.reply"
PROBLEM: Final = f"{CREATE}.problemReply"
CONTEST: Final = "be.nsso.dimona.v1.contestations.create"
QUERY: Final = "be.nsso.dimona.v1.periods.query"
ISSUED: Final = "be.nsso.dimona.v1.notifications.notify.issued"
CHANGED: Final = "be.nsso.dimona.v1.notifications.notify.situationChanged"
HEARTBEAT: Final = "be.nsso.dimona.v1.heartbeats.notify.issued"
FINAL: Final = "be.nsso.dimona.v1.notifications.notify.becameFinal"

PATIENCE: Final = 30.0  #: seconds to wait for an answer on a busy machine


@dataclass(frozen=True, slots=True)
class Event:
    """A CloudEvent that came to a queue."""

    id: str
    type: str
    relatedto: str | None
    data: dict[str, Any]
    document: dict[str, Any] = field(repr=False, compare=False)

    @classmethod
    def of(cls, document: dict[str, Any]) -> Event:
        """Return the event in a JSON document."""
        return cls(document["id"], document["type"], document.get("relatedto"), document["data"], document)


async def until(holds: Callable[[], bool], seconds: float, awaited: str) -> None:
    """Wait until a condition holds. Raise TimeoutError that names it as `awaited`."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while not holds():
        if loop.time() > end:
            raise TimeoutError(f"waited {seconds:.0f} s for {awaited}")
        await asyncio.sleep(0.03)
