"""`/REST/oauth/v5/logout` ends a login (RP-Initiated Logout), `/REST/oauth/v5/revoke` a token (RFC 7009)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.access.oauth.api.form import form, refused
from services.access.oauth.api.pages import page
from services.access.oauth.handler.ending import end_login
from services.access.oauth.handler.token import Tokens
from services.access.oauth.rules.parameters import needed, once
from services.access.oauth.rules.refusal import Refusal
from services.access.oauth.rules.texts import language
from services.access.oauth.store import logins
from services.access.settings import AccessSettings
from shared.runtime.database import Pool

LOGOUT: Final = "/REST/oauth/v5/logout"
REVOKE: Final = "/REST/oauth/v5/revoke"


def add(routes: APIRouter, settings: AccessSettings, pool: Pool) -> None:
    """Add the routes for logout and for the revocation of tokens."""
    _add_logout(routes, settings, pool)
    tokens = Tokens(settings, pool)

    @routes.post(REVOKE)
    async def revoke(request: Request) -> Response:
        """Revoke an access token of the client that calls.

        The answer is 200 also for an unknown token, and for another client's token, which stays valid.
        """
        try:
            parameters = await form(request)
            await tokens.revoke(parameters, needed(parameters, "token"))
        except Refusal as refusal:
            return refused(refusal, basic=False)
        return Response(status_code=200, headers={"Cache-Control": "no-store"})


def _add_logout(routes: APIRouter, settings: AccessSettings, pool: Pool) -> None:
    prefix = "__Host-" if urlsplit(settings.token_issuer).scheme == "https" else ""
    cookie = f"{prefix}dimona_session"

    @routes.get(LOGOUT)
    async def logout(request: Request) -> Response:
        """End the login of this browser and its tokens.

        Redirect to the requested address if the client has registered it, otherwise show a page.
        """
        try:
            parameters = once(request.query_params.multi_items())
        except Refusal:
            parameters = {}
        await end_login(pool, request.cookies.get(cookie, ""), datetime.now(UTC))
        target = parameters.get("post_logout_redirect_uri", "")
        registered = await logins.redirect_uris(pool, parameters.get("client_id", "").replace("\x00", ""))
        if target in registered:
            state = {"state": parameters["state"]} if "state" in parameters else {}
            joint = "&" if urlsplit(target).query else "?"
            address = f"{target}{joint}{urlencode(state)}" if state else target
            answer: Response = RedirectResponse(address, 303, {"Cache-Control": "no-store"})
        else:
            spoken = request.headers.get("accept-language", "")
            answer = page("ended", language(parameters.get("ui_locales", ""), spoken))
        answer.delete_cookie(cookie, path="/", secure=bool(prefix), httponly=True, samesite="lax")
        return answer
