"""Detect outages of intake, and find the outage that a message has waited out."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from services.intake.outages import store
from shared.runtime.commands import Command
from shared.runtime.database import Transaction
from shared.runtime.step import Effect

#: A message that this process held longer than this waited because of us, whatever the cause.
_HELD_SECONDS: Final = 1.0


class Heartbeat:
    """The heartbeat of intake. A gap in it shows an outage later (decision D9)."""

    def __init__(self) -> None:
        self._last_beat: datetime | None = None

    async def beat(self, tx: Transaction) -> Sequence[Effect]:
        """Store that intake works at this instant."""
        await store.store_heartbeat(tx)
        self._last_beat = tx.now
        return ()

    async def catch_up(self, tx: Transaction) -> Sequence[Effect]:
        """Store that no message of an earlier outage is left in the queue."""
        await store.store_caught_up(tx)
        return ()

    async def late_after(self, tx: Transaction, commands: Sequence[Command[Any]]) -> list[datetime]:
        """Return the instant by which the lateness of each command is judged.

        It is the start of the outage that the command waited out, else this instant. A REST request waits
        in no queue, so no outage excuses it.
        """
        silent = self._last_beat is not None and tx.now - self._last_beat > store.OUTAGE
        clock = time.monotonic()
        waited = [
            command.came is not None and (silent or command.waited or clock - command.came > _HELD_SECONDS)
            for command in commands
        ]
        if not any(waited):
            return [tx.now] * len(commands)
        outage = await store.beat_and_load_outage_start(tx)
        return [outage if outage and late else tx.now for late in waited]
