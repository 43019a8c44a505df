"""Routes: the overview with filter and order, single messages with their documents, and events."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from services.notifier.ebox.api.operations import EnterpriseNumber, MessageId, Operation, in_ebox, unknown
from services.notifier.ebox.store import events, marks, overview
from services.notifier.ebox.store.events import Event
from services.notifier.ebox.store.overview import Filter, Message, Place, Reader, Sort, Summary
from services.notifier.letters.rules.document import document
from services.notifier.letters.rules.letter import Letter
from shared.domain.rights import MessageType
from shared.runtime.api import ProblemError
from shared.runtime.authorization import Call, Called
from shared.runtime.database import Transaction
from shared.runtime.guard import guarded_routes
from shared.runtime.inputs import HIGHEST
from shared.runtime.looks import Look, store_look

Attachment = Literal["letter.html", "event.json"]
_KINDS: Final[Mapping[str, str]] = {"letter.html": "text/html", "event.json": "application/json"}
_TEXT: Final = r"^[^\x00]*$"  #: the database cannot store NUL
#: Headers of a document: the browser runs no scripts in it and sends no request for it.
_SEALED: Final = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox"}


class Overview(BaseModel):
    """The query parameters of an overview: filter, order and page."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, hide_input_in_errors=True)

    sender: list[Annotated[str, Field(pattern=r"^[01]\d{9}$")]] = []
    message_type: list[MessageType] = []
    label: Annotated[str | None, Field(max_length=50, pattern=_TEXT)] = None
    is_read: bool | None = None
    attention_of: UUID | None = None
    q: Annotated[str | None, Field(max_length=200, pattern=_TEXT)] = None
    declaration_id: Annotated[int | None, Field(ge=0, lt=10**12)] = None
    sort: Literal[
        "depositedAt", "-depositedAt", "expiresAt", "-expiresAt", "sender", "-sender", "messageType",
        "-messageType",
    ] = "-depositedAt"  # fmt: skip
    after: Annotated[str | None, Field(max_length=300)] = None
    page_size: Annotated[int, Field(ge=1, le=200)] = 50


routes = guarded_routes()


@routes.get("/eboxes/{enterpriseNumber}/messages", name=Operation.READ)
async def list_messages(
    enterprise_number: EnterpriseNumber, query: Annotated[Overview, Query()], call: Called
) -> dict[str, Any]:
    """Return a page of the messages that the caller may see."""
    async with in_ebox(call, enterprise_number) as (tx, reader):
        return await _overview(tx, reader, query)


@routes.get("/eboxes/{enterpriseNumber}/messages/{messageId}", name=Operation.READ)
async def read_message(
    enterprise_number: EnterpriseNumber, message_id: MessageId, call: Called
) -> dict[str, Any]:
    """Return a message with the names of its documents, and store that the caller read it.

    Raise ProblemError (404) if the caller may not see the message.
    """
    found = await _opened(call, enterprise_number, message_id)
    attachments = [{"name": name, "mediaType": kind} for name, kind in _KINDS.items() if _has(found, name)]
    return {**summary(found), "attachments": attachments}


@routes.get("/eboxes/{enterpriseNumber}/messages/{messageId}/attachments/{name}", name=Operation.READ)
async def read_attachment(
    enterprise_number: EnterpriseNumber, message_id: MessageId, name: Annotated[Attachment, Path()],
    call: Called,
) -> Response:  # fmt: skip
    """Return a document of a message, and store that the caller read the message.

    Raise ProblemError (404) if the caller may not see the message, or the message has no such document.
    """
    found = await _opened(call, enterprise_number, message_id)
    if not _has(found, name):
        raise unknown()
    headers = {"Content-Language": found.language, "Content-Disposition": f'inline; filename="{name}"'}
    return Response(_content(found, name), media_type=_KINDS[name], headers=headers | _SEALED)


@routes.get("/eboxes/{enterpriseNumber}/events", name=Operation.READ)
async def list_events(
    enterprise_number: EnterpriseNumber,
    call: Called,
    last_sequence_number: Annotated[int, Query(alias="lastSequenceNumber", ge=0, le=HIGHEST)] = 0,
    page_size: Annotated[int, Query(alias="pageSize", ge=1, le=200)] = 50,
) -> dict[str, Any]:
    """Return a page of the events of an e-Box, in the order of their sequence numbers.

    The page begins after `lastSequenceNumber`. It has only events of message types that the caller may see.
    """
    async with in_ebox(call, enterprise_number) as (tx, reader):
        found = await events.events(tx, reader, last_sequence_number, page_size)
    return {"items": [_event(event) for event in found]}


async def _overview(tx: Transaction, reader: Reader, query: Overview) -> dict[str, Any]:
    narrowed = Filter(
        senders=tuple(query.sender),
        types=tuple(query.message_type),
        label=query.label,
        read=query.is_read,
        attention_of=None if query.attention_of is None else str(query.attention_of),
        text=query.q,
        declaration_id=query.declaration_id,
    )
    sort = Sort(query.sort.lstrip("-"))
    lines = await overview.page(
        tx, reader, narrowed, sort=sort, descending=query.sort.startswith("-"),
        after=None if query.after is None else place(query.after, query.sort), size=query.page_size,
    )  # fmt: skip
    document: dict[str, Any] = {
        "items": [summary(line) for _, line in lines],
        "total": await overview.total(tx, reader, narrowed),
    }
    if len(lines) == query.page_size:
        document["nextAfter"] = token(lines[-1][0], query.sort)
    return document


async def _opened(call: Call, enterprise_number: str, message_id: UUID) -> Message:
    """Return a message, and store this reading. Raise ProblemError (404) if it is not visible.

    The table `readings` has the first reading of each reader, `platform.looks` has every reading.
    """
    async with in_ebox(call, enterprise_number) as (tx, reader):
        if (message := await overview.get(tx, reader, message_id)) is None:
            raise unknown()
        await marks.mark_read(tx, reader, [message_id])
        look = Look(
            operation="readMessage",
            reader=reader.id,
            client_id=call.caller.client_id,
            organizations=[enterprise_number],
            about=str(message_id),
        )
        await store_look(tx.connection, look)
    return message


def _has(message: Message, name: str) -> bool:
    return (message.letter if name == "letter.html" else message.data) is not None


def _content(message: Message, name: str) -> str:
    if name == "letter.html":
        assert message.letter is not None, "the caller checked `_has`"
        return document(Letter.from_json(message.letter))
    assert message.data is not None, "the caller checked `_has`"
    return message.data


def summary(line: Summary) -> dict[str, Any]:
    """Return one message of an overview as JSON data, without nulls and without its content."""
    document: dict[str, Any] = {
        "id": str(line.id),
        "messageType": line.message_type,
        "sender": {"enterpriseNumber": line.sender},
        "language": line.language,
        "subject": dict(line.subject),
        "depositedAt": line.deposited_at.isoformat(),
        "expiresAt": line.expires_at.isoformat(),
        "isRead": line.read_at is not None,
        "labels": list(line.labels),
        "forTheAttentionOf": list(line.attention),
    }
    return document | ({} if line.declaration_id is None else {"declarationId": line.declaration_id})


def _event(event: Event) -> dict[str, Any]:
    return {
        "sequenceNumber": event.sequence,
        "eventType": event.event_type,
        "messageId": str(event.message_id),
        "messageType": event.message_type,
        "occurredAt": event.occurred_at.isoformat(),
        "receiptDate": event.deposited_at.isoformat(),
        "expirationDate": event.expires_at.isoformat(),
    }


def token(place_: Place, order: str) -> str:
    """Return a place in an overview of this order as an opaque token, for the request for the next page."""
    told = f"{place_.message_id}{order} {place_.value}"
    return base64.urlsafe_b64encode(told.encode()).decode().rstrip("=")


def place(text: str, order: str) -> Place:
    """Return the place in a token. Raise ProblemError (400) for a token of another order or another text."""
    try:
        decoded = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
        given, _, value = decoded[36:].partition(" ")
        if given != order:
            raise ValueError("of another order")
        if Sort(order.lstrip("-")) in (Sort.DEPOSITED, Sort.EXPIRES):
            value = datetime.fromisoformat(value).astimezone(UTC).isoformat()
        if "\x00" in value:
            raise ValueError("NUL cannot be stored")
        return Place(value, UUID(decoded[:36]))
    except (binascii.Error, ValueError, OverflowError):
        detail = "`after` is the `nextAfter` of the page before, in the same order"
        kind = "urn:problem-type:belgif:input-validation:invalidInput"
        issue = {"type": kind, "in": "query", "name": "after", "detail": detail}
        raise ProblemError("badRequest", "The input message is incorrect", issues=[issue]) from None
