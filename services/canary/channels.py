"""The public API of the sandbox, as payroll software of a technical client calls it."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

import aiohttp
from joserfc import jwt

from services.canary.rules import number_in
from services.canary.settings import CanarySettings
from shared.runtime.errors import OurError

_TIMEOUT: Final = aiohttp.ClientTimeout(total=10)
_MOST_BYTES: Final = 256 * 1024
_ENDPOINT: Final = "/REST/oauth/v5/token"
_ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_SCOPES: Final = "scope:dimona:declaration:declarant scope:dimona:declaration:consult"
_ASSERTION_SECONDS: Final = 60
_OK, _CREATED, _NOT_FOUND = 200, 201, 404


class UnexpectedError(OurError):
    """The error for an answer that a client does not expect. Its text has the status only."""


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    location: str
    body: bytes

    def document(self) -> Mapping[str, Any]:
        try:
            document = json.loads(self.body)
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise UnexpectedError(f"answered with {self.status} without a JSON object")
        return document


class Sandbox:
    """The API of the sandbox for one round: its connections are closed at the end of the round.

    All methods raise UnexpectedError for an unexpected answer, and aiohttp.ClientError, OSError or
    TimeoutError without one. A request takes at most ten seconds.
    """

    def __init__(self, settings: CanarySettings, http: aiohttp.ClientSession) -> None:
        self._settings, self._http = settings, http
        self._headers: Mapping[str, str] = {}

    async def log_in(self) -> None:
        """Get a token with an assertion that is signed with the key of the client; later requests have it."""
        url, client = f"{self._settings.public_url}{_ENDPOINT}", self._settings.canary_client_id
        now = int(time.time())
        claims = {
            "iss": client, "sub": client, "aud": url, "jti": str(uuid4()),
            "iat": now, "exp": now + _ASSERTION_SECONDS,
        }  # fmt: skip
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": _ASSERTION,
            "client_assertion": jwt.encode({"alg": "RS256"}, claims, self._settings.private_key()),
            "scope": _SCOPES,
        }
        document = (await self._ask("POST", url, _OK, data=form)).document()
        self._headers = {"Authorization": f"Bearer {document.get('access_token')}"}

    async def reset(self) -> None:
        """Delete the declarations of former rounds. Production refuses this (404): none is declared there."""
        organization = f"{self._settings.public_url}/organizations/{self._settings.canary_employer}"
        await self._ask("POST", f"{organization}/sandbox/resets", _OK)

    async def declare(self, declaration: Mapping[str, Any]) -> int:
        """Declare, and return the Dimona number."""
        url = f"{self._settings.rest_url}/declarations"
        number = number_in((await self._ask("POST", url, _CREATED, json=declaration)).location)
        if number is None:
            raise UnexpectedError("received without a Dimona number")
        return number

    async def result(self, number: int) -> Mapping[str, Any] | None:
        """Return the result of a declaration, final or provisional; None while there is none."""
        url = f"{self._settings.rest_url}/declarations/{number}"
        answer = await self._ask("GET", url, _OK, _NOT_FOUND)
        return None if answer.status == _NOT_FOUND else answer.document()

    async def _ask(self, method: str, url: str, *expected: int, **body: Any) -> _Answer:
        async with self._http.request(
            method, url, headers=self._headers, allow_redirects=False, **body
        ) as response:
            read = bytearray()
            async for chunk in response.content.iter_any():
                read += chunk
                if len(read) > _MOST_BYTES:
                    raise UnexpectedError(f"answered with more than {_MOST_BYTES} bytes")
            if response.status not in expected:
                raise UnexpectedError(f"answered with {response.status}")
            return _Answer(response.status, response.headers.get("Location", ""), bytes(read))


def client(settings: CanarySettings) -> aiohttp.ClientSession:
    """Return the HTTP client of one round, which verifies certificates and keeps no cookies."""
    return aiohttp.ClientSession(
        timeout=_TIMEOUT,
        trust_env=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        connector=aiohttp.TCPConnector(limit=1, ssl=settings.context()),
    )
