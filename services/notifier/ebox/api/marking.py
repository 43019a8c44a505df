"""Routes: private labels, labels of the enterprise, and the attention of a person."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response

from services.notifier.ebox import store
from services.notifier.ebox.api.operations import EnterpriseNumber, MessageId, Operation, in_ebox, unknown
from services.notifier.ebox.store import Reader
from shared.runtime.api import ProblemError
from shared.runtime.authorization import Authorization
from shared.runtime.database import Transaction
from shared.runtime.tokens import Caller

Label = Annotated[str, Path(min_length=1, max_length=50, pattern=r"^[^\x00-\x1f/]+$")]
UserId = Annotated[UUID, Path(alias="userId")]
ForAll = Annotated[bool, Query(alias="isForAll")]


def add(routes: APIRouter, authorization: Authorization, marker: Any) -> None:
    """Add the routes for labels and attention."""
    _labels(routes, authorization, marker)
    _attention(routes, authorization, marker)


def _labels(routes: APIRouter, authorization: Authorization, marker: Any) -> None:
    @routes.get("/eboxes/{enterpriseNumber}/labels")
    async def labels(enterprise_number: EnterpriseNumber, caller: Caller = marker) -> dict[str, Any]:
        async def act(tx: Transaction, reader: Reader) -> dict[str, int]:
            return await store.labels(tx, reader)

        counts = await in_ebox(authorization, caller, enterprise_number, Operation.READ, act)
        return {"items": [{"label": name, "messages": count} for name, count in counts.items()]}

    path = "/eboxes/{enterpriseNumber}/messages/{messageId}/labels/{label}"

    @routes.put(path, status_code=204, response_class=Response)
    async def put_label(
        enterprise_number: EnterpriseNumber, message_id: MessageId, label: Label,
        for_all: ForAll = False, caller: Caller = marker,
    ) -> None:  # fmt: skip
        async def act(tx: Transaction, reader: Reader) -> bool:
            if visible := await store.visible(tx, reader, [message_id]):
                await store.label(tx, reader, visible, label, for_all=for_all)
            return bool(visible)

        await _mark(authorization, caller, enterprise_number, for_all, act)

    @routes.delete(path, status_code=204, response_class=Response)
    async def take_label(
        enterprise_number: EnterpriseNumber, message_id: MessageId, label: Label,
        for_all: ForAll = False, caller: Caller = marker,
    ) -> None:  # fmt: skip
        async def act(tx: Transaction, reader: Reader) -> bool:
            if visible := await store.visible(tx, reader, [message_id]):
                await store.unlabel(tx, reader, visible, label, for_all=for_all)
            return bool(visible)

        await _mark(authorization, caller, enterprise_number, for_all, act)


def _attention(routes: APIRouter, authorization: Authorization, marker: Any) -> None:
    path = "/eboxes/{enterpriseNumber}/messages/{messageId}/attention/{userId}"

    @routes.put(path, status_code=204, response_class=Response)
    async def call(
        enterprise_number: EnterpriseNumber, message_id: MessageId, user_id: UserId, caller: Caller = marker
    ) -> None:
        async def act(tx: Transaction, reader: Reader) -> bool:
            message = await store.get(tx, reader, message_id)
            if message is None:
                return False
            if message.message_type not in await store.types_of(tx, user_id, enterprise_number):
                raise ProblemError("conflict", "That person may not see messages of this type")
            await store.call_attention(tx, reader, [message_id], str(user_id))
            return True

        await _mark(authorization, caller, enterprise_number, False, act)

    @routes.delete(path, status_code=204, response_class=Response)
    async def end(
        enterprise_number: EnterpriseNumber, message_id: MessageId, user_id: UserId, caller: Caller = marker
    ) -> None:
        async def act(tx: Transaction, reader: Reader) -> bool:
            if visible := await store.visible(tx, reader, [message_id]):
                await store.end_attention(tx, visible, str(user_id))
            return bool(visible)

        await _mark(authorization, caller, enterprise_number, False, act)


async def _mark(
    authorization: Authorization, caller: Caller, enterprise_number: str, for_all: bool, act: Any
) -> None:
    """Run `act`. A label for the whole enterprise needs the right to manage the e-Box."""
    operation = Operation.MANAGE if for_all else Operation.MARK
    if not await in_ebox(authorization, caller, enterprise_number, operation, act):
        raise unknown()
