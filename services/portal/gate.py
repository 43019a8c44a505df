"""The gate of all pages: form, session, rights refused by APIs, headers and metrics (ADR 33)."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from math import ceil
from typing import Any, Final

import aiohttp
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from services.portal import files
from services.portal.apis import Apis, AwayError, BusyError, RefusedError
from services.portal.cookies import BROWSER, LANGUAGE, LOGIN, Cookies
from services.portal.forms import (
    FormError,
    LargeError,
    Upload,
    fields_and_file_of,
    fields_of,
    require_own,
    token_of,
)
from services.portal.headers import DOCUMENT, headers
from services.portal.issuer import LEVEL, Issuer, new_login, sealed
from services.portal.messages import MESSAGES
from services.portal.pages import menu_of
from services.portal.passing import Passed
from services.portal.probes import Probes
from services.portal.rendering import language_of, render, speak
from services.portal.session.rules import SOON, Session, Waiting
from services.portal.session.store import Sessions, new_id
from services.portal.settings import FORMS, SESSIONS, SHEETS, PortalSettings
from services.portal.spreadsheet.checking import Checking
from services.portal.spreadsheet.desk import Desk
from services.portal.spreadsheet.store import Sheets
from services.portal.spreadsheet.uploads import Uploads
from services.portal.visit import Answer, Document, Download, LostError, Need, Next, Page, View, Visit
from shared.runtime.database import Pool
from shared.runtime.logs import log
from shared.runtime.rate import TokenBuckets, source_of
from shared.runtime.scope import note_authenticated
from shared.words import LANGUAGES

#: Requests of one network address per second, and at once; a first page with its files is four.
_RATE: Final = 20.0
_BURST: Final = 300
CONFIRM: Final = "/confirm"
#: Key of an ASGI scope: the pattern of the path of a known page.
PATTERN: Final = "dimona.page"
#: Messages for refusals of APIs, by status.
_OF_STATUS: Final = {403: "refused", 404: "lost"}


@dataclass(frozen=True, slots=True)
class Browser:
    """The browser of a request: the value of its cookie, its session and its language."""

    cookie: str
    session: Session | None
    language: str
    is_new: bool = False  #: whether the cookie has to be set


class Gate:
    """The objects that all pages share, and the way from a request to its answer."""

    def __init__(self, settings: PortalSettings, pool: Pool, http: aiohttp.ClientSession) -> None:
        self.settings, self.http = settings, http
        self.issuer, self.cookies = Issuer(settings, http), Cookies(settings.is_secure)
        self.sealer = settings.sealer(SESSIONS)
        self.sessions = Sessions(pool, self.sealer)
        self.sheets = Sheets(pool, settings.sealer(SHEETS), self.sealer)
        self._checking, self._uploads = Checking(), Uploads()
        self._probes = Probes(http, settings.portal_health)
        self._forms_key = settings.key_for(FORMS)
        self._headers = headers(settings.token_issuer, secure=settings.is_secure)
        self._rate = TokenBuckets(_RATE, _BURST)

    async def answer(self, request: Request, act: Callable[[Request], Awaitable[Response]]) -> Response:
        """Answer a request with `act`, and with a page of its own for each error. Add the headers."""
        host = request.client.host if request.client is not None else ""
        try:
            if seconds := self._rate.take(source_of(host)):
                response = self._away(request, BusyError("too many requests", ceil(seconds)))
            else:
                response = await act(request)
        except FormError:
            response = self.message(request, "form")
        except LargeError:
            response = self.message(request, "large")
        except LostError:
            response = self.message(request, "lost")
        except AwayError as error:
            response = self._away(request, error)
        except Exception as error:
            log.warning("page_failed", route=_pattern(request), error=error)
            response = self.message(request, "failed")
        for name, value in self._headers.items():
            response.headers.setdefault(name, value)
        return response

    async def page(self, page: Page, request: Request) -> Response:
        """Answer a request for a page of the table."""
        cookie = self.cookies.get(request, BROWSER)
        if page.takes_file:
            return await self._page_with_file(page, request, cookie)
        fields = await self.form(request) if page.method == "POST" else {}
        return await self._page(page, request, await self.browser(request, cookie), fields)

    async def _page_with_file(self, page: Page, request: Request, cookie: str) -> Response:
        """Answer a form with a file. Raise FormError, LargeError or BusyError.

        The body is read only for a living session that has what the page needs, and one at a time for each
        person. So strangers cannot fill the memory, and no person can take all places.
        """
        browser = await self.browser(request, cookie)
        if browser.session is None:
            raise FormError("no session for a file")
        if page.need is Need.EMPLOYER and not browser.session.employer:
            return self.message(request, "unsent", browser)
        with self._uploads.place(browser.session.user_id):
            fields, upload = await fields_and_file_of(request)
            require_own(request, fields, self._forms_key, cookie, self.settings.portal_url)
            now = await self.browser(request, cookie)  # a slow body can outlive the login
            return await self._page(page, request, now, fields, upload)

    async def _page(
        self,
        page: Page,
        request: Request,
        browser: Browser,
        fields: dict[str, str],
        upload: Upload | None = None,
    ) -> Response:
        """Answer a request whose form was read, with its page or a redirect to the login or a choice."""
        session = browser.session
        if page.need is not Need.NOTHING:
            if session is None and page.method == "POST":
                return self.message(request, "unsent", browser)
            if session is None:
                return await self.to_login(request, browser, request.url.path)
            is_form = page.method == "POST"
            if not page.takes_file and not session.has_token(time.time(), 0.0 if is_form else SOON):
                return await self._renew(request, browser, page, fields, silent=True)
            if page.need is Need.EMPLOYER and not session.employer:
                return self.message(request, "unsent", browser) if is_form else self.redirect("/enterprise")
        apis = Apis(self.http, self.settings.portal_apis, session.token if session else "")
        desk = Desk(browser.cookie, self.sheets, self._checking, upload)
        source = request.client.host if request.client is not None else ""
        visit = Visit(
            speak(browser.language), apis, session, request.path_params, fields,
            self.settings.contestation_weekend, desk=desk, probes=self._probes, source=source,
        )  # fmt: skip
        try:
            found = await page.handler(visit)
        except RefusedError as error:
            return await self._refused(request, browser, page, fields, error)
        except LostError:
            return self.message(request, "lost", browser)
        except AwayError as error:
            return self._away(request, error, browser)
        return await self._shown(request, browser, found)

    async def form(self, request: Request) -> dict[str, str]:
        """Return the fields of a form of this browser. Raise FormError before anything else is done."""
        fields = await fields_of(request)
        cookie = self.cookies.get(request, BROWSER)
        require_own(request, fields, self._forms_key, cookie, self.settings.portal_url)
        return fields

    async def browser(self, request: Request, cookie: str) -> Browser:
        """Return the browser of a request. A browser without cookie gets one, for its forms."""
        session = await self.sessions.use(cookie) if cookie else None
        if session is not None:
            note_authenticated(request.scope, session.user_id)
        own = session.language if session is not None else ""
        return Browser(cookie or new_id(), session, self.language(request, own), is_new=not cookie)

    def language(self, request: Request, own: str = "") -> str:
        """Return the language of the answer: of the link, the choice before, the browser, or the person."""
        wish = f"{request.query_params.get('language', '')} {self.cookies.get(request, LANGUAGE)}"
        return language_of(wish, request.headers.get("accept-language", ""), own)

    async def to_login(
        self, request: Request, browser: Browser, path: str, acr: str = LEVEL, *, silent: bool = False
    ) -> Response:
        """Send the browser to the issuer, and afterwards to a page of the portal.

        Without a living session the issuer asks for the password, even if a login there has not ended.
        Otherwise a session that ended by time would continue for any person at this browser.
        """
        login = new_login(path, acr, silent=silent, anew=browser.session is None)
        url = await self.issuer.login_url(login, browser.language)
        response = self.leave(url, htmx="hx-request" in request.headers)
        self.cookies.set(response, LOGIN, sealed(login, self.sealer))
        return response

    async def _renew(
        self,
        request: Request,
        browser: Browser,
        page: Page,
        fields: Mapping[str, str],
        acr: str = LEVEL,
        *,
        silent: bool = False,
    ) -> Response:
        """Send the browser to the issuer for a new token.

        A form waits in the session. If it may not wait, a page says after the login that nothing was sent.
        """
        assert browser.session is not None
        path = request.url.path
        if page.method == "POST":
            waiting = Waiting(path, tuple(fields.items())) if page.may_wait else None
            await self.sessions.change(browser.cookie, replace(browser.session, waiting=waiting))
            path = CONFIRM
        return await self.to_login(request, browser, path, acr, silent=silent)

    def redirect(self, path: str) -> Response:
        """Return the answer that leads to another page of the portal."""
        return RedirectResponse(f"{self.settings.portal_url}{path}", 303)

    def leave(self, url: str, *, htmx: bool = False) -> Response:
        """Return a redirect to another site; for htmx as a header, because a script cannot follow it."""
        if htmx:
            return Response(status_code=204, headers={"HX-Redirect": url})
        return RedirectResponse(url, 303)

    def message(self, request: Request, name: str, browser: Browser | None = None) -> Response:
        """Return a page with a message. Without `browser` do not look for the session."""
        message = MESSAGES[name]
        values = {"heading": message.heading, "text": message.text, "links": message.links}
        view = View("message.html", values, message.status)
        stranger = Browser(self.cookies.get(request, BROWSER), None, self.language(request))
        return self.html(request, browser or stranger, view)

    def _away(self, request: Request, error: AwayError, browser: Browser | None = None) -> Response:
        """Return the page for a service that does not answer, or for too many requests (with Retry-After)."""
        if not isinstance(error, BusyError):
            return self.message(request, "away", browser)
        response = self.message(request, "busy", browser)
        response.headers["Retry-After"] = str(error.seconds)
        return response

    def html(self, request: Request, browser: Browser, view: View) -> Response:
        """Return a rendered page, with the cookies of a new browser and of a chosen language."""
        session = view.session or browser.session
        here = request.url.path if PATTERN in request.scope else "/"
        # A page that a form leads to cannot be loaded by a link.
        translated = here if request.method == "GET" else "/"
        values: Mapping[str, Any] = {
            "session": session,
            "menu": menu_of(session),
            "here": here,
            "translated": translated,
            "documentation": self.settings.portal_documentation,
            "form_token": token_of(self._forms_key, browser.cookie),
            "static": files.address,
            **view.values,
        }
        content = render(view.template, speak(browser.language), values)
        response = HTMLResponse(content, view.status, {"Content-Language": browser.language})
        if browser.is_new:
            self.cookies.set(response, BROWSER, browser.cookie)
        if request.query_params.get("language") in LANGUAGES:
            self.cookies.set(response, LANGUAGE, browser.language)
        return response

    async def _shown(self, request: Request, browser: Browser, found: Answer) -> Response:
        if isinstance(found, Document):
            headers_ = {"Content-Security-Policy": DOCUMENT}
            if found.name:
                headers_["Content-Disposition"] = f'attachment; filename="{found.name}"'
            return Response(found.content, 200, headers_, found.media_type)
        if isinstance(found, Download):
            return Passed(found)
        session = found.session or browser.session
        if session is not None and session.waits(request.url.path) and request.method == "POST":
            session = replace(session, waiting=None)
        if session is not None and session is not browser.session:
            await self.sessions.change(browser.cookie, session)
        if isinstance(found, Next):
            return self.redirect(found.path)
        return self.html(request, browser, found)

    async def _refused(
        self, request: Request, browser: Browser, page: Page, fields: dict[str, str], error: RefusedError
    ) -> Response:
        """Answer a request that an API refused: with a stronger login, a new login, or a message."""
        if browser.session is not None and error.acr:
            return await self._renew(request, browser, page, fields, error.acr)
        if browser.session is not None and error.status == 401:  # the login has ended at the issuer
            await self.sessions.end(browser.cookie)
            if page.method == "POST":
                return self.message(request, "unsent")
            return self.redirect("/")
        name = _OF_STATUS.get(error.status, "rejected")
        if name == "rejected":
            log.warning("api_rejected", route=_pattern(request), status=error.status)
        return self.message(request, name, browser)


def _pattern(request: Request) -> str:
    pattern: str = request.scope.get(PATTERN, "unknown")
    return pattern
