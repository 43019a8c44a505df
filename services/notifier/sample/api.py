"""The HTTP route that sends a sample of each event to the webhook of an enterprise, in the sandbox."""

from __future__ import annotations

from typing import Any

from fastapi import Request

from services.notifier.ebox.api.operations import EnterpriseNumber, Operation
from services.notifier.sample.handler import send_samples
from services.notifier.settings import NotifierSettings
from shared.runtime.api import ProblemError
from shared.runtime.authorization import Called
from shared.runtime.guard import guarded_routes

routes = guarded_routes("/organizations/{enterpriseNumber}")


@routes.post("/deliveryChannels/webhook/samples", name=Operation.CHANNELS, status_code=202)
async def samples(enterprise_number: EnterpriseNumber, request: Request, call: Called) -> dict[str, Any]:
    """Schedule one sample of each event for the webhook of an enterprise; return their ids and types.

    Raise ProblemError (404) outside the sandbox, or if the enterprise has no webhook.
    """
    settings: NotifierSettings = request.app.state.settings
    async with call.begin_for(enterprise_number) as work:
        if not settings.vhosts.is_simulation:
            raise ProblemError("resourceNotFound", "This deployment is no sandbox")
        sent = await send_samples(work.tx, enterprise_number, settings.contestation_weekend)
        if not sent:
            raise ProblemError("resourceNotFound", "This enterprise has no webhook")
    return {"items": sent}
