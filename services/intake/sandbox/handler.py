"""Reception in the sandbox, at the time of the organization's own clock. Some first attempts get a 503."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any, Final

from services.intake.outages.handler import Heartbeat
from services.intake.reception.channels.queue import Command
from services.intake.reception.channels.rejection import Rejection
from services.intake.reception.handler.receive import Reception
from services.intake.reception.store import Key
from services.intake.sandbox import store
from shared.messages import Channel
from shared.runtime import commands as runtime_commands
from shared.runtime.api import away
from shared.runtime.database import Transaction
from shared.runtime.step import Effect

_REMEMBERED: Final = 1_000  #: first attempts


class NoHeartbeat(Heartbeat):
    """The heartbeat for sandbox organizations with a clock that is set ahead. It never finds an outage.

    Outages are stored in real time, which cannot be compared with such a clock.
    """

    async def late_after(
        self, tx: Transaction, commands: Sequence[runtime_commands.Command[Any]]
    ) -> list[datetime]:
        """Return the instant of reception for each command, so that no wait is excused.

        A declaration is late if its deadline lies before this instant. Outages are stored in real time, and
        so cannot be compared with a clock that is ahead.
        """
        return [tx.now for _ in commands]


class SandboxReception:
    """The step `declarations` of the sandbox, and the reception of requests.

    `ahead` receives the commands of organizations with a clock that is ahead, and has a NoHeartbeat.
    `reception` receives all other commands.
    """

    def __init__(self, reception: Reception, ahead: Reception) -> None:
        self._reception, self._ahead = reception, ahead
        self._attempts: deque[tuple[str, bytes]] = deque(maxlen=_REMEMBERED)

    async def receive(self, tx: Transaction, commands: Sequence[Command]) -> Sequence[Effect]:
        """Receive a batch of commands from the queue, and return the effects.

        The instant of reception is the time of the clock of the organization.
        """
        effects: list[Effect] = []
        async for reception, moved, part in self._parts(tx, commands):
            effects += await reception.receive(moved, part)
        return effects

    async def receive_requests(
        self, tx: Transaction, commands: Sequence[Command]
    ) -> tuple[Sequence[int | Rejection], Sequence[Effect]]:
        """Receive the commands of one request, or forms. Return the outcome of each, then the effects.

        Raise ProblemError (503) for a first attempt over REST to declare certain test workers.
        """
        if all(command.channel is Channel.REST for command in commands):
            await self._interrupt(tx, commands)
        outcomes: dict[Key, int | Rejection] = {}
        effects: list[Effect] = []
        async for reception, moved, part in self._parts(tx, commands):
            received, more = await reception.receive_requests(moved, part)
            outcomes.update(zip((command.key for command in part), received, strict=True))
            effects += more
        return [outcomes[command.key] for command in commands], effects

    async def _parts(
        self, tx: Transaction, commands: Sequence[Command]
    ) -> AsyncIterator[tuple[Reception, Transaction, Sequence[Command]]]:
        """Yield the commands of each clock, with the reception and the transaction that receive them.

        The transaction has the instant that the clock shows. Organizations without a clock of their own have
        the real clock.
        """
        ahead = await store.load_instants(tx, {command.client_id for command in commands})
        parts: defaultdict[datetime | None, list[Command]] = defaultdict(list)
        for command in commands:
            parts[ahead.get(command.client_id)].append(command)
        for instant, part in parts.items():
            if instant is None:
                yield self._reception, tx, part
            else:
                yield self._ahead, Transaction(tx.connection, instant), part

    async def _interrupt(self, tx: Transaction, commands: Sequence[Command]) -> None:
        """Raise ProblemError (503) for the first attempt of a request that declares certain test workers.

        A request is a second attempt if its first command has the client and the bytes of a first attempt.
        It passes, and both attempts are forgotten. So a third attempt counts as a first attempt.
        """
        workers = [command.data.worker for command in commands if command.data is not None]
        named = {worker.ssin for worker in workers if worker is not None and worker.ssin}
        if not named or not await store.is_interrupted(tx, named):
            return
        attempt = commands[0].client_id, commands[0].body_sha256
        if attempt not in self._attempts:
            self._attempts.append(attempt)
            raise away()
        self._attempts.remove(attempt)
