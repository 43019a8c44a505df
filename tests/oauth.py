"""The client side of OAuth over HTTP: a client that signs assertions, and a browser for a login."""

from __future__ import annotations

import hashlib
import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import uuid4

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from deploy.local.demo.directory import FEED
from tests.asgi import Answer
from tests.web import ask

ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}


def key_of(document: Mapping[str, Any], client_id: str) -> RSAKey:
    """Return the private key that `endpoints.json` names for a client."""
    return RSAKey.import_key(Path(document["integrators"][client_id]["private_key"]).read_text())


def claims_of(client_id: str, url: str, **changed: Any) -> dict[str, Any]:
    """Return the claims of a correct assertion with these changes. None leaves a claim out."""
    now = int(time.time())
    said = {
        "iss": client_id, "sub": client_id, "aud": url, "jti": str(uuid4()), "iat": now, "exp": now + 300,
    }  # fmt: skip
    return {name: value for name, value in (said | changed).items() if value is not None}


def assertion(client_id: str, url: str, key: RSAKey | ECKey, alg: str = "RS256", **changed: Any) -> str:
    """Sign an assertion as real clients do: no kid, no x5c."""
    return jwt.encode({"alg": alg, "typ": "JWT"}, claims_of(client_id, url, **changed), key, [alg])


def grant(signed: str, **more: str) -> dict[str, str]:
    """Return the parameters of a request for the own token of a client."""
    return {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION,
        "client_assertion": signed,
        **more,
    }


def feed_token(document: Mapping[str, Any], institution: str) -> str:
    """Get a token for the feed from the token server, by the key that `endpoints.json` names."""
    row, url = document["institutions"][institution], document["token_url"]
    key = RSAKey.import_key(Path(row["private_key"]).read_text())
    answer = post(url, grant(assertion(row["client_id"], url, key), scope=FEED))
    assert answer.status == 200, answer.body
    token: str = answer.json()["access_token"]
    return token


def post(url: str, parameters: Mapping[str, str], headers: Mapping[str, str] | None = None) -> Answer:
    """Post a form to an endpoint and return the answer."""
    return ask(url, "POST", {**FORM, **(headers or {})}, urlencode(parameters).encode())


class _Form(HTMLParser):
    """The form of a page: its target, its fields with their values, and the language of the page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.action, self.fields, self.language = "", dict[str, str](), ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "html":
            self.language = said["lang"]
        if tag == "form":
            self.action = said["action"]
        if tag == "input":
            self.fields[said["name"]] = said.get("value", "")


class Browser:
    """A browser without scripts. It keeps cookies and fills the form of the page; it follows no redirect."""

    def __init__(self, base: str) -> None:
        self.base, self.cookies = base, dict[str, str]()
        self.page: _Form | None = None
        self.source: str | None = None  #: address of this side
        self.answer: Answer

    def get(self, path: str, **parameters: str) -> Answer:
        """Open an address of the login."""
        url = f"{self.base}{path}?{urlencode(parameters)}"
        return self._take(ask(url, headers=self._headers(), source=self.source))

    def submit(self, headers: Mapping[str, str] | None = None, **typed: str) -> Answer:
        """Fill the form of the page and send it."""
        assert self.page is not None, self.answer.body
        fields = self.page.fields | typed
        given = {**self._headers(), "Origin": self.base, **FORM, **(headers or {})}
        url = f"{self.base}{self.page.action}"
        return self._take(ask(url, "POST", given, urlencode(fields).encode(), self.source))

    def _headers(self) -> dict[str, str]:
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}

    def _take(self, answer: Answer) -> Answer:
        for line in answer.cookies:
            cookie = SimpleCookie(line)
            self.cookies |= {name: morsel.value for name, morsel in cookie.items()}
        shown = answer.headers.get("content-type", "").startswith("text/html")
        self.page, self.answer = _Form(answer.body.decode()) if shown else None, answer
        return answer


@dataclass(frozen=True, slots=True)
class Proof:
    """The secrets that a client keeps during a login (RFC 7636)."""

    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    @property
    def challenge(self) -> str:
        """The challenge of the method S256."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return urlsafe_b64encode(digest).rstrip(b"=").decode()


def parameters_of(answer: Answer) -> dict[str, str]:
    """Return the parameters of the address to which an answer sends the browser."""
    return dict(parse_qsl(urlsplit(answer.headers["location"]).query))
