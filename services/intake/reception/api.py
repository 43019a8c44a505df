"""`POST /declarations`: receive a declaration and answer with its Dimona number."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter, Depends, Request, Response

from services.intake.dialogue.api import PATH, client_of
from services.intake.reception import store
from services.intake.reception.channels import rest
from services.intake.reception.channels.queue import Command
from services.intake.reception.channels.rejection import Rejection
from services.intake.settings import IntakeSettings
from shared.runtime.api import Bearer, ProblemError, away
from shared.runtime.authorization import require_valid
from shared.runtime.database import COMMAND_TIMEOUT, Transaction, connect
from shared.runtime.errors import Fault, classify
from shared.runtime.logs import log
from shared.runtime.stage import Stage
from shared.runtime.step import Effect
from shared.runtime.tokens import Caller

DECLARE: Final = "scope:dimona:declaration:declarant"
#: After these faults the database may have committed although its answer is missing.
_DOUBTFUL: Final = frozenset({Fault.AMBIGUOUS, Fault.OUTAGE})

#: Receives one command: its Dimona number, or its rejection.
Receive = Callable[[Transaction, Command], Awaitable[tuple[int | Rejection, Sequence[Effect]]]]


@dataclass(frozen=True, slots=True)
class Declaring:
    """The parts that the operation needs: settings, the receiving function and the database."""

    settings: IntakeSettings
    receive: Receive
    stage: Stage


def add_routes(routes: APIRouter, declaring: Declaring, bearer: Bearer) -> None:
    """Add the route `POST /declarations`."""
    declarant: Any = Depends(bearer.needs(DECLARE))

    @routes.post(PATH, status_code=201)
    async def create(request: Request, caller: Caller = declarant) -> Response:
        client_id = client_of(caller)
        if not declaring.stage.has_room:
            raise away()
        command = rest.read(client_id, await request.body())
        if command.problem is not None:
            raise ProblemError.of(command.problem)
        number = await _receive(declaring, command, caller)
        if isinstance(number, Rejection):
            raise ProblemError.of(number.problem)
        location = f"{declaring.settings.base_url}/declarations/{number}"
        return Response(status_code=201, headers={"Location": location})


async def _receive(declaring: Declaring, command: Command, caller: Caller) -> int | Rejection:
    """Receive a command. If the commit fails but took place, the command counts as received."""
    outcome: int | Rejection | None = None
    try:
        async with declaring.stage.work() as (tx, effects):
            await require_valid(tx, caller)
            outcome, messages = await declaring.receive(tx, command)
            effects += messages
    except Exception as error:
        doubtful = outcome is not None and classify(error) in _DOUBTFUL
        if outcome is None or not doubtful or not await _is_stored(declaring.stage, command):
            raise
        log.info("doubtful_commit_kept", error=error)  # the outbox publishes its messages later
    return outcome


async def _is_stored(stage: Stage, command: Command) -> bool:
    """Return whether the command is stored, seen over a new connection. Return False without an answer."""
    try:
        async with asyncio.timeout(COMMAND_TIMEOUT):
            connection = await connect(stage.dsn)
            try:
                return await store.has_command(connection, command.key)
            finally:
                connection.terminate()
    except Exception as error:
        log.warning("doubtful_commit", error=error)
        return False
