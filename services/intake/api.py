"""`/REST/dimona/v2/declarations`: declare, and read what became of it, as Dimona REST v2 has it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Request, Response
from starlette.applications import Starlette
from starlette.exceptions import HTTPException

from services.intake import store
from services.intake.channels import rest
from services.intake.channels.queue import Command
from services.intake.channels.trouble import Trouble
from services.intake.settings import IntakeSettings
from shared.runtime import metrics
from shared.runtime.api import Bearer, ProblemError, away, face
from shared.runtime.database import COMMAND_TIMEOUT, Transaction, connect
from shared.runtime.errors import Fault, classify
from shared.runtime.logs import log
from shared.runtime.request_queue import RequestQueue
from shared.runtime.stage import Stage
from shared.runtime.step import Effect
from shared.runtime.tokens import Caller, Verifier
from shared.topology import MAX_MESSAGE_BYTES

BASE: Final = "/REST/dimona/v2"
PATH: Final = f"{BASE}/declarations"
DECLARE: Final = "scope:dimona:declaration:declarant"
CONSULT: Final = "scope:dimona:declaration:consult"
#: After these the database may have done what it did not get to say.
_DOUBTFUL: Final = frozenset({Fault.AMBIGUOUS, Fault.OUTAGE})
_NUMBER: Final = re.compile(r"[1-9]\d{11}", re.ASCII)

#: What receives a command: its Dimona number, or why it is not received.
Receive = Callable[[Transaction, Command], Awaitable[tuple[int | Trouble, Sequence[Effect]]]]


def app(settings: IntakeSettings, receive: Receive, stage: Stage) -> Starlette:
    """The REST face of declarations."""
    api, bearer, routes = face(MAX_MESSAGE_BYTES), Bearer(Verifier.of(settings)), APIRouter()
    queue = RequestQueue()
    _on_declaring(routes, settings, receive, stage, queue, Depends(bearer.needs(DECLARE)))
    _on_reading(routes, stage, queue, Depends(bearer.needs(CONSULT)))
    api.include_router(routes)
    return api


def _on_declaring(
    routes: APIRouter,
    settings: IntakeSettings,
    receive: Receive,
    stage: Stage,
    queue: RequestQueue,
    declarant: Any,
) -> None:
    @routes.post(PATH, status_code=201)
    async def create(request: Request, caller: Caller = declarant) -> Response:
        base = settings.rest_url.rstrip("/") or f"{str(request.base_url).rstrip('/')}{BASE}"
        command = rest.read(_client(caller), await _body(request))
        if command.problem is not None:
            raise ProblemError.of(command.problem)
        if not stage.has_room:
            raise away()
        async with queue.slot(command.client_id):
            told = await _received(stage, receive, command)
        if isinstance(told, Trouble):
            raise ProblemError.of(told.problem)
        return Response(status_code=201, headers={"Location": f"{base}/declarations/{told}"})


def _on_reading(routes: APIRouter, stage: Stage, queue: RequestQueue, reader: Any) -> None:
    @routes.get(f"{PATH}/{{declarationId}}")
    async def read(
        declaration_id: Annotated[str, Path(alias="declarationId")], caller: Caller = reader
    ) -> Response:
        async def act(tx: Transaction) -> tuple[str | None, tuple[()]]:
            return await store.read(tx, int(declaration_id), client_id), ()

        client_id = _client(caller)
        answer = None
        if _NUMBER.fullmatch(declaration_id):
            async with queue.slot(client_id):
                answer = await stage.perform(act)
        if answer is None:
            raise ProblemError(
                "resourceNotFound", "No declaration of yours has this number, or nothing is known of it yet"
            )
        return Response(answer, media_type="application/json")


async def _received(stage: Stage, receive: Receive, command: Command) -> int | Trouble:
    """What receiving a command comes to; also where the commit failed in our hands and took place there."""
    told: int | Trouble | None = None

    async def act(tx: Transaction) -> tuple[int | Trouble, Sequence[Effect]]:
        nonlocal told
        told, effects = await receive(tx, command)
        return told, effects

    try:
        return await stage.perform(act)
    except Exception as error:
        if told is None or classify(error) not in _DOUBTFUL or not await _is_kept(stage, command):
            raise
        log.info("doubtful_commit_kept", error=error)
        return told  # what follows from it lies in the outbox, and comes due


async def _is_kept(stage: Stage, command: Command) -> bool:
    """Whether a command is there, as a new connection sees it; False as well when nobody can say."""
    try:
        async with asyncio.timeout(COMMAND_TIMEOUT):
            connection = await connect(stage.dsn)
            try:
                return await store.is_kept(connection, command.key)
            finally:
                connection.terminate()
    except Exception as error:
        log.warning("doubtful_commit", error=error)
        return False


async def _body(request: Request) -> bytes:
    """The body of a request; one that is too large is counted like a message that is."""
    try:
        return await request.body()
    except HTTPException:
        metrics.UNREADABLE.labels("tooLarge").inc()
        raise


def _client(caller: Caller) -> str:
    """The technical client that calls. Raises ProblemError where it is a person."""
    if caller.is_person:
        raise ProblemError("missingPermission", "This operation is for technical clients")
    return caller.subject
