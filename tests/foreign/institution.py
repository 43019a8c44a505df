"""The program of an institution."""

from __future__ import annotations

from tests.foreign.events import HEARTBEAT, Event
from tests.foreign.program import Program


class Institution(Program):
    """An institution's program: reads its queue of the feed."""

    def __init__(self, url: str, queue: str) -> None:
        super().__init__(url, queue)
        self.events: dict[str, Event] = {}  #: by id, in order of first arrival
        self.heartbeats: list[Event] = []

    async def hear(self, event: Event) -> None:
        if event.type == HEARTBEAT:
            self.heartbeats.append(event)
        else:
            self.events.setdefault(event.id, event)
