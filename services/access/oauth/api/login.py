"""`/REST/oauth/v5/authorize`: a person logs in, and the client gets a code (OpenID Connect)."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.access.oauth.api.form import form
from services.access.oauth.api.pages import Failure, Step, page
from services.access.oauth.handler.factors import Factors, Source
from services.access.oauth.rules import authorization as rules
from services.access.oauth.rules.authorization import LoginRequest, Need, Session
from services.access.oauth.rules.parameters import once
from services.access.oauth.rules.refusal import Refusal
from services.access.oauth.rules.texts import language
from services.access.oauth.store import clients, logins
from services.access.settings import AUTHENTICATORS, AccessSettings
from shared.runtime.database import Pool

PATH: Final = "/REST/oauth/v5/authorize"
_STEPS: Final[Mapping[Need, Step]] = {Need.PASSWORD: "password", Need.SECOND_FACTOR: "second_factor"}


@dataclass(frozen=True, slots=True)
class _Visit:
    """A request of the login page with a registered client and address, and the cookies of the browser."""

    parameters: Mapping[str, str]
    redirect_uri: str
    language: str
    cookie: str  #: key of the session of the browser, or empty
    source: Source
    form_key: str  #: random text in our form and in a cookie of this browser
    now: datetime

    @property
    def client_id(self) -> str:
        return self.parameters["client_id"]


_Act = Callable[[Request, _Visit, LoginRequest], Awaitable[Response]]


def add(routes: APIRouter, settings: AccessSettings, pool: Pool) -> None:
    """Add the routes of the login page."""
    flow = _Login(settings, pool)

    @routes.get(PATH)
    async def begin(request: Request) -> Response:
        """Show the login page, or redirect to the client with a code if the browser's session suffices."""
        return await flow.answer(request, flow.begin)

    @routes.post(PATH)
    async def proceed(request: Request) -> Response:
        """Handle the POST of the login page: check a password or a second factor."""
        return await flow.answer(request, flow.proceed)


class _Login:
    def __init__(self, settings: AccessSettings, pool: Pool) -> None:
        self._pool, self._issuer = pool, settings.token_issuer
        self._factors = Factors(pool, settings.sealer(AUTHENTICATORS), settings.key_for("typed names"))
        origin = urlsplit(settings.token_issuer)
        self._origin, self._secure = f"{origin.scheme}://{origin.netloc}", origin.scheme == "https"
        prefix = "__Host-" if self._secure else ""
        self._session_cookie, self._form_cookie = f"{prefix}dimona_session", f"{prefix}dimona_form"
        self._device_cookie = f"{prefix}dimona_device"
        self._source_key = settings.key_for("login source")

    async def answer(self, request: Request, act: _Act) -> Response:
        """Handle a request with `act`, and redirect to the client with the error of a Refusal.

        If client and redirect address are not registered together, show a page to the person instead.
        """
        try:
            visit = await self._visit(request)
        except Refusal:
            return page("refused", _language(request, {}))
        try:
            granted = await clients.scopes(self._pool, visit.client_id, "authorization_code")
            return await act(request, visit, rules.read_request(visit.parameters, granted))
        except Refusal as refusal:
            return self._back(visit, error=refusal.code, error_description=refusal.description)

    async def begin(self, _request: Request, visit: _Visit, login: LoginRequest) -> Response:
        """Show the form of the missing proof, or redirect to the client with a code if no proof is missing.

        Raises Refusal if a proof is missing and the client allows no page (`prompt=none`).
        """
        session = await logins.session(self._pool, visit.cookie, visit.now) if visit.cookie else None
        need = rules.need(login, session, visit.now)
        if session is not None and need is Need.NOTHING:
            return await self._done(visit, login, session)
        if login.silent:
            raise Refusal("login_required", "the person would have to log in")
        return await self._page(visit, need, session)

    async def proceed(self, request: Request, visit: _Visit, login: LoginRequest) -> Response:
        """Check the password or second factor in a form, then show the next form or redirect with a code."""
        fields = await form(request)
        if not self._ours(request, fields):
            return self._form(visit, "password", "stale")
        session = await logins.session(self._pool, visit.cookie, visit.now) if visit.cookie else None
        second = "code" in fields
        # A second factor raises only a session that suffices but for its level.
        if second and rules.need(login, session, visit.now, entering=True) is Need.PASSWORD:
            return self._form(visit, "password", "stale")
        proved = await (
            self._second(visit, session, fields) if second and session else self._first(visit, fields)
        )
        if proved is None:
            return self._form(visit, "second_factor" if second else "password", "wrong")
        key = await logins.open_session(self._pool, proved, visit.now, visit.cookie)
        need = rules.need(login, proved, visit.now, entering=True)
        done = await (
            self._done(visit, login, proved) if need is Need.NOTHING else self._page(visit, need, proved)
        )
        self._set(done, self._session_cookie, key, int(logins.SESSION_LIFE.total_seconds()))
        if not await logins.is_device(self._pool, visit.source.device, visit.now, proved.user_id):
            device = await logins.remember_device(self._pool, proved.user_id, visit.now)
            self._set(done, self._device_cookie, device, int(logins.DEVICE_LIFE.total_seconds()))
        return done

    async def _first(self, visit: _Visit, fields: Mapping[str, str]) -> Session | None:
        user_name, password = fields.get("user_name", ""), fields.get("password", "")
        user_id = await self._factors.password(user_name, password, visit.source, visit.now)
        return None if user_id is None else Session(user_id, rules.PASSWORD, visit.now, str(uuid4()))

    async def _second(self, visit: _Visit, session: Session, fields: Mapping[str, str]) -> Session | None:
        if not await self._factors.totp(session.user_id, fields["code"], visit.source, visit.now):
            return None
        return replace(session, level=rules.SECOND_FACTOR)

    async def _visit(self, request: Request) -> _Visit:
        parameters = once(request.query_params.multi_items())
        registered = await logins.redirect_uris(self._pool, _printable(parameters.get("client_id", "")))
        return _Visit(
            parameters,
            rules.redirect_uri(parameters, registered),
            _language(request, parameters),
            request.cookies.get(self._session_cookie, ""),
            self._source(request),
            request.cookies.get(self._form_cookie) or secrets.token_urlsafe(32),
            datetime.now(UTC),
        )

    def _source(self, request: Request) -> Source:
        host = request.client.host if request.client is not None else ""
        return Source.of(self._source_key, host, request.cookies.get(self._device_cookie, ""))

    def _ours(self, request: Request, fields: Mapping[str, str]) -> bool:
        """Return whether this browser got the form from this server."""
        given, kept = fields.get("form", ""), request.cookies.get(self._form_cookie, "")
        matches = bool(kept) and hmac.compare_digest(
            given.encode(errors="replace"), kept.encode(errors="replace")
        )
        return matches and request.headers.get("origin", self._origin) == self._origin

    async def _page(self, visit: _Visit, need: Need, session: Session | None) -> Response:
        second = session is not None and need is Need.SECOND_FACTOR
        if session is not None and second and not await logins.has(self._pool, session.user_id, "totp"):
            raise Refusal("unmet_authentication_requirements", "the person has no second factor")
        return self._form(visit, _STEPS[need])

    def _form(self, visit: _Visit, step: Step, failure: Failure | None = None) -> Response:
        shown = page(
            step, visit.language, path=PATH, parameters=visit.parameters, form=visit.form_key, failure=failure
        )
        self._set(shown, self._form_cookie, visit.form_key, None)
        return shown

    async def _done(self, visit: _Visit, login: LoginRequest, session: Session) -> Response:
        code = await logins.new_code(
            self._pool, visit.client_id, visit.redirect_uri, login, session, visit.now
        )
        return self._back(visit, code=code)

    def _back(self, visit: _Visit, **answer: str) -> Response:
        """Redirect to the client with its `state` and with the issuer (`iss`, RFC 9207)."""
        state = {"state": visit.parameters["state"]} if "state" in visit.parameters else {}
        joint = "&" if urlsplit(visit.redirect_uri).query else "?"
        address = f"{visit.redirect_uri}{joint}{urlencode({**answer, **state, 'iss': self._issuer})}"
        return RedirectResponse(address, 303, {"Cache-Control": "no-store"})

    def _set(self, response: Response, name: str, value: str, seconds: int | None) -> None:
        response.set_cookie(
            name, value, max_age=seconds, path="/", secure=self._secure, httponly=True, samesite="lax"
        )


def _language(request: Request, parameters: Mapping[str, str]) -> str:
    return language(parameters.get("ui_locales", ""), request.headers.get("accept-language", ""))


def _printable(client_id: str) -> str:
    """Return the client id, or an empty text if a character is not printable ASCII."""
    return client_id if client_id.isascii() and client_id.isprintable() else ""
