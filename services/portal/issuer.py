"""The portal as a client of the issuer of tokens: authorization code with PKCE, and logout."""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final
from urllib.parse import urlencode

import aiohttp

from services.portal.apis import AwayError, ask
from services.portal.settings import PortalSettings
from shared.runtime.sealing import SealBrokenError, Sealer

SCOPES: Final = (
    "openid",
    "scope:dimona:declaration:declarant",
    "scope:dimona:declaration:consult",
    *(f"scope:dimona:{name}" for name in ("access", "mandates", "ebox", "contact", "agent", "person")),
)
#: Every page with data asks at least for this level, so the first login asks for it at once.
LEVEL: Final = "urn:be:fedict:iam:fas:Level300"
LOGIN_SECONDS: Final = 600
_OWNER: Final = "login"
_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True, slots=True)
class Login:
    """A login under way; it is in a sealed cookie, so that strangers store nothing here."""

    state: str
    verifier: str  #: of PKCE
    page: str  #: path of the portal to show afterwards
    begun: float  #: seconds since 1970
    acr: str = LEVEL
    silent: bool = False  #: whether the issuer may show no page
    anew: bool = False  #: whether the person has to give the password again


def new_login(page: str, acr: str = LEVEL, *, silent: bool = False, anew: bool = False) -> Login:
    """Return a login that leads to a page of the portal."""
    return Login(secrets.token_urlsafe(32), secrets.token_urlsafe(48), page, time.time(), acr, silent, anew)


def sealed(login: Login, sealer: Sealer) -> str:
    """Return a login as the value of a cookie."""
    return sealer.seal(json.dumps(asdict(login)), _OWNER)


def opened(cookie: str, sealer: Sealer) -> Login | None:
    """Return the login in a cookie; None if it is no login, or began more than ten minutes ago."""
    if not cookie.startswith("v1."):
        return None
    try:
        login = Login(**json.loads(sealer.open(cookie, _OWNER)))
    except (SealBrokenError, ValueError, TypeError):
        return None
    return login if time.time() - login.begun < LOGIN_SECONDS else None


class Issuer:
    """The issuer of tokens. Its addresses are read from the discovery document at first use."""

    def __init__(self, settings: PortalSettings, http: aiohttp.ClientSession) -> None:
        self._settings, self._http = settings, http
        self._found: Mapping[str, Any] = {}

    async def login_url(self, login: Login, language: str) -> str:
        """Return the address to which a login sends the browser."""
        challenge = urlsafe_b64encode(hashlib.sha256(login.verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code",
            "client_id": self._settings.portal_client_id,
            "redirect_uri": self._settings.callback,
            "scope": " ".join(SCOPES),
            "state": login.state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            "acr_values": login.acr,
            "ui_locales": language,
        }
        if login.silent:
            asked["prompt"] = "none"
        elif login.anew:
            asked["prompt"] = "login"
        return f"{await self._address('authorization_endpoint')}?{urlencode(asked)}"

    async def logout_url(self, language: str) -> str:
        """Return the address that ends the login at the issuer, and leads back to the first page."""
        asked = {
            "client_id": self._settings.portal_client_id,
            "post_logout_redirect_uri": f"{self._settings.portal_url}/",
            "ui_locales": language,
        }
        return f"{await self._address('end_session_endpoint')}?{urlencode(asked)}"

    async def token(self, code: str, login: Login) -> tuple[str, float] | None:
        """Redeem a code. Return the token and its end in seconds since 1970; None for a refused code."""
        asked = {
            "grant_type": "authorization_code",
            "client_id": self._settings.portal_client_id,
            "code": code,
            "redirect_uri": self._settings.callback,
            "code_verifier": login.verifier,
        }
        now = time.time()
        url = await self._address("token_endpoint")
        reply = await ask(self._http, "POST", url, _FORM, data=urlencode(asked))
        if reply.status != 200:
            return None
        document = reply.json()
        return document["access_token"], now + document["expires_in"]

    async def _address(self, name: str) -> str:
        if not self._found:
            url = f"{self._settings.token_issuer}/.well-known/openid-configuration"
            document = (await ask(self._http, "GET", url, {})).json()
            if document.get("issuer") != self._settings.token_issuer:
                raise AwayError("the issuer has another name")
            self._found = document
        address: str = self._found[name]
        return address
