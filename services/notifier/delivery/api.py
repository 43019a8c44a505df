"""Routes: the webhook and file of an enterprise, and the state of each delivery."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from services.notifier.delivery import store
from services.notifier.delivery.channels.webhook import AddressError, Networks, TrustedNetworks, new_secret
from services.notifier.ebox.api.operations import EnterpriseNumber, Operation, in_ebox
from services.notifier.ebox.store import Reader
from shared.runtime.api import ProblemError
from shared.runtime.authorization import Authorization
from shared.runtime.database import Record, Transaction
from shared.runtime.inputs import HIGHEST
from shared.runtime.sealing import Sealer
from shared.runtime.tokens import Caller

MOST: Final = 200

State = Literal["pending", "delivered", "exhausted"]


class WebhookRequest(BaseModel):
    """The address of the webhook."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    url: Annotated[str, Field(min_length=1, max_length=2000)]


def router(authorization: Authorization, trusted: TrustedNetworks, sealer: Sealer) -> APIRouter:
    """Return the operations on webhook, file and deliveries of an enterprise."""
    routes = APIRouter(prefix="/organizations/{enterpriseNumber}")
    reader, manager = authorization.caller(Operation.DELIVERIES), authorization.caller(Operation.CHANNELS)
    _on_channels(routes, authorization, reader, manager)
    _on_webhooks(routes, authorization, manager, trusted, sealer)
    _on_deliveries(routes, authorization, reader, manager)
    return routes


def _on_channels(routes: APIRouter, authorization: Authorization, reader: Any, manager: Any) -> None:
    @routes.get("/deliveryChannels")
    async def channels(enterprise_number: EnterpriseNumber, caller: Caller = reader) -> dict[str, Any]:
        async def act(tx: Transaction, _: Reader) -> list[Record]:
            return await store.active(tx.connection, enterprise_number)

        rows = await in_ebox(authorization, caller, enterprise_number, Operation.DELIVERIES, act)
        return {"items": [_channel(row) for row in rows]}

    @routes.put("/deliveryChannels/file")
    async def put_file(enterprise_number: EnterpriseNumber, caller: Caller = manager) -> dict[str, str]:
        async def act(tx: Transaction, _: Reader) -> UUID:
            return await store.subscribe(tx, enterprise_number, "file", None, None, caller.subject)

        return {"id": str(await in_ebox(authorization, caller, enterprise_number, Operation.CHANNELS, act))}

    @routes.delete("/deliveryChannels/{channel}", status_code=204, response_class=Response)
    async def end(
        enterprise_number: EnterpriseNumber, channel: Literal["webhook", "file"], caller: Caller = manager
    ) -> None:
        async def act(tx: Transaction, _: Reader) -> bool:
            return await store.unsubscribe(tx, enterprise_number, channel, caller.subject)

        if not await in_ebox(authorization, caller, enterprise_number, Operation.CHANNELS, act):
            raise ProblemError("resourceNotFound", "This enterprise has no such channel")


def _on_webhooks(
    routes: APIRouter,
    authorization: Authorization,
    manager: Any,
    trusted: TrustedNetworks,
    sealer: Sealer,
) -> None:
    @routes.put("/deliveryChannels/webhook")
    async def put_webhook(
        enterprise_number: EnterpriseNumber, request: WebhookRequest, caller: Caller = manager
    ) -> dict[str, Any]:
        async def act(tx: Transaction, _: Reader) -> dict[str, Any]:
            url, secret = _address(trusted.of(enterprise_number), request), new_secret()
            sealed = sealer.seal(secret, enterprise_number)
            made = await store.subscribe(tx, enterprise_number, "webhook", url, sealed, caller.subject)
            return {"id": str(made), "url": url, "secret": secret}

        return await in_ebox(authorization, caller, enterprise_number, Operation.CHANNELS, act)

    @routes.post("/deliveryChannels/webhook/secrets", status_code=201)
    async def add_secret(enterprise_number: EnterpriseNumber, caller: Caller = manager) -> dict[str, str]:
        secret = new_secret()

        async def act(tx: Transaction, _: Reader) -> bool:
            return await store.add_secret(tx, enterprise_number, sealer.seal(secret, enterprise_number))

        if not await in_ebox(authorization, caller, enterprise_number, Operation.CHANNELS, act):
            raise ProblemError("resourceNotFound", "This enterprise has no webhook")
        return {"secret": secret}


def _on_deliveries(routes: APIRouter, authorization: Authorization, reader: Any, manager: Any) -> None:
    @routes.get("/deliveries")
    async def deliveries(
        enterprise_number: EnterpriseNumber,
        state: State | None = None,
        after: Annotated[int, Query(ge=0, le=HIGHEST)] = 0,
        page_size: Annotated[int, Query(alias="pageSize", ge=1, le=MOST)] = 50,
        caller: Caller = reader,
    ) -> dict[str, Any]:
        async def act(tx: Transaction, _: Reader) -> list[Record]:
            return await store.listed(tx.connection, enterprise_number, state, after, page_size)

        rows = await in_ebox(authorization, caller, enterprise_number, Operation.DELIVERIES, act)
        page: dict[str, Any] = {"items": [_delivery(row) for row in rows]}
        return page | ({"nextAfter": rows[-1]["seq"]} if len(rows) == page_size else {})

    @routes.post("/deliveries/{deliveryId}/retries", status_code=202)
    async def retry(
        enterprise_number: EnterpriseNumber,
        delivery_id: Annotated[UUID, Path(alias="deliveryId")],
        caller: Caller = manager,
    ) -> dict[str, str]:
        async def act(tx: Transaction, _: Reader) -> bool:
            return await store.retry(tx, enterprise_number, delivery_id)

        if not await in_ebox(authorization, caller, enterprise_number, Operation.CHANNELS, act):
            raise ProblemError("resourceNotFound", "No exhausted delivery has this id")
        return {"state": "pending"}


def _address(networks: Networks, request: WebhookRequest) -> str:
    """Return the checked address. Raise ProblemError if a webhook must not have it."""
    try:
        return str(networks.checked(request.url))
    except AddressError as error:
        raise ProblemError(
            "badRequest", "The input message is incorrect", issues=[_wrong_url(error)]
        ) from None


def _wrong_url(error: AddressError) -> dict[str, str]:
    kind = "urn:problem-type:belgif:input-validation:invalidInput"
    return {"type": kind, "in": "body", "name": "url", "detail": str(error)}


def _channel(row: Record) -> dict[str, Any]:
    document = {
        "id": str(row["subscription_id"]),
        "channel": row["channel"],
        "since": row["created_at"].isoformat(),
    }
    return document | (
        {"url": row["url"], "secrets": len(row["secrets"])} if row["channel"] == "webhook" else {}
    )


def _delivery(row: Record) -> dict[str, Any]:
    document = {
        "id": str(row["event_id"]),
        "channel": row["channel"],
        "state": row["state"],
        "attempts": row["attempts"],
        "firstDue": row["first_due"].isoformat(),
        "changedAt": row["changed_at"].isoformat(),
    }
    if row["declaration_id"] is not None:
        document["declarationId"] = row["declaration_id"]
    if row["state"] == "pending":
        document["nextAttempt"] = row["due_at"].isoformat()
    return document | ({"reason": row["reason"]} if row["reason"] else {})
