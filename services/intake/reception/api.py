"""`POST /declarations`: receive one declaration, or a batch, and answer with Dimona numbers."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse

from services.intake.dialogue.addresses import with_addresses
from services.intake.dialogue.api import DECLARING, PATH
from services.intake.dialogue.senders import Sender, sender_of
from services.intake.dialogue.store import read_answer
from services.intake.reception import store
from services.intake.reception.channels import rest
from services.intake.reception.channels.queue import Command
from services.intake.reception.channels.rejection import Rejection
from services.intake.settings import IntakeSettings
from shared.domain.rights import Right
from shared.runtime.api import Bearer, ProblemError, away
from shared.runtime.authorization import require_valid
from shared.runtime.database import COMMAND_TIMEOUT, Transaction, connect
from shared.runtime.errors import Fault, classify
from shared.runtime.logs import log
from shared.runtime.negotiation import json_only
from shared.runtime.request_queue import RequestQueue
from shared.runtime.scope import sharer_of
from shared.runtime.stage import Stage
from shared.runtime.step import Effect
from shared.runtime.tokens import Caller
from shared.runtime.waiting import Waiting

DECLARE: Final = "scope:dimona:declaration:declarant"
BATCHES: Final = f"{PATH}/batches"
LONGEST_WAIT: Final = 10  #: seconds; a longer wait is cut to this
KEY: Final = "Idempotency-Key"
_PREFERRED: Final = re.compile(r"(?:^|,)\s*wait\s*=\s*\"?(\d{1,6})\"?\s*(?:[;,]|$)", re.ASCII)
#: After these faults the database may have committed although its answer is missing.
_DOUBTFUL: Final = frozenset({Fault.AMBIGUOUS, Fault.OUTAGE})

#: Receives the commands of one request. Returns the Dimona number or the rejection of each, and the effects.
Receive = Callable[
    [Transaction, Sequence[Command]], Awaitable[tuple[Sequence[int | Rejection], Sequence[Effect]]]
]


@dataclass(frozen=True, slots=True)
class Declaring:
    """The objects that receive declarations over REST, one by one or in batches.

    They are the settings, the function that receives commands, the database, the request queue, and the
    requests that wait for a result.
    """

    settings: IntakeSettings
    receive: Receive
    stage: Stage
    queue: RequestQueue
    waiting: Waiting


def add_routes(routes: APIRouter, declaring: Declaring, bearer: Bearer) -> None:
    """Add the operation `POST /declarations`.

    A request holds a slot of the request queue while it is received, but not while it waits for the result.
    """
    declarant: Any = Depends(bearer.needs(DECLARE, level=DECLARING, clients=True))

    @routes.post(PATH, status_code=201, dependencies=[Depends(json_only)])
    async def create(request: Request, caller: Caller = declarant) -> Response:
        arrived = time.monotonic()
        key = rest.key_of(request.headers.get(KEY))
        async with declaring.queue.slot(sharer_of(request.scope)):
            _require_room(declaring)
            sender = await sender_of(declaring.stage, caller, request, (Right.DECLARE,), "createDeclaration")
            command = rest.read(
                sender.client_id, await request.body(), sender.key(key),
                channel=sender.channel, party=sender.party,
            )  # fmt: skip
            if command.problem is not None:
                raise ProblemError.of(command.problem)
            (number,) = await _receive(declaring, [replace(command, read_at=arrived)], caller)
        if isinstance(number, Rejection):
            raise ProblemError.of(number.problem)
        headers = {"Location": _address(declaring, number)}
        seconds = seconds_preferred(request.headers.getlist("prefer"))
        if seconds and await declaring.waiting.wait(sharer_of(request.scope), number, seconds):
            headers["Preference-Applied"] = f"wait={seconds}"
            answer = await _answer_of(declaring, number, sender)
            if answer is not None:
                document = with_addresses(
                    declaring.settings.base_url, number, answer, declaring.settings.pages
                )
                return JSONResponse(document, 201, headers)
        return Response(status_code=201, headers=headers)


def add_batches(routes: APIRouter, declaring: Declaring, bearer: Bearer) -> None:
    """Add the operation `POST /declarations/batches`.

    It receives a batch of declarations in one transaction, and answers with an outcome for each of them.
    """
    declarant: Any = Depends(bearer.needs(DECLARE, level=DECLARING, clients=True))

    @routes.post(BATCHES, dependencies=[Depends(json_only)])
    async def create_batch(request: Request, caller: Caller = declarant) -> Response:
        key = rest.key_of(request.headers.get(KEY))
        _require_room(declaring)
        sender = await sender_of(declaring.stage, caller, request, (Right.DECLARE,), "createDeclarationBatch")
        bodies = rest.bodies_of(await request.body())
        declaring.queue.spend(sharer_of(request.scope), len(bodies) - 1)
        commands = await _read(sender, bodies, key)
        readable = [command for command in commands if command.problem is None]
        outcomes = iter(await _receive(declaring, readable, caller) if readable else ())
        told = [_item(declaring, command.problem or next(outcomes)) for command in commands]
        return Response(json.dumps({"items": told}), media_type="application/json")


async def _read(sender: Sender, bodies: list[bytes], key: str | None) -> list[Command]:
    """Return the command of each declaration of a batch. Let other tasks run after each declaration."""
    commands = []
    for command in rest.read_batch(
        sender.client_id, bodies, sender.key(key), channel=sender.channel, party=sender.party
    ):
        commands.append(command)
        await asyncio.sleep(0)
    return commands


def _item(declaring: Declaring, outcome: int | Rejection | Mapping[str, Any]) -> dict[str, Any]:
    if isinstance(outcome, int):
        return {"declarationId": outcome, "href": _address(declaring, outcome)}
    return {"problem": outcome.problem if isinstance(outcome, Rejection) else outcome}


def _address(declaring: Declaring, number: int) -> str:
    return f"{declaring.settings.base_url}/declarations/{number}"


def _require_room(declaring: Declaring) -> None:
    """Raise ProblemError (503) while too many messages wait to be sent to other services or clients."""
    if not declaring.stage.has_room:
        raise away()


def seconds_preferred(values: Sequence[str]) -> int:
    """Return the seconds of a `Prefer: wait` (RFC 7240), at most LONGEST_WAIT; 0 without it."""
    found = _PREFERRED.search(",".join(values))
    return min(int(found[1]), LONGEST_WAIT) if found else 0


async def _answer_of(declaring: Declaring, number: int, sender: Sender) -> str | None:
    """Return the stored answer to a received declaration.

    Return None if the declaration has no answer yet, or if the answer cannot be read now.
    """
    try:
        async with declaring.queue.slot(sender.client_id), declaring.stage.work() as (tx, _):
            return await read_answer(tx, number, sender.client_id, sender.person)
    except Exception as error:  # the declaration is received, whatever happens to the reading
        log.info("answer_not_read", error=error)
        return None


async def _receive(
    declaring: Declaring, commands: Sequence[Command], caller: Caller
) -> Sequence[int | Rejection]:
    """Receive commands. Return the Dimona number or the rejection of each.

    If an error leaves it open whether the commit took place, look for the first command in the database. If
    it is stored, all commands count as received. Otherwise raise the error.
    """
    outcomes: Sequence[int | Rejection] = ()
    try:
        async with declaring.stage.work() as (tx, effects):
            await require_valid(tx, caller)
            outcomes, messages = await declaring.receive(tx, commands)
            effects += messages
    except Exception as error:
        doubtful = outcomes and classify(error) in _DOUBTFUL
        if not doubtful or not await _is_stored(declaring.stage, commands[0]):
            raise
        log.info("doubtful_commit_kept", error=error)  # the outbox publishes its messages later
    return outcomes


async def _is_stored(stage: Stage, command: Command) -> bool:
    """Return whether the command is stored, read over a new connection; False if the read fails."""
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
