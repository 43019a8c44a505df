"""`POST /REST/oauth/v5/token`: access tokens for technical clients, and for persons after a login."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.access.oauth.api.form import answered, form, refused
from services.access.oauth.handler.token import Parameters, Tokens
from services.access.oauth.rules.parameters import needed
from services.access.oauth.rules.refusal import Refusal
from services.access.settings import ENDPOINT, AccessSettings
from shared.runtime import metrics
from shared.runtime.database import Pool


def add(routes: APIRouter, settings: AccessSettings, pool: Pool) -> None:
    """Add the route of the token endpoint."""
    tokens = Tokens(settings, pool)
    grants: Final[Mapping[str, Callable[[Parameters], Awaitable[Mapping[str, Any]]]]] = {
        "client_credentials": tokens.for_client,
        "authorization_code": tokens.for_person,
    }

    @routes.post(ENDPOINT)
    async def token(request: Request) -> Response:
        """Return an access token, or an error of RFC 6749 §5.2."""
        name = "other"
        try:
            parameters = await form(request)
            if needed(parameters, "grant_type") not in grants:
                raise Refusal("unsupported_grant_type", f"grant_type is one of {', '.join(grants)}")
            name = parameters["grant_type"]
            answer = await grants[name](parameters)
            metrics.TOKENS.labels(name, "issued").inc()
            return answered(answer)
        except Refusal as refusal:
            metrics.TOKENS.labels(name, refusal.code).inc()
            basic = request.headers.get("authorization", "").lower().startswith("basic ")
            return refused(refusal, basic=basic)
