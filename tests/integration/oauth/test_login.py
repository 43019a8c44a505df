"""A login with authorization code and PKCE, from the page to the token, in plain HTTP."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from deploy.local.deployment import Endpoints
from shared.runtime.database import connect
from shared.runtime.tokens import TokenRefusedError, Verifier
from tests.oauth import Proof, assertion, key_of, parameters_of
from tests.portal import AUTHORIZE, LEVEL, Portal
from tests.web import ask

pytestmark = pytest.mark.stack


def claims_of(portal: Portal, token: str) -> dict[str, Any]:
    keys = KeySet.import_key_set(ask(f"{portal.issuer}/jwks").json())
    return jwt.decode(token, keys, ["ES256"]).claims


async def test_a_login_ends_in_a_token_that_every_api_accepts(portal: Portal, served: Endpoints) -> None:
    page = portal.begin()
    assert page.status == 200
    done = portal.password("bakery.declarer")
    assert done.status == 303
    assert done.headers["location"].startswith(f"{portal.redirect_uri}?")
    said = parameters_of(done)
    assert said.keys() == {"code", "state", "iss"}
    assert (said["state"], said["iss"]) == ("where-I-was", portal.issuer)
    tokens = portal.redeem(said["code"])
    assert tokens.headers["cache-control"] == "no-store"
    body = tokens.json()
    assert body.keys() == {"access_token", "token_type", "expires_in", "scope", "id_token"}
    user_id = portal.document["users"]["bakery.declarer"]["user_id"]
    verifier = Verifier(portal.issuer, f"urn:{served.deployment.name}", f"{portal.issuer}/jwks")
    caller = await verifier.caller(body["access_token"])
    assert (caller.subject, caller.client_id, caller.level) == (user_id, portal.client_id, 200)
    assert caller.scopes == {"openid", "scope:dimona:ebox"}
    identity = claims_of(portal, body["id_token"])
    assert (identity["aud"], identity["sub"], identity["nonce"]) == (portal.client_id, user_id, "n-1")
    assert identity["acr"] == f"{LEVEL}200"
    assert abs(identity["auth_time"] - time.time()) < 30
    assert claims_of(portal, body["access_token"])["auth_time"] == identity["auth_time"]


async def test_the_id_token_is_no_access_token(portal: Portal, served: Endpoints) -> None:
    """Threat T3."""
    tokens = portal.logged_in("bakery.declarer")
    for audience in (f"urn:{served.deployment.name}", portal.client_id):
        verifier = Verifier(portal.issuer, audience, f"{portal.issuer}/jwks")
        with pytest.raises(TokenRefusedError):
            await verifier.caller(tokens["id_token"])


def test_a_second_factor_raises_the_level(portal: Portal) -> None:
    portal.begin(acr_values=f"{LEVEL}400")
    assert portal.password("bakery.principal").status == 200
    done = portal.totp("bakery.principal")
    assert done.status == 303
    tokens = portal.redeem(parameters_of(done)["code"]).json()
    assert claims_of(portal, tokens["access_token"])["acr"] == f"{LEVEL}400"


def test_step_up_asks_a_session_for_the_second_factor_only(portal: Portal) -> None:
    """RFC 9470: factors of the session count, and only the missing factor is requested."""
    portal.logged_in("hotel.all")
    again = portal.begin()
    assert again.status == 303, "the session does"
    portal.begin(acr_values=f"{LEVEL}300 {LEVEL}400")
    assert portal.browser.page is not None
    assert "code" in portal.browser.page.fields
    key = portal.browser.cookies["dimona_session"]
    assert portal.totp("hotel.all").status == 303
    assert portal.browser.cookies["dimona_session"] != key, "a rise of level is a new session"
    portal.browser.cookies["dimona_session"] = key
    assert portal.begin().status == 200, "the old one is gone"


def test_the_higher_level_needs_a_second_factor(portal: Portal) -> None:
    portal.begin(acr_values=f"{LEVEL}400")
    assert parameters_of(portal.password("bakery.reader"))["error"] == "unmet_authentication_requirements"
    above = parameters_of(portal.begin(acr_values=f"{LEVEL}500"))
    assert above["error"] == "unmet_authentication_requirements"


def test_max_age_limits_the_age_of_the_login(portal: Portal) -> None:
    portal.logged_in("hotel.reader")
    assert portal.begin(max_age="3600").status == 303
    time.sleep(1.1)
    assert portal.begin(max_age="1").status == 200
    assert portal.begin(prompt="login").status == 200
    assert portal.password("hotel.reader").status == 303
    assert portal.begin(max_age="0").status == 200
    assert portal.password("hotel.reader").status == 303


def test_prompt_none_shows_no_page(portal: Portal) -> None:
    assert parameters_of(portal.begin(prompt="none"))["error"] == "login_required"
    portal.logged_in("hotel.reader")
    assert "code" in parameters_of(portal.begin(prompt="none"))
    silent = parameters_of(portal.begin(prompt="none", acr_values=f"{LEVEL}400"))
    assert silent["error"] == "login_required"


def _code(portal: Portal) -> str:
    portal.begin()
    return parameters_of(portal.password("secretariat.clerk"))["code"]


def test_a_code_is_accepted_once_among_twenty_concurrent_requests(portal: Portal) -> None:
    for _ in range(3):
        code = _code(portal)
        portal.browser.cookies.clear()
        with ThreadPoolExecutor(20) as executor:
            answers = list(executor.map(lambda _, code=code: portal.redeem(code), range(20)))
        assert Counter(answer.status for answer in answers) == {200: 1, 400: 19}
        assert {a.json()["error"] for a in answers if a.status == 400} == {"invalid_grant"}


@pytest.mark.parametrize(
    "changed",
    [
        {"code_verifier": Proof().verifier},
        {"code_verifier": "short"},
        {"redirect_uri": "http://127.0.0.1:8400/other"},
        {"client_id": "somebody_else"},
        {"code": "made-up"},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_a_code_is_bound_to_its_client_and_verifier(portal: Portal, changed: dict[str, str]) -> None:
    code = _code(portal)
    answer = portal.redeem(changed.get("code", code), **{k: v for k, v in changed.items() if k != "code"})
    assert (answer.status, answer.json()["error"]) == (400, "invalid_grant")
    again = portal.redeem(code)
    assert (again.status == 200) == ("code" in changed), "a wrong try has spent it"


async def test_a_code_is_valid_for_a_minute(portal: Portal, served: Endpoints) -> None:
    connection = await connect(served.postgres_dsn)
    try:
        move = "UPDATE access.code SET expires_at = expires_at - $1::interval"
        code = _code(portal)
        await connection.execute(move, timedelta(seconds=61))
        assert portal.redeem(code).json()["error"] == "invalid_grant"
        portal.browser.cookies.clear()
        code = _code(portal)
        await connection.execute(move, timedelta(seconds=30))
        assert portal.redeem(code).status == 200
    finally:
        await connection.close()


async def test_a_confidential_client_signs_its_code_request(portal: Portal, served: Endpoints) -> None:
    """The client is an integrator of the demo with a redirect address."""
    client_id = served.data.clients[0].client_id
    connection = await connect(served.postgres_dsn)
    try:
        await connection.execute(
            "INSERT INTO access.redirect_uri (client_id, uri) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            client_id, portal.redirect_uri,
        )  # fmt: skip
    finally:
        await connection.close()
    signed = {
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion(
            client_id, portal.document["token_url"], key_of(portal.document, client_id)
        ),
        "client_id": None,
    }

    def code() -> str:
        portal.browser.cookies.clear()
        portal.begin(client_id=client_id, scope="openid")
        return parameters_of(portal.password("secretariat.local"))["code"]

    assert portal.redeem(code(), client_id=client_id).json()["error"] == "invalid_client"
    assert portal.redeem(code(), **signed).status == 200
    connection = await connect(served.postgres_dsn)
    revoke = "UPDATE access.client_key SET revoked_at = {} WHERE client_id = $1"
    try:
        await connection.execute(revoke.format("now()"), client_id)
        # Also when its last key has ended it is no public client.
        assert portal.redeem(code(), client_id=client_id).json()["error"] == "invalid_client"
    finally:
        await connection.execute(revoke.format("NULL"), client_id)
        await connection.close()


def test_discovery_names_every_endpoint(portal: Portal) -> None:
    found = ask(f"{portal.issuer}/.well-known/openid-configuration").json()
    assert found["issuer"] == portal.issuer
    assert found["authorization_endpoint"] == f"{portal.issuer}{AUTHORIZE}"
    assert found["token_endpoint"] == portal.document["token_url"]
    assert found["code_challenge_methods_supported"] == ["S256"]
    assert ask(found["jwks_uri"]).status == 200
