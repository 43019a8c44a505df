"""The trusted issuer is a setting: our issuer and an external one pass one suite of tests."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from fastapi import APIRouter, Depends, FastAPI
from joserfc.jwk import ECKey, RSAKey

from deploy.local.deployment import Endpoints
from services.access.oauth.api import router
from services.access.settings import ENDPOINT, AccessSettings
from shared.runtime.api import Bearer
from shared.runtime.guard import face
from shared.runtime.request_queue import RequestQueue
from shared.runtime.settings import Settings
from shared.runtime.tokens import Caller, Verifier
from tests.asgi import Answer, call
from tests.forgeries import forgeries, signed
from tests.portal import Portal

pytestmark = pytest.mark.stack

LEVELS = {"substantial": 300, "high": 400}  #: their names at the external issuer (eIDAS)


@dataclass(frozen=True)
class Issuer:
    """An issuer with the settings that a deployment has about it, and with tokens of it."""

    settings: Settings
    key: RSAKey | ECKey
    acr: str

    def token(self, header: dict[str, Any] | None = None, **changed: Any) -> str:
        return signed(*self.parts(header, **changed), self.key, self.alg)

    @property
    def alg(self) -> str:
        return "RS256" if isinstance(self.key, RSAKey) else "ES256"

    def parts(self, header: dict[str, Any] | None = None, **changed: Any) -> tuple[dict[str, Any], Any]:
        now = int(time.time())
        claims = {
            "iss": self.settings.token_issuer, "aud": self.settings.audience, "sub": "somebody",
            "client_id": "portal", "scope": "read", "iat": now, "exp": now + 600, "acr": self.acr,
        }  # fmt: skip
        first = {"alg": self.alg, "typ": "at+jwt", "kid": self.key.thumbprint()} | (header or {})
        return first, {name: value for name, value in (claims | changed).items() if value is not None}


def _settings(served: Endpoints, **more: Any) -> Settings:
    said = {
        "deployment": served.deployment.name, "database_dsn": "x", "amqp_url": "x", "key": "ab",
        "token_issuer": served.api_url("access"), "token_jwks_url": f"{served.api_url('access')}/jwks",
    }  # fmt: skip
    return Settings.model_validate(said | more)


@pytest.fixture(scope="module")
def ours(served: Endpoints) -> Issuer:
    key = ECKey.import_key(json.loads(served.token_key))
    return Issuer(_settings(served), key, "urn:be:fedict:iam:fas:Level400")


@pytest.fixture(scope="module")
def external_issuer(served: Endpoints) -> Iterator[Issuer]:
    """Serve an external OIDC provider with its own name, key set, key type and level names."""
    key = RSAKey.generate_key(2048, private=True)
    document = {"keys": [{**key.as_dict(private=False), "kid": key.thumbprint(), "use": "sig"}]}

    class Keys(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(document).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Keys)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}"
    more = {"token_issuer": "https://login.example", "token_jwks_url": f"{url}/keys", "token_levels": LEVELS}
    yield Issuer(_settings(served, **more), key, "high")
    server.shutdown()
    server.server_close()


@pytest.fixture(params=["ours", "external_issuer"])
def issuer(request: pytest.FixtureRequest) -> Issuer:
    found: Issuer = request.getfixturevalue(request.param)
    return found


def a_face(issuer: Issuer) -> FastAPI:
    api, bearer = face(RequestQueue()), Bearer(Verifier.of(issuer.settings))
    reader, sealed = Depends(bearer.needs("read")), Depends(bearer.needs("read", level=400))

    @api.get("/mine")
    async def mine(caller: Caller = reader) -> dict[str, Any]:
        return {"subject": caller.subject, "level": caller.level}

    @api.get("/sealed")
    async def changed(caller: Caller = sealed) -> dict[str, str]:
        return {"subject": caller.subject}

    return api


async def ask(api: FastAPI, token: str, path: str = "/mine") -> Answer:
    return await call(api, "GET", path, {"Authorization": f"Bearer {token}"})


async def test_a_genuine_token_is_believed_with_its_level(issuer: Issuer) -> None:
    api = a_face(issuer)
    assert (await ask(api, issuer.token())).json() == {"subject": "somebody", "level": 400}
    assert (await ask(api, issuer.token(), "/sealed")).status == 200
    assert (await ask(api, issuer.token(acr=None))).json()["level"] == 0
    assert (await ask(api, issuer.token(acr=None), "/sealed")).status == 403


async def test_an_expired_token_and_a_missing_scope_are_named(issuer: Issuer) -> None:
    """An expired token gives a 401 problem (client Q12)."""
    api = a_face(issuer)
    expired = await ask(api, issuer.token(exp=int(time.time()) - 60))
    assert (expired.status, expired.json()["type"]) == (401, "urn:problem-type:belgif:expiredAccessToken")
    assert (await ask(api, issuer.token(scope="write"))).status == 403


async def test_a_forged_token_is_refused(issuer: Issuer) -> None:
    """Threat T1."""
    api, (header, claims) = a_face(issuer), issuer.parts()
    forged = forgeries(header, claims, issuer.key)
    assert len(forged) >= 40
    told = {name: (await ask(api, token)).status for name, token in forged.items()}
    assert {name: status for name, status in told.items() if status != 401} == {}
    assert (await ask(api, issuer.token())).status == 200


async def test_tokens_of_other_types_and_audiences_are_refused(issuer: Issuer) -> None:
    """Threat T3."""
    api = a_face(issuer)
    for swapped in (
        issuer.token({"typ": "JWT"}), issuer.token({"typ": None}), issuer.token(aud="urn:another"),
        issuer.token(aud="portal"), issuer.token(client_id=None), issuer.token(iss="https://other.example"),
    ):  # fmt: skip
        assert (await ask(api, swapped)).status == 401


async def test_a_token_of_the_other_issuer_is_refused(
    ours: Issuer, external_issuer: Issuer, portal: Portal
) -> None:
    token = portal.logged_in("hotel.all", scope="openid scope:dimona:ebox")["access_token"]
    assert (await ask(a_face(ours), token)).status == 403, "believed, but for its scope"
    assert (await ask(a_face(external_issuer), token)).status == 401
    assert (await ask(a_face(ours), external_issuer.token())).status == 401
    assert (
        await ask(a_face(external_issuer), ours.token(iss=external_issuer.settings.token_issuer))
    ).status == 401


@pytest.mark.parametrize("path", [ENDPOINT, "/REST/oauth/v5/authorize", "/.well-known/openid-configuration"])
def test_access_issues_no_tokens_beside_an_external_issuer(served: Endpoints, path: str) -> None:
    own = served.api_url("access")
    assert path not in routes(served, token_issuer="https://login.example", public_url=own)
    assert path not in routes(served, token_issuer="https://login.example")
    assert path not in routes(served, token_issuer="")
    assert path in routes(served, public_url=own)


def routes(served: Endpoints, **more: Any) -> set[str]:
    """Return the paths of access with these settings, without sending a request."""

    class Unused:
        pool = None

    said = _settings(served).model_dump() | {"token_key": served.token_key} | more
    stage: Any = Unused()
    return set(_paths(router(AccessSettings.model_validate(said), stage)))


def _paths(router: APIRouter) -> Iterator[str]:
    """Return the paths of a router and of those that it includes."""
    for route in router.routes:
        if included := getattr(route, "original_router", None):
            yield from _paths(included)
        else:
            yield getattr(route, "path", "")
