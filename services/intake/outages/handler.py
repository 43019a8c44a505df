"""Detect outages of intake, and find the outage during which a message waited."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from services.intake.outages import store
from shared.runtime.commands import Command
from shared.runtime.database import Transaction
from shared.runtime.step import Effect

#: If this process holds a message longer than this, the system is responsible for the wait.
_HELD_SECONDS: Final = 1.0


class Heartbeat:
    """The heartbeat of intake: the instants at which it worked. A long gap is an outage (decision D9)."""

    def __init__(self) -> None:
        self._last_beat: datetime | None = None

    async def beat(self, tx: Transaction) -> Sequence[Effect]:
        """Store that intake works at this instant."""
        await store.store_heartbeat(tx)
        self._last_beat = tx.now
        return ()

    async def catch_up(self, tx: Transaction) -> Sequence[Effect]:
        """Store that no message of an outage is left in the queue, except if it ended just now."""
        await store.store_caught_up(tx)
        return ()

    async def late_after(self, tx: Transaction, commands: Sequence[Command[Any]]) -> list[datetime]:
        """Return an instant for each command. A declaration with a deadline before this instant is late.

        The instant is now, except in these cases. If two cases apply, the earlier instant counts.

        * A command waited in a queue that was behind: the instant at which it came into the queue.
        * A command waited over a second in this process: the instant at which it came into this process.
        * The system made a command wait, and an outage still counts: the start of the outage.

        The instant of a REST request is always now, because it waits in no queue.
        """
        silent = self._last_beat is not None and tx.now - self._last_beat > store.OUTAGE
        clock = time.monotonic()
        waited = [
            command.came is not None and (silent or command.waited or clock - command.came > _HELD_SECONDS)
            for command in commands
        ]
        outage = await store.beat_and_load_outage_start(tx) if any(waited) else None
        arrived = [tx.now - _seconds_behind(command, clock) for command in commands]
        return [min(outage, at) if outage and late else at for late, at in zip(waited, arrived, strict=True)]


def _seconds_behind(command: Command[Any], clock: float) -> timedelta:
    """Return the time that a command waited behind other commands, because of our limits (ADR 21).

    This is the time since it came into a queue that was behind. Otherwise it is the time in this process, or
    zero for a REST request and for at most one second. `clock` is the present `time.monotonic()`.
    """
    if command.since is not None:
        return timedelta(seconds=max(clock - command.since, 0.0))
    if command.came is None or clock - command.came <= _HELD_SECONDS:
        return timedelta()
    return timedelta(seconds=clock - command.came)
