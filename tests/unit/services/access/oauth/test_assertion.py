"""Assertions of technical clients: those of real clients are accepted, forgeries are refused."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from joserfc.jwk import ECKey, RSAKey

from services.access.oauth.rules.assertion import Assertion, believed, claimed
from services.access.oauth.rules.refusal import Refusal
from tests.forgeries import ATTACKER, CARELESS, careless, forgeries, signed

URL = "https://access.example/REST/oauth/v5/token"
CLIENT = "self_service_chaman_1_x"
NOW = datetime(2026, 2, 21, 12, 0, 0, 400_000, tzinfo=UTC)
AT = NOW.timestamp()
KEY, NEXT = RSAKey.generate_key(2048, private=True), ECKey.generate_key("P-256", private=True)
HEADER = {"alg": "RS256", "typ": "JWT"}
KEYS: list[tuple[str, Mapping[str, Any]]] = [
    (key.thumbprint(), key.as_dict(private=False)) for key in (KEY, NEXT)
]


def claims(**changed: Any) -> dict[str, Any]:
    """Return the claims of a good assertion with changes; None leaves a claim out."""
    said = {"iss": CLIENT, "sub": CLIENT, "aud": URL, "jti": "one", "iat": int(AT), "exp": int(AT) + 300}
    return {name: value for name, value in (said | changed).items() if value is not None}


def judge(assertion: str, keys: list[tuple[str, Mapping[str, Any]]] = KEYS) -> Assertion:
    return believed(assertion, claimed(assertion), keys, (URL,), NOW)


def say(**changed: Any) -> str:
    return signed(HEADER, claims(**changed), KEY, "RS256")


def test_the_key_is_found_by_iss_without_kid_or_x5c() -> None:
    """Client Q5."""
    assert judge(say()).client_id == CLIENT


@pytest.mark.parametrize(
    ("alg", "key"), [("RS256", KEY), ("PS256", KEY), ("ES256", NEXT)], ids=["RS256", "PS256", "ES256"]
)
def test_accepted_algorithms(alg: str, key: RSAKey | ECKey) -> None:
    assert judge(signed({"alg": alg}, claims(), key, alg)).jti == "one"


@pytest.mark.parametrize("kid", [KEY.thumbprint(), "payroll-2026"], ids=["thumbprint", "own name"])
def test_a_kid_chooses_among_the_clients_own_keys(kid: str) -> None:
    """By the thumbprint, or by the name that the client registered for its key."""
    named = [(id_, {**jwk, "kid": "payroll-2026"} if jwk["kty"] == "RSA" else jwk) for id_, jwk in KEYS]
    assert judge(signed({**HEADER, "kid": kid}, claims(), KEY, "RS256"), named).client_id == CLIENT
    with pytest.raises(Refusal):
        judge(signed({**HEADER, "kid": NEXT.thumbprint()}, claims(), KEY, "RS256"), named)


@pytest.mark.parametrize("seconds", [5, 300, 5_000, 50_000])
def test_lifetimes_of_assertions_of_real_clients_are_accepted(seconds: int) -> None:
    """The 5 s of the official sample, the 50,000 s of a commercial product (client Q7)."""
    assert judge(say(exp=int(AT) + seconds)).jti == "one"


@pytest.mark.parametrize("name", ["iat", "nbf"])
@pytest.mark.parametrize("ahead", [0.5, 1, 4.5])
def test_instants_rounded_up_are_accepted(name: str, ahead: float) -> None:
    """Client Q6."""
    assert judge(say(**{name: AT + ahead})).jti == "one"
    with pytest.raises(Refusal, match=name):
        judge(say(**{name: AT + 7}))


def test_an_assertion_is_accepted_five_seconds_after_its_end() -> None:
    assert judge(say(exp=int(AT) - 4)).jti == "one"
    with pytest.raises(Refusal, match="expired"):
        judge(say(exp=int(AT) - 5))


def test_nbf_and_iat_are_optional() -> None:
    """Client Q8."""
    assert judge(say(iat=None)).jti == "one"


def test_an_assertion_is_remembered_until_it_is_expired() -> None:
    until = judge(say(exp=int(AT) + 10)).remembered_until.timestamp()
    late = datetime.fromtimestamp(until, UTC)
    with pytest.raises(Refusal, match="expired"):
        believed(say(exp=int(AT) + 10), claimed(say()), KEYS, (URL,), late)


@pytest.mark.parametrize(
    "changed",
    [
        {"jti": None}, {"jti": ""}, {"jti": 7}, {"sub": "self_service_chaman_2_y"}, {"aud": []},
        {"aud": URL.replace("v5", "v3")}, {"exp": 10**15}, {"exp": True}, {"iss": "nobody"}, {"iss": "a\0b"},
    ],
    ids=str,
)  # fmt: skip
def test_a_signed_but_invalid_assertion_is_refused(changed: dict[str, Any]) -> None:
    """Client Q10."""
    with pytest.raises(Refusal) as refused:
        judge(say(**changed))
    assert refused.value.code == "invalid_client"


def test_an_unknown_client_and_a_wrong_signature_are_refused_alike() -> None:
    with pytest.raises(Refusal) as unknown:
        judge(say(), [])
    with pytest.raises(Refusal) as wrong:
        judge(signed(HEADER, claims(), ATTACKER, "RS256"))
    assert unknown.value.description == wrong.value.description


FORGED = forgeries({**HEADER, "kid": KEY.thumbprint()}, claims(), KEY)


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_assertion_is_refused(name: str) -> None:
    """Threat T1."""
    with pytest.raises(Refusal) as refused:
        judge(FORGED[name])
    assert refused.value.code == "invalid_client"


def test_control_a_verifier_without_checks_accepts_forgeries() -> None:
    """And it accepts the genuine assertion (threat T1)."""
    assert len(FORGED) >= 40
    assert {name for name, token in FORGED.items() if careless(token, KEY)} == CARELESS
    assert careless(say(), KEY)
