"""The addresses and the key of a technical client, and its calls over HTTP."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

import typer
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import import_key
from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.runtime.broker import without_vhost
from shared.runtime.operator import ENDPOINTS
from shared.runtime.settings import named

SECONDS: Final = 15.0  #: for one request
_ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

ClientOption = Annotated[
    str, typer.Option("--client", help="One of the integrators of a local stack; by default the first.")
]


class Client(BaseSettings):
    """The settings of a client: `DIMONA_CLIENT_<NAME>` in the environment, or a secret file of that name."""

    model_config = SettingsConfigDict(
        env_prefix="DIMONA_CLIENT_", frozen=True, extra="ignore", hide_input_in_errors=True
    )

    id: str | None = None
    amqp_url: SecretStr | None = None  #: amqp://client:…@host:port/vhost
    private_key: Path | None = None  #: a file, PEM or JWK
    token_url: str | None = None
    rest_url: str | None = None  #: it ends with /REST/dimona/v2

    def need(self, name: str) -> str:
        """Return a setting that a command requires. Raise typer.BadParameter if it is missing."""
        value = getattr(self, name)
        if value is None:
            raise typer.BadParameter(
                f"no {name}: set DIMONA_CLIENT_{name.upper()}, give --secrets-dir, or start the local stack"
            )
        return value.get_secret_value() if isinstance(value, SecretStr) else str(value)

    @property
    def broker(self) -> tuple[str, str]:
        """Return the address of the broker without a vhost, and the vhost."""
        return without_vhost(self.need("amqp_url"))


def load_client(endpoints: Path, secrets: Path | None, client: str = "") -> Client:
    """Return the settings of a client. A missing setting is taken from the local stack, if there is one.

    If the command line names a client or a file, the settings of the local stack replace the
    settings of the environment. Otherwise a declaration for the sandbox could be sent to production.
    """
    with named():
        given = Client(_secrets_dir=secrets)
        chosen = bool(client) or endpoints != ENDPOINTS
        return given.model_copy(
            update={
                name: value
                for name, value in _of_stack(endpoints, client).items()
                if chosen or name not in given.model_fields_set
            }
        )


def _of_stack(endpoints: Path, client: str) -> Mapping[str, Any]:
    try:
        document = json.loads(endpoints.read_text())
    except FileNotFoundError:
        return {}
    known = document["integrators"]
    if client and client not in known:
        raise typer.BadParameter(f"the local stack has the clients {', '.join(known)}")
    id_ = client or next(iter(known))
    return {
        "id": id_,
        "amqp_url": SecretStr(known[id_]["amqp_url"]),
        "private_key": Path(known[id_]["private_key"]),
        "token_url": document["token_url"],
        "rest_url": document["rest_url"],
    }


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer, with header names in lower case. `body` is its JSON, or its text if it is not JSON."""

    status: int
    headers: Mapping[str, str]
    body: Any


def ask(
    url: str, method: str = "GET", body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> Answer:
    """Send a request and return the answer, with any status.

    Raise OSError without an answer, and typer.BadParameter if `url` is not an address of HTTP.
    """
    if urlsplit(url).scheme not in ("http", "https"):
        raise typer.BadParameter(f"not an address of HTTP: {url}")
    request = urllib.request.Request(url, body, dict(headers or {}), method=method)  # noqa: S310 - checked above
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as response:  # noqa: S310
            return Answer(response.status, _lowered(response.headers), _read(response.read()))
    except urllib.error.HTTPError as error:
        return Answer(error.code, _lowered(error.headers), _read(error.read()))


def _lowered(headers: Message) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _read(text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text.decode(errors="replace")


def request_token(client: Client, *scopes: str) -> Answer:
    """Ask for a token with an assertion that is signed with the client's key. Return the answer.

    Raise typer.BadParameter if a setting is missing or the key is bad, OSError without an answer or key file.
    """
    id_, url = client.need("id"), client.need("token_url")
    try:
        key = import_key(Path(client.need("private_key")).read_text(), "RSA")
    except (JoseError, ValueError) as error:
        raise typer.BadParameter(f"the private key cannot be read ({type(error).__name__})") from None
    now = int(time.time())
    claims = {"iss": id_, "sub": id_, "aud": url, "jti": str(uuid4()), "iat": now, "exp": now + 300}
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": _ASSERTION,
        "client_assertion": jwt.encode({"alg": "RS256", "typ": "JWT"}, claims, key),
    }
    if scopes:
        form["scope"] = " ".join(scopes)
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    return ask(url, "POST", urlencode(form).encode(), kind)


def bearer(client: Client) -> dict[str, str]:
    """Return the HTTP header with a new token. Raise typer.BadParameter if the server gives no token."""
    answer = request_token(client)
    if answer.status != 200:
        raise typer.BadParameter(f"no token: {_described(answer)}; run `dimona doctor`")
    return {"Authorization": f"Bearer {answer.body['access_token']}"}


def _described(answer: Answer) -> str:
    if isinstance(answer.body, dict):
        return f"{answer.status} {answer.body.get('error_description') or answer.body.get('title', '')}"
    return str(answer.status)
