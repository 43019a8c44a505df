"""Calls of the APIs of other services, with the token of the person."""

from __future__ import annotations

import json
import ssl
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp
from yarl import URL

from shared.runtime.errors import OurError
from shared.runtime.logs import log

_SECONDS: Final = aiohttp.ClientTimeout(total=8, connect=2)
#: Of a file of any length: the time until its next part.
_FILE_SECONDS: Final = aiohttp.ClientTimeout(total=None, sock_connect=2, sock_read=30)
_CHUNK_BYTES: Final = 64 * 1024
_OK: Final = 200
_TOO_MANY: Final = 429
_LONGEST_WAIT: Final = 3600  #: most seconds of a wait
_DIGITS: Final = 6  #: most digits of a number of seconds
_CONNECTIONS: Final = 32  #: to one service, which accepts 64 from one source
MOST_BYTES: Final = 4 * 1024 * 1024


class AwayError(OurError):
    """The error for a service that does not answer, or answers something unreadable."""


class BusyError(AwayError):
    """The error for a service that refuses a request because there were too many.

    `seconds` is the time after which to try again.
    """

    def __init__(self, reason: str, seconds: int = 1) -> None:
        super().__init__(reason)
        self.seconds = seconds


class RefusedError(OurError):
    """The error for a request that a service refused.

    Attributes:
        status: Status of the answer.
        problem: Body of the answer.
        acr: The levels of login (`acr_values`) that the operation asks for; empty if it asks for none.
    """

    def __init__(self, status: int, problem: Mapping[str, Any], challenge: str = "") -> None:
        super().__init__(f"refused with {status}")
        self.status, self.problem = status, problem
        asks = 'error="insufficient_user_authentication"' in challenge
        self.acr = challenge.partition('acr_values="')[2].partition('"')[0] if asks else ""


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer of an API: its status, its headers in lower case, and its body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body as JSON. Raise AwayError if it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            raise AwayError("a service answered without JSON") from None


@dataclass(frozen=True, slots=True)
class Content:
    """A file of any length that a service sends: its media type, and its parts."""

    media_type: str
    chunks: AsyncGenerator[bytes]


def client(context: ssl.SSLContext | None = None) -> aiohttp.ClientSession:
    """Return the HTTP client for all services, with their TLS; it keeps no cookies."""
    return aiohttp.ClientSession(
        timeout=_SECONDS,
        cookie_jar=aiohttp.DummyCookieJar(),
        connector=aiohttp.TCPConnector(limit_per_host=_CONNECTIONS, ssl=True if context is None else context),
    )


async def ask(
    http: aiohttp.ClientSession, method: str, url: str, headers: Mapping[str, str], **body: Any
) -> Reply:
    """Send a request and return the answer.

    Raise AwayError if there is none, or for a status from 500, and BusyError for 429.
    """
    try:
        # The address is encoded already; a second encoding would change it.
        async with http.request(
            method, URL(url, encoded=True), headers=headers, allow_redirects=False, **body
        ) as response:
            raw = await response.content.read(MOST_BYTES)
            while len(raw) < MOST_BYTES and (more := await response.content.read(MOST_BYTES - len(raw))):
                raw += more
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        log.warning("api_away", error=error)
        raise AwayError("a service does not answer") from None
    _require_answer(response.status, response.headers)
    return Reply(response.status, {name.lower(): text for name, text in response.headers.items()}, raw)


def _require_answer(status: int, headers: Mapping[str, str]) -> None:
    if status == _TOO_MANY:
        raise BusyError("a service answered 429", _seconds(headers.get("Retry-After", "")))
    if status >= 500:
        raise AwayError(f"a service answered {status}")


def _seconds(text: str) -> int:
    """Return the seconds in a header Retry-After, from one to an hour; one for any other text."""
    seconds = int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else 0
    return min(max(seconds, 1), _LONGEST_WAIT)


@dataclass(frozen=True, slots=True)
class Apis:
    """The APIs of the other services, for one person."""

    http: aiohttp.ClientSession
    urls: Mapping[str, str] = field(repr=False)
    token: str = field(default="", repr=False)

    async def get(self, service: str, path: str) -> Any:
        """Return the JSON document at a path of a service. Raise RefusedError or AwayError."""
        return (await self.send("GET", service, path)).json()

    async def send(
        self, method: str, service: str, path: str, body: Any = None, more: Mapping[str, str] | None = None
    ) -> Reply:
        """Send a request with a JSON body, or without body, and return the answer.

        `more` are further headers.

        Raises:
            RefusedError: The service refused the request.
            AwayError: The service does not answer, or (BusyError) had too many requests.
        """
        headers = {**(more or {}), **({"Authorization": f"Bearer {self.token}"} if self.token else {})}
        content = {} if body is None else {"json": body}
        reply = await ask(self.http, method, f"{self.urls[service]}{path}", headers, **content)
        if reply.status >= 400:
            raise RefusedError(reply.status, _problem(reply), reply.headers.get("www-authenticate", ""))
        return reply

    async def open(self, service: str, path: str) -> Content:
        """Return a file that is read part by part. Raise RefusedError or AwayError."""
        headers = {"Authorization": f"Bearer {self.token}"}
        url = URL(f"{self.urls[service]}{path}", encoded=True)
        try:
            response = await self.http.get(url, headers=headers, allow_redirects=False, timeout=_FILE_SECONDS)
            problem = b"" if response.status == _OK else await response.content.read(MOST_BYTES)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            log.warning("api_away", error=error)
            raise AwayError("a service does not answer") from None
        if response.status != _OK:
            response.release()
            _require_answer(response.status, response.headers)
            raise RefusedError(response.status, _problem(Reply(response.status, {}, problem)))
        return Content(response.headers["content-type"], _parts(response))


async def _parts(response: aiohttp.ClientResponse) -> AsyncGenerator[bytes]:
    """Yield the parts of a file. The connection is closed when the reader stops before its end."""
    async with response:
        async for part in response.content.iter_chunked(_CHUNK_BYTES):
            yield part


def _problem(reply: Reply) -> Mapping[str, Any]:
    try:
        found = json.loads(reply.body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
