"""HTTP routes for an enterprise to set up its webhook and files, and to see and retry its deliveries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import Depends, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from services.notifier.delivery import store
from services.notifier.delivery.channels.webhook import AddressError, Networks, TrustedNetworks, new_secret
from services.notifier.ebox.api.operations import EnterpriseNumber, Operation
from shared.runtime.api import ProblemError
from shared.runtime.authorization import Called
from shared.runtime.database import Record
from shared.runtime.guard import guarded_routes
from shared.runtime.inputs import HIGHEST
from shared.runtime.sealing import Sealer

MOST: Final = 200

State = Literal["pending", "delivered", "exhausted"]


@dataclass(frozen=True, slots=True)
class Webhooks:
    """The objects that the routes of webhooks need: allowed networks, and the sealer of secrets."""

    trusted: TrustedNetworks
    sealer: Sealer


async def _webhooks(request: Request) -> Webhooks:
    found: Webhooks = request.app.state.webhooks
    return found


WebhooksOf = Annotated[Webhooks, Depends(_webhooks)]


class WebhookRequest(BaseModel):
    """The body of a request that sets the webhook of an enterprise: the URL."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    url: Annotated[str, Field(min_length=1, max_length=2000)]


routes = guarded_routes("/organizations/{enterpriseNumber}")


@routes.get("/deliveryChannels", name=Operation.DELIVERIES)
async def channels(enterprise_number: EnterpriseNumber, call: Called) -> dict[str, Any]:
    """Return the active channels of an enterprise: its webhook and its files, if it has them."""
    async with call.begin_for(enterprise_number) as work:
        rows = await store.active(work.tx.connection, enterprise_number)
    return {"items": [_channel(row) for row in rows]}


@routes.put("/deliveryChannels/file", name=Operation.CHANNELS)
async def put_file(enterprise_number: EnterpriseNumber, call: Called) -> dict[str, str]:
    """Set up the channel that writes the notifications of an enterprise to files; return its id."""
    async with call.begin_for(enterprise_number) as work:
        id_ = await store.subscribe(work.tx, enterprise_number, "file", None, None, call.caller.subject)
    return {"id": str(id_)}


@routes.put("/deliveryChannels/webhook", name=Operation.CHANNELS)
async def put_webhook(
    enterprise_number: EnterpriseNumber, request: WebhookRequest, webhooks: WebhooksOf, call: Called
) -> dict[str, Any]:
    """Set up the webhook of an enterprise, in place of an earlier one; return its id, URL and new secret.

    Raise ProblemError (400) if the URL is not allowed.
    """
    async with call.begin_for(enterprise_number) as work:
        url, secret = _address(webhooks.trusted.of(enterprise_number), request), new_secret()
        sealed = webhooks.sealer.seal(secret, enterprise_number)
        id_ = await store.subscribe(work.tx, enterprise_number, "webhook", url, sealed, call.caller.subject)
    return {"id": str(id_), "url": url, "secret": secret}


@routes.post("/deliveryChannels/webhook/secrets", name=Operation.CHANNELS, status_code=201)
async def add_secret(
    enterprise_number: EnterpriseNumber, webhooks: WebhooksOf, call: Called
) -> dict[str, str]:
    """Add a new secret to the webhook of an enterprise and return it; the two newest secrets sign.

    Raise ProblemError (404) if the enterprise has no webhook.
    """
    secret = new_secret()
    async with call.begin_for(enterprise_number) as work:
        sealed = webhooks.sealer.seal(secret, enterprise_number)
        if not await store.add_secret(work.tx, enterprise_number, sealed):
            raise ProblemError("resourceNotFound", "This enterprise has no webhook")
    return {"secret": secret}


@routes.delete(
    "/deliveryChannels/{channel}", name=Operation.CHANNELS, status_code=204, response_class=Response
)
async def end(enterprise_number: EnterpriseNumber, channel: Literal["webhook", "file"], call: Called) -> None:
    """End a channel of an enterprise. Raise ProblemError (404) if the enterprise has no such channel."""
    async with call.begin_for(enterprise_number) as work:
        if not await store.unsubscribe(work.tx, enterprise_number, channel, call.caller.subject):
            raise ProblemError("resourceNotFound", "This enterprise has no such channel")


@routes.get("/deliveries", name=Operation.DELIVERIES)
async def deliveries(
    enterprise_number: EnterpriseNumber,
    call: Called,
    state: State | None = None,
    after: Annotated[int, Query(ge=0, le=HIGHEST)] = 0,
    page_size: Annotated[int, Query(alias="pageSize", ge=1, le=MOST)] = 50,
) -> dict[str, Any]:
    """Return a page of the deliveries of an enterprise, in one state if `state` is given, the oldest first.

    A full page has `nextAfter`, the number to send as `after` in the request for the next page.
    """
    async with call.begin_for(enterprise_number) as work:
        rows = await store.listed(work.tx.connection, enterprise_number, state, after, page_size)
    page: dict[str, Any] = {"items": [_delivery(row) for row in rows]}
    return page | ({"nextAfter": rows[-1]["seq"]} if len(rows) == page_size else {})


@routes.post("/deliveries/{deliveryId}/retries", name=Operation.CHANNELS, status_code=202)
async def retry(
    enterprise_number: EnterpriseNumber,
    delivery_id: Annotated[UUID, Path(alias="deliveryId")],
    call: Called,
) -> dict[str, str]:
    """Schedule an exhausted delivery again. Raise ProblemError (404) if no exhausted delivery has this id."""
    async with call.begin_for(enterprise_number) as work:
        if not await store.retry(work.tx, enterprise_number, delivery_id):
            raise ProblemError("resourceNotFound", "No exhausted delivery has this id")
    return {"state": "pending"}


def _address(networks: Networks, request: WebhookRequest) -> str:
    """Check the URL of a webhook and return it. Raise ProblemError (400) if it is not allowed."""
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
