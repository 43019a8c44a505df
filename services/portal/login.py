"""The pages of the login: its begin, the return from the issuer, logout, and a form that has waited."""

from __future__ import annotations

import hmac
from dataclasses import replace
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from services.portal.apis import Apis, RefusedError
from services.portal.cookies import BROWSER, LOGIN
from services.portal.declaration.labels import LABELS
from services.portal.gate import CONFIRM, Browser, Gate
from services.portal.issuer import Login, opened
from services.portal.pages import access, agents, first_page_of, worker
from services.portal.pages.declare import heading_of
from services.portal.rendering import speak
from services.portal.session.rules import Session, organizations_of
from services.portal.session.store import new_id
from services.portal.visit import LostError, View
from shared.runtime import metrics
from shared.words import later

_REFUSALS: Final = {"unmet_authentication_requirements": "no_factor"}
#: Labels of the fields that a page shows before a form that has waited is sent.
_LABELS: Final = {
    **agents.LABELS,
    **worker.FIELDS,
    **LABELS,
    "label": later("New label"),
    "reason": later("Reason: what is wrong in the notified data"),
}


async def begin(gate: Gate, request: Request) -> Response:
    """Send the browser to the issuer, then to the first page."""
    browser = await gate.browser(request, gate.cookies.get(request, BROWSER))
    return await gate.to_login(request, browser, "/")


async def callback(gate: Gate, request: Request) -> Response:
    """Redeem the code that the issuer sent, and begin or continue a session."""
    login = opened(gate.cookies.get(request, LOGIN), gate.sealer)
    said = request.query_params
    if login is None or not hmac.compare_digest(said.get("state", "").encode(), login.state.encode()):
        return _failed(gate, request, "no_login", outcome="unasked")
    if said.get("iss", gate.settings.token_issuer) != gate.settings.token_issuer:
        return _failed(gate, request, "no_login")
    if login.silent and said.get("error") == "login_required":
        browser = await gate.browser(request, gate.cookies.get(request, BROWSER))
        return await gate.to_login(request, browser, login.page, login.acr)
    redeemed = await gate.issuer.token(said["code"], login) if "code" in said else None
    if redeemed is None:
        return _failed(gate, request, _REFUSALS.get(said.get("error", ""), "no_login"))
    return await _begin_session(gate, request, login, *redeemed)


async def _begin_session(gate: Gate, request: Request, login: Login, token: str, expires: float) -> Response:
    """Store the session of a login. Continue a living session of this person, with its choices and its begin.

    A login gets a new id (session fixation). A login without a page keeps the id, because the tokens in the
    forms of other windows depend on it.
    """
    try:
        person = await Apis(gate.http, gate.settings.portal_apis, token).get("access", "/users/self")
    except RefusedError:
        return _failed(gate, request, "no_login")
    session = _session(token, expires, person)
    former_id = gate.cookies.get(request, BROWSER)
    former = await gate.sessions.use(former_id) if former_id else None
    id_ = new_id()
    if former is not None and former.user_id == session.user_id:
        id_ = former_id if login.silent else id_
        session = _continued(session, former)
        await gate.sessions.move(former_id, id_, session)
    else:
        await gate.sessions.end(former_id)
        await gate.sessions.add(id_, session)
    metrics.PORTAL_LOGINS.labels("done").inc()
    response = gate.redirect(first_page_of(session) if login.page == "/" else login.page)
    if login.page == CONFIRM and session.waiting is None:  # the form was in a session that has ended
        response = gate.message(request, "unsent", Browser(id_, session, gate.language(request)))
    gate.cookies.set(response, BROWSER, id_)
    gate.cookies.drop(response, LOGIN)
    return response


def _session(token: str, expires: float, person: dict[str, Any]) -> Session:
    organizations = organizations_of(person)
    only = organizations[0].number if len(organizations) == 1 else ""
    name = f"{person['givenName']} {person['familyName']}"
    language = person["language"]
    return Session(token, expires, person["id"], name, organizations, only, only, language=language)


def _continued(session: Session, former: Session) -> Session:
    """Return a session with the choices and the waiting form of a former one of this person."""
    kept = replace(session, organization=former.organization, employer=former.employer)
    return replace(kept if kept.acting_for else session, waiting=former.waiting)


def _failed(gate: Gate, request: Request, message: str, *, outcome: str = "") -> Response:
    metrics.PORTAL_LOGINS.labels(outcome or message).inc()
    response = gate.message(request, message)
    gate.cookies.drop(response, LOGIN)
    return response


async def confirm(gate: Gate, request: Request) -> Response:
    """Show the form that waits, with its values, to be sent or dropped by a click."""
    browser = await gate.browser(request, gate.cookies.get(request, BROWSER))
    if browser.session is None or (waiting := browser.session.waiting) is None:
        raise LostError("no form waits")
    is_access = waiting.path.startswith("/access")
    labels, words = access.LABELS if is_access else _LABELS, speak(browser.language)
    shown = [
        (labels[name], (access.value_of if is_access else agents.shown)(words, name, value))
        for name, value in waiting.fields
        if name in labels and value
    ]
    heading = (access.heading_of(waiting.path), "") if is_access else heading_of(waiting.path)
    values = {"waiting": waiting, "heading": heading, "shown": shown}
    return gate.html(request, browser, View("confirm.html", values))


async def drop(gate: Gate, request: Request) -> Response:
    """Drop the form that waits, and show the first page."""
    await gate.form(request)
    browser = await gate.browser(request, gate.cookies.get(request, BROWSER))
    if browser.session is not None:
        await gate.sessions.change(browser.cookie, replace(browser.session, waiting=None))
    return gate.redirect("/")


async def logout(gate: Gate, request: Request) -> Response:
    """End the session here, and the login at the issuer."""
    await gate.form(request)
    cookie = gate.cookies.get(request, BROWSER)
    await gate.sessions.end(cookie)
    url = await gate.issuer.logout_url(gate.language(request))
    response = gate.leave(url)
    gate.cookies.drop(response, BROWSER)
    return response
