"""HTTP routes to put labels on messages, private or for the enterprise, and marks for the attention."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Path, Query, Response

from services.notifier.ebox.api.operations import EnterpriseNumber, MessageId, Operation, in_ebox, unknown
from services.notifier.ebox.store import marks, overview, readers
from services.notifier.ebox.store.overview import Reader
from shared.runtime.api import ProblemError
from shared.runtime.authorization import Call, Called
from shared.runtime.database import Transaction
from shared.runtime.guard import guarded_routes

Label = Annotated[str, Path(min_length=1, max_length=50, pattern=r"^[^\x00-\x1f/]+$")]
UserId = Annotated[UUID, Path(alias="userId")]
ForAll = Annotated[bool, Query(alias="isForAll")]


_LABEL: Final = "/eboxes/{enterpriseNumber}/messages/{messageId}/labels/{label}"
_ATTENTION: Final = "/eboxes/{enterpriseNumber}/messages/{messageId}/attention/{userId}"

routes = guarded_routes()


@routes.get("/eboxes/{enterpriseNumber}/labels", name=Operation.READ)
async def labels(enterprise_number: EnterpriseNumber, call: Called) -> dict[str, Any]:
    """Return the labels in an e-Box that the caller sees, each with the number of its visible messages."""
    async with in_ebox(call, enterprise_number) as (tx, reader):
        counts = await marks.labels(tx, reader)
    return {"items": [{"label": name, "messages": count} for name, count in counts.items()]}


@routes.put(_LABEL, name=Operation.MARK, status_code=204, response_class=Response)
async def put_label(
    enterprise_number: EnterpriseNumber, message_id: MessageId, label: Label, call: Called,
    for_all: ForAll = False,
) -> None:  # fmt: skip
    """Put a label on a message: private, or with `for_all` for the whole enterprise.

    Raise ProblemError: 404 if the caller may not see the message, 403 without the right.
    """
    async with _marking(call, enterprise_number, message_id, for_all=for_all) as (tx, reader):
        await marks.label(tx, reader, [message_id], label, for_all=for_all)


@routes.delete(_LABEL, name=Operation.MARK, status_code=204, response_class=Response)
async def take_label(
    enterprise_number: EnterpriseNumber, message_id: MessageId, label: Label, call: Called,
    for_all: ForAll = False,
) -> None:  # fmt: skip
    """Remove a label from a message: the private label, or with `for_all` that of the whole enterprise.

    Raise ProblemError: 404 if the caller may not see the message, 403 without the right.
    """
    async with _marking(call, enterprise_number, message_id, for_all=for_all) as (tx, reader):
        await marks.unlabel(tx, reader, [message_id], label, for_all=for_all)


@routes.put(_ATTENTION, name=Operation.MARK, status_code=204, response_class=Response)
async def call_attention(
    enterprise_number: EnterpriseNumber, message_id: MessageId, user_id: UserId, call: Called
) -> None:
    """Mark a message for the attention of a person.

    Raise ProblemError: 404 if the caller may not see the message, 409 if that person may not see it.
    """
    async with in_ebox(call, enterprise_number) as (tx, reader):
        message = await overview.get(tx, reader, message_id)
        if message is None:
            raise unknown()
        if message.message_type not in await readers.types_of(tx, user_id, enterprise_number):
            raise ProblemError("conflict", "That person may not see messages of this type")
        await marks.call_attention(tx, reader, [message_id], str(user_id))


@routes.delete(_ATTENTION, name=Operation.MARK, status_code=204, response_class=Response)
async def end_attention(
    enterprise_number: EnterpriseNumber, message_id: MessageId, user_id: UserId, call: Called
) -> None:
    """Remove the mark for the attention of a person from a message.

    Raise ProblemError (404) if the caller may not see the message.
    """
    async with _marking(call, enterprise_number, message_id) as (tx, _):
        await marks.end_attention(tx, [message_id], str(user_id))


@asynccontextmanager
async def _marking(
    call: Call, enterprise_number: str, message_id: UUID, *, for_all: bool = False
) -> AsyncIterator[tuple[Transaction, Reader]]:
    """Open the transaction in which the caller marks a message; yield it with the caller as a reader.

    With `for_all` the caller needs the right to manage the e-Box. Raise ProblemError: 403 without the right,
    404 if the caller may not see the message.
    """
    wanted = call.as_operation(Operation.MANAGE) if for_all else call
    async with in_ebox(wanted, enterprise_number) as (tx, reader):
        if not await overview.visible(tx, reader, [message_id]):
            raise unknown()
        yield tx, reader
