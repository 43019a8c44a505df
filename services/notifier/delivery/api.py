"""Where an enterprise's notifications go besides its e-Box and queue, and what became of each delivery."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from services.notifier.delivery import store
from services.notifier.delivery.channels.webhook import AddressError, Networks, new_secret
from shared.domain.identifiers import parse_enterprise_number
from shared.runtime.api import Bearer, ProblemError
from shared.runtime.database import Record, Transaction
from shared.runtime.stage import Stage
from shared.runtime.tokens import Caller

SCOPE: Final = "scope:dimona:ebox"
MOST: Final = 200

EnterpriseNumber = Annotated[str, Path(alias="enterpriseNumber", pattern=r"^[01]\d{9}$")]
State = Literal["pending", "delivered", "exhausted"]


class WebhookRequest(BaseModel):
    """Where the webhook is."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    url: Annotated[str, Field(min_length=1, max_length=2000)]


def router(stage: Stage, bearer: Bearer, networks: Networks) -> APIRouter:
    """The operations on webhook, file and deliveries of an enterprise."""
    routes = APIRouter(prefix="/organizations/{enterpriseNumber}")
    anybody = Depends(bearer.needs(SCOPE))

    async def manager(enterprise_number: EnterpriseNumber, caller: Caller = anybody) -> Caller:
        """Whoever may say where the notifications of this enterprise go; others learn nothing of it."""
        async with stage.pool.acquire() as connection:
            if parse_enterprise_number(enterprise_number) and await store.may_manage(
                connection, caller.subject, caller.is_person, enterprise_number
            ):
                return caller
        raise ProblemError("missingPermission", "You may not manage the e-Box of this enterprise")

    by = Depends(manager)
    _on_channels(routes, stage, by)
    _on_webhooks(routes, stage, by, networks)
    _on_deliveries(routes, stage, by)
    return routes


def _on_channels(routes: APIRouter, stage: Stage, by: Any) -> None:
    @routes.get("/deliveryChannels")
    async def channels(enterprise_number: EnterpriseNumber, _: Caller = by) -> dict[str, Any]:
        async with stage.pool.acquire() as connection:
            return {"items": [_channel(row) for row in await store.active(connection, enterprise_number)]}

    @routes.put("/deliveryChannels/file")
    async def put_file(enterprise_number: EnterpriseNumber, caller: Caller = by) -> dict[str, str]:
        async def act(tx: Transaction) -> tuple[UUID, tuple[()]]:
            return await store.subscribe(tx, enterprise_number, "file", None, None, caller.subject), ()

        return {"id": str(await stage.perform(act))}

    @routes.delete("/deliveryChannels/{channel}", status_code=204, response_class=Response)
    async def end(
        enterprise_number: EnterpriseNumber, channel: Literal["webhook", "file"], caller: Caller = by
    ) -> None:
        async def act(tx: Transaction) -> tuple[bool, tuple[()]]:
            return await store.unsubscribe(tx, enterprise_number, channel, caller.subject), ()

        if not await stage.perform(act):
            raise ProblemError("resourceNotFound", "There is no such channel")


def _on_webhooks(routes: APIRouter, stage: Stage, by: Any, networks: Networks) -> None:
    @routes.put("/deliveryChannels/webhook")
    async def put_webhook(
        enterprise_number: EnterpriseNumber, request: WebhookRequest, caller: Caller = by
    ) -> dict[str, Any]:
        try:
            url = str(networks.checked(request.url))
        except AddressError as error:
            raise ProblemError(
                "badRequest", "The input message is incorrect", issues=[_wrong_url(error)]
            ) from None
        secret = new_secret()

        async def act(tx: Transaction) -> tuple[UUID, tuple[()]]:
            made = await store.subscribe(tx, enterprise_number, "webhook", url, secret, caller.subject)
            return made, ()

        return {"id": str(await stage.perform(act)), "url": url, "secret": secret}

    @routes.post("/deliveryChannels/webhook/secrets", status_code=201)
    async def add_secret(enterprise_number: EnterpriseNumber, _: Caller = by) -> dict[str, str]:
        secret = new_secret()

        async def act(tx: Transaction) -> tuple[bool, tuple[()]]:
            return await store.add_secret(tx, enterprise_number, secret), ()

        if not await stage.perform(act):
            raise ProblemError("resourceNotFound", "There is no webhook")
        return {"secret": secret}


def _on_deliveries(routes: APIRouter, stage: Stage, by: Any) -> None:
    @routes.get("/deliveries")
    async def deliveries(
        enterprise_number: EnterpriseNumber,
        state: State | None = None,
        after: Annotated[int, Query(ge=0)] = 0,
        page_size: Annotated[int, Query(alias="pageSize", ge=1, le=MOST)] = 50,
        _: Caller = by,
    ) -> dict[str, Any]:
        async with stage.pool.acquire() as connection:
            rows = await store.listed(connection, enterprise_number, state, after, page_size)
        page: dict[str, Any] = {"items": [_delivery(row) for row in rows]}
        return page | ({"nextAfter": rows[-1]["seq"]} if len(rows) == page_size else {})

    @routes.post("/deliveries/{deliveryId}/retries", status_code=202)
    async def again(
        enterprise_number: EnterpriseNumber,
        delivery_id: Annotated[UUID, Path(alias="deliveryId")],
        _: Caller = by,
    ) -> dict[str, str]:
        async def act(tx: Transaction) -> tuple[bool, tuple[()]]:
            return await store.again(tx, enterprise_number, delivery_id), ()

        if not await stage.perform(act):
            raise ProblemError("resourceNotFound", "Nothing that was given up has this id")
        return {"state": "pending"}


def _wrong_url(error: AddressError) -> dict[str, str]:
    kind = "urn:problem-type:belgif:input-validation:invalidInput"
    return {"type": kind, "in": "body", "name": "url", "detail": str(error)}


def _channel(row: Record) -> dict[str, Any]:
    found = {
        "id": str(row["subscription_id"]),
        "channel": row["channel"],
        "since": row["created_at"].isoformat(),
    }
    return found | (
        {"url": row["url"], "secrets": len(row["secrets"])} if row["channel"] == "webhook" else {}
    )


def _delivery(row: Record) -> dict[str, Any]:
    found = {
        "id": str(row["event_id"]),
        "channel": row["channel"],
        "declarationId": row["declaration_id"],
        "state": row["state"],
        "attempts": row["attempts"],
        "firstDue": row["first_due"].isoformat(),
        "changedAt": row["changed_at"].isoformat(),
    }
    if row["state"] == "pending":
        found["nextAttempt"] = row["due_at"].isoformat()
    return found | ({"reason": row["reason"]} if row["reason"] else {})
