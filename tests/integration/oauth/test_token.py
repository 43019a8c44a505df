"""The token endpoint as real clients call it, on the real database."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from deploy.local.deployment import REAL_AUDIENCES, Endpoints
from shared.runtime.database import connect
from shared.runtime.tokens import Caller, TokenRefusedError, Verifier
from tests.asgi import Answer
from tests.forgeries import forgeries
from tests.oauth import FORM, assertion, claims_of, grant, key_of, post
from tests.rest import CONSULT, DECLARANT
from tests.web import ask

pytestmark = pytest.mark.stack

EXAMPLE = Path(__file__).parents[3] / "samples" / "python" / "access_token.py"


class Integrator:
    """One client of the demo, with its key."""

    def __init__(self, served: Endpoints, client_id: str) -> None:
        document = served.document()
        self.id, self.url = client_id, document["token_url"]
        self.key = key_of(document, client_id)

    def assertion(self, **changed: Any) -> str:
        return assertion(self.id, self.url, self.key, **changed)

    def ask(self, **more: str) -> Answer:
        return post(self.url, grant(self.assertion(), **more))


@pytest.fixture(scope="module")
def client(served: Endpoints) -> Integrator:
    return Integrator(served, served.data.clients[0].client_id)


def refused(answer: Answer) -> str:
    """Return the error of a refusal; check that its form is that of RFC 6749 §5.2."""
    assert answer.status == 400
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert set(body) == {"error", "error_description"}
    return str(body["error"])


def test_client_q01_q05_the_answer_has_exactly_four_keys(client: Integrator) -> None:
    """Clients Q1, Q2, Q4, Q5, Q12."""
    answer = client.ask()
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert set(body) == {"access_token", "token_type", "expires_in", "scope"}
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 600)
    assert isinstance(body["expires_in"], int)
    assert body["scope"] == f"{DECLARANT} {CONSULT}"


@pytest.mark.parametrize("scope", [DECLARANT, CONSULT, f"{CONSULT} {DECLARANT}"])
def test_client_q03_one_scope_and_two(client: Integrator, scope: str) -> None:
    """Client Q3."""
    answer = client.ask(scope=scope)
    assert (answer.status, answer.json()["scope"]) == (200, scope)


def test_client_q02_q04_an_empty_scope_counts_as_absent(client: Integrator) -> None:
    """Clients Q2, Q4."""
    assert client.ask(scope="", client_id=client.id).json()["scope"] == f"{DECLARANT} {CONSULT}"
    assert refused(client.ask(client_id="somebody_else")) == "invalid_client"


def test_client_q09_the_official_audiences_and_our_own_are_accepted(client: Integrator) -> None:
    """Also the older audience, of the token server before version 5 (client Q9)."""
    for url in (client.url, "https://oauth.socialsecurity.be", *REAL_AUDIENCES):
        assert post(client.url, grant(client.assertion(aud=url))).status == 200


@pytest.mark.parametrize("seconds", [5, 300, 5_000, 50_000])
def test_client_q06_q07_q08_lifetimes_of_assertions(client: Integrator, seconds: int) -> None:
    """Client Q6 (issued half a second in the future), clients Q7, Q8 (no nbf)."""
    now = time.time()
    changed = {"iat": now + 0.5, "exp": int(now) + seconds}
    assert post(client.url, grant(client.assertion(**changed))).status == 200


async def test_client_q12_a_token_is_valid_for_600_seconds(client: Integrator, served: Endpoints) -> None:
    """The verifier of every API accepts it as a token of a technical client (client Q12)."""
    token = client.ask(scope=CONSULT).json()["access_token"]
    assert await _verifier(served).caller(token) == Caller(client.id, client.id, frozenset({CONSULT}), 0)
    keys = KeySet.import_key_set(ask(f"{served.api_url('access')}/jwks").json())
    claims = jwt.decode(token, keys, ["ES256"]).claims
    assert claims["exp"] - claims["iat"] == 600
    assert "acr" not in claims


def _verifier(served: Endpoints) -> Verifier:
    issuer = served.api_url("access")
    return Verifier(issuer, f"urn:{served.deployment.name}", f"{issuer}/jwks")


REFUSALS: dict[str, tuple[dict[str, str | None], str]] = {
    "no grant type": ({"grant_type": None}, "invalid_request"),
    "another grant type": ({"grant_type": "password"}, "unsupported_grant_type"),
    "no assertion": ({"client_assertion": None}, "invalid_request"),
    "another kind of assertion": ({"client_assertion_type": "saml"}, "invalid_request"),
    "a scope that was not granted": ({"scope": "scope:dimona:access"}, "invalid_scope"),
    "a scope that is made up": ({"scope": "scope:dimona"}, "invalid_scope"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_an_invalid_request_is_refused(client: Integrator, name: str) -> None:
    changed, error = REFUSALS[name]
    parameters = {k: v for k, v in (grant(client.assertion()) | changed).items() if v is not None}
    answer = post(client.url, parameters)
    assert refused(answer) == error
    if error == "invalid_scope":
        assert answer.json()["error_description"].endswith(f"the scope {changed['scope']}")


def test_a_repeated_parameter_or_another_form_is_refused(client: Integrator) -> None:
    twice = f"scope={CONSULT}&scope={CONSULT}&grant_type=client_credentials".encode()
    assert refused(ask(client.url, "POST", FORM, twice)) == "invalid_request"
    assert refused(ask(client.url, "POST", body=grant(client.assertion()))) == "invalid_request"


def test_client_authentication_by_password_is_401(client: Integrator) -> None:
    """Only this attempt gets a 401."""
    answer = post(client.url, grant("x.y.z"), {"Authorization": "Basic eDp5"})
    assert (answer.status, answer.json()["error"]) == (401, "invalid_client")
    assert answer.headers["www-authenticate"].startswith("Basic")


def test_client_q10_a_forged_assertion_gets_no_token(client: Integrator) -> None:
    """Each forgery of the set is refused over HTTP, and the genuine assertion is accepted.

    Threat T1 and client Q10.
    """
    header, claims = {"alg": "RS256", "typ": "JWT"}, claims_of(client.id, client.url)
    forged = forgeries(header, claims, client.key)
    assert len(forged) >= 40
    answers = {name: post(client.url, grant(token)) for name, token in forged.items()}
    assert {name: answer.status for name, answer in answers.items() if answer.status != 400} == {}
    assert not [name for name, answer in answers.items() if b"access_token" in answer.body]
    assert client.ask().status == 200


async def test_a_forged_access_token_is_refused(client: Integrator, served: Endpoints) -> None:
    """The genuine token is accepted (threat T1)."""
    from joserfc.jwk import ECKey

    key = ECKey.import_key(json.loads(served.token_key))
    genuine = client.ask().json()["access_token"]
    claims = jwt.decode(genuine, key, ["ES256"]).claims
    header = {"alg": "ES256", "typ": "at+jwt", "kid": key.thumbprint()}
    forged, verifier = forgeries(header, claims, key), _verifier(served)
    assert len(forged) >= 40
    for name, token in forged.items():
        with pytest.raises(TokenRefusedError):
            pytest.fail(f"{name}: {await verifier.caller(token)}")
    assert (await verifier.caller(genuine)).subject == client.id


async def test_an_assertion_is_accepted_once_among_a_hundred(client: Integrator, served: Endpoints) -> None:
    """A hundred concurrent requests get one token (threat T2 and client Q10), and each leaves a row."""
    rows = """SELECT count(*) FILTER (WHERE outcome = 'issued') AS issued,
        count(*) FILTER (WHERE outcome = 'invalid_client') AS refused
        FROM platform.security_log WHERE event = 'token' AND subject = $1"""
    connection = await connect(served.postgres_dsn)
    before = await connection.fetchrow(rows, client.id)
    same = grant(client.assertion())
    with ThreadPoolExecutor(20) as executor:
        answers = list(executor.map(lambda _: post(client.url, same), range(100)))
    assert Counter(answer.status for answer in answers) == {200: 1, 400: 99}
    assert {refused(answer) for answer in answers if answer.status != 200} == {"invalid_client"}
    after = await connection.fetchrow(rows, client.id)
    await connection.close()
    assert before is not None
    assert after is not None
    assert (after["issued"] - before["issued"], after["refused"] - before["refused"]) == (1, 99)


async def test_control_without_the_store_every_replay_is_accepted(
    client: Integrator, served: Endpoints
) -> None:
    """The stored row alone refuses a replay, for as long as it is there (threat T2)."""
    same = grant(client.assertion())
    connection = await connect(served.postgres_dsn)
    try:
        for _ in range(3):
            assert post(client.url, same).status == 200
            await connection.execute("DELETE FROM access.assertion")
        assert post(client.url, same).status == 200
        assert refused(post(client.url, same)) == "invalid_client"
    finally:
        await connection.close()


async def test_expired_assertions_are_deleted(client: Integrator, served: Endpoints) -> None:
    from services.access.oauth.store.expired import purge

    assert client.ask().status == 200
    owner = await connect(served.postgres_dsn)
    try:
        await owner.execute("UPDATE access.assertion SET expires_at = clock_timestamp() - interval '1 s'")
    finally:
        await owner.close()
    assert client.ask().status == 200
    connection = await connect(served.dsns["access"])
    try:
        await connection.execute("SET search_path TO access")
        await purge(connection)
        valid = await connection.fetch("SELECT expires_at > clock_timestamp() AS valid FROM assertion")
        assert {row["valid"] for row in valid} == {True}
    finally:
        await connection.close()


async def test_a_token_in_the_wrong_place_is_refused(client: Integrator, served: Endpoints) -> None:
    """A token of another type or for another audience is refused (threat T3)."""
    verifier, key = _verifier(served), client.key
    token = client.ask().json()["access_token"]
    other = served.data.clients[1].client_id
    issuer = served.api_url("access")
    as_assertion = {
        "an access token": token,
        "for the verifier of another deployment": client.assertion(aud="urn:somebody"),
        "for the issuer instead of its endpoint": client.assertion(aud=issuer),
        "signed by one client for another": assertion(other, client.url, key),
    }
    for name, swapped in as_assertion.items():
        assert refused(post(client.url, grant(swapped))) == "invalid_client", name
    with pytest.raises(TokenRefusedError):
        await verifier.caller(client.assertion())
    with pytest.raises(TokenRefusedError):
        await Verifier(issuer, "urn:another", f"{issuer}/jwks").caller(token)
    assert (await verifier.caller(token)).client_id == client.id, "control: in its own place it is believed"


def test_the_example_program_gets_a_token_or_names_the_error(client: Integrator, served: Endpoints) -> None:
    file = served.document()["integrators"][client.id]["private_key"]

    def asked_for(scope: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(EXAMPLE), client.url, client.id, file, scope]
        return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)

    done = asked_for(CONSULT)
    assert json.loads(done.stdout)["scope"] == CONSULT
    refused_ = asked_for("scope:dimona:access")
    assert (refused_.returncode, json.loads(refused_.stderr)["error"]) == (1, "invalid_scope")
    assert RSAKey.import_key(Path(file).read_text()).is_private
