"""Upload a file over HTTP, read its state, and read its answers."""

from __future__ import annotations

import asyncio
import hashlib
import re
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import JSONResponse

from services.files.handling.handler.writing import content_of
from services.files.handling.rules import Backlog, ticket_of
from services.files.handling.store import files, states
from services.files.handling.store.backlogs import load_backlog
from services.files.handling.store.files import NewFile, Registered
from services.files.handling.store.states import FileState
from services.files.transfer.channels.folders import Folders, Limit
from services.files.transfer.rules import Content, FileName, Kind, parse_name
from services.files.transfer.store import load_expeditor_of
from shared.problems import issue
from shared.runtime import file_metrics
from shared.runtime.api import Bearer, ProblemError
from shared.runtime.authorization import require_valid
from shared.runtime.database import Transaction
from shared.runtime.looks import Look, store_look
from shared.runtime.stage import Stage
from shared.runtime.tokens import Caller

PATH: Final = "/files"
DECLARE: Final = "scope:dimona:declaration:declarant"
CONSULT: Final = "scope:dimona:declaration:consult"
MOST_BYTES: Final = 2 * 1024 * 1024
_RETRY_SECONDS: Final = 60
HTTP: Final = "http"
_XML: Final = "application/xml"
_NAME: Final = re.compile(r"[0-9A-Z.]{1,64}", re.ASCII)


def add_routes(routes: APIRouter, folders: Folders, most: Backlog, stage: Stage, bearer: Bearer) -> None:
    """Add the operations on files. `most` is the limit of the backlog of an expeditor."""
    sender: Any = Depends(bearer.needs(DECLARE))
    reader: Any = Depends(bearer.needs(CONSULT))

    @routes.post(PATH, status_code=201)
    async def upload(
        request: Request, file_name: Annotated[str, Query(alias="fileName")] = "", caller: Caller = sender
    ) -> Response:
        client_id, body = client_of(caller), await request.body()
        async with stage.work() as (tx, _):
            await require_valid(tx, caller)
            expeditor = await load_expeditor_of(tx.connection, client_id)
            if expeditor is None:
                raise ProblemError("missingPermission", "This client is no expeditor")
            name = _right_name(file_name, folders)
            _require_scope(name, caller)
            if expeditor != name.sending.expeditor:
                raise ProblemError("missingPermission", "This client is not the expeditor in the name")
            if not body:
                raise ProblemError("badRequest", "The file is empty")
            await require_room(tx, expeditor, most, is_full=expeditor in folders.full[Limit.OUT])
            ticket = ticket_of(await files.take_ticket(tx))
            await asyncio.to_thread(folders.keep, ticket, body)
            digest = hashlib.sha256(body).digest()
            environment = name.sending.environment
            file = NewFile(name.sending.expeditor, name.text, digest, len(body), environment, HTTP)
            registered = await files.register(tx, ticket, file)
        assert registered is not None, "the expeditor was found"
        if registered.ticket == ticket:
            folders.promote(ticket)
        else:
            folders.forget(ticket)
            await _replace_lost(folders, registered, body)
        file_metrics.FILES.labels("received" if registered.ticket == ticket else "repeated").inc()
        headers = {"Location": f"{PATH}/{registered.ticket}"}
        status = 201 if registered.ticket == ticket else 200
        return JSONResponse({"ticket": registered.ticket}, status, headers)

    @routes.get(f"{PATH}/{{ticket}}")
    async def read(ticket: Annotated[str, Path()], caller: Caller = reader) -> dict[str, Any]:
        _require_ticket(ticket)
        async with stage.work() as (tx, _):
            await require_valid(tx, caller)
            state = await states.load_state(tx.connection, ticket, client_of(caller))
        if state is None:
            raise _nothing()
        return _document(state)

    @routes.get(f"{PATH}/{{ticket}}/answers/{{fileName}}")
    async def read_answer(
        ticket: Annotated[str, Path()],
        file_name: Annotated[str, Path(alias="fileName")],
        caller: Caller = reader,
    ) -> Response:
        _require_ticket(ticket, file_name)
        async with stage.work() as (tx, _):
            await require_valid(tx, caller)
            client_id = client_of(caller)
            answer = await states.load_answer(tx.connection, ticket, file_name, client_id)
            content = None if answer is None else b"".join(await content_of(tx.connection, answer))
            look = Look(operation="getFileAnswer", reader=client_id, about=f"{ticket}/{file_name}")
            await store_look(tx.connection, look)
        if content is None:
            raise _nothing()
        return Response(content, media_type=_XML)


async def _replace_lost(folders: Folders, repeated: Registered, body: bytes) -> None:
    """Put the content of a repeated file into work, if that of the earlier one was lost before its end."""
    if repeated.expects_content and not folders.is_spooled(repeated.ticket):
        await asyncio.to_thread(folders.keep, repeated.ticket, body)
        folders.promote(repeated.ticket)


def client_of(caller: Caller) -> str:
    """Return the id of the technical client that calls. Raise ProblemError (403) for a person."""
    if caller.is_person:
        raise ProblemError("missingPermission", "This operation is for technical clients")
    return caller.subject


def _right_name(text: str, folders: Folders) -> FileName:
    """Return the name of an uploaded file. Raise ProblemError (400) if it is not that of an FI file."""
    name = parse_name(text)
    if name is None or name.kind is not Kind.FORMS or name.sending.environment not in folders.environments:
        detail = (
            "Give the name of an FI file of this environment, such as FI.DIMN.123456.20260213.00001.R.1.1"
        )
        raise ProblemError(
            "badRequest",
            "The input message is incorrect",
            issues=[issue("invalid_input", (), "query", detail) | {"name": "fileName"}],
        )
    return name


def _require_scope(name: FileName, caller: Caller) -> None:
    """Raise ProblemError (403) for a query with a token that may not consult."""
    if name.sending.content is Content.QUERY and CONSULT not in caller.scopes:
        detail = "The token lacks the scope that a query needs"
        raise ProblemError("missingScope", detail, requiredScopes=[CONSULT])


def _require_ticket(*texts: str) -> None:
    """Raise ProblemError (404) for texts that can be no ticket and no name of an answer."""
    if not all(_NAME.fullmatch(text) for text in texts):
        raise _nothing()


async def require_room(tx: Transaction, expeditor: str, most: Backlog, *, is_full: bool) -> None:
    """Raise ProblemError (429) for an expeditor with a full backlog, or with folders full of answers.

    Args:
        tx: The transaction.
        expeditor: The expeditor.
        most: The limit of its backlog.
        is_full: Whether its answers reach their limit.
    """
    if is_full or (await load_backlog(tx, expeditor)).reaches(most):
        file_metrics.FILES.labels("limited").inc()
        raise ProblemError(
            "tooManyRequests",
            "Too many answers of this expeditor are in OUT. Delete them there, and retry."
            if is_full
            else "Too many files of this expeditor wait. Retry after the number of seconds in Retry-After.",
            headers={"Retry-After": str(_RETRY_SECONDS)},
            retryAfterSec=_RETRY_SECONDS,
        )


def _nothing() -> ProblemError:
    return ProblemError("resourceNotFound", "No file of yours has this ticket, or it has no such answer")


def _document(state: FileState) -> dict[str, Any]:
    """Return the state of a file as JSON, without nulls."""
    line, column, at = state.error_line, state.error_column, state.acknowledged_at
    optional: dict[str, Any] = {
        "errorPlace": None if line is None else {"line": line, "column": column},
        "acknowledgedAt": None if at is None else at.isoformat(),
    }
    return {
        "ticket": state.ticket,
        "fileName": state.name,
        "state": state.state,
        "receivedAt": state.received_at.isoformat(),
        "errors": list(state.errors),
        "forms": state.forms,
        "answeredForms": state.answered,
        "finalForms": state.final,
        "answers": list(state.answers),
        **{name: value for name, value in optional.items() if value is not None},
    }
