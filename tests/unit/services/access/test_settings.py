"""Access issues tokens only where its settings say so, and only with a key of the right kind."""

from __future__ import annotations

import json
from typing import Any

import pytest
from joserfc.jwk import ECKey

from services.access.settings import AccessSettings

ISSUER = "https://login.example"


def settings(**more: Any) -> AccessSettings:
    nowhere = {"database_dsn": "x://nowhere", "amqp_url": "x://nowhere", "key": "00" * 32, "token_key": "{}"}
    return AccessSettings(**nowhere | more)


@pytest.mark.parametrize(
    ("given", "issues", "base"),
    [
        ({}, False, ""),
        ({"token_issuer": ISSUER}, False, ""),
        ({"token_issuer": ISSUER, "public_url": "https://access.example/"}, False, "https://access.example"),
        ({"token_issuer": ISSUER, "public_url": ISSUER}, True, ISSUER),
        ({"public_url": ISSUER}, False, ISSUER),
    ],
)
def test_access_issues_tokens_under_its_own_address_only(
    given: dict[str, str], issues: bool, base: str
) -> None:
    """An outside issuer without a public address does not make access offer a login in its name."""
    made = settings(**given)
    assert (made.is_issuer, made.base_url) == (issues, base)


@pytest.mark.parametrize(
    "key",
    [
        "", "{}", "[]", '{"kty": "EC"}', '{"kty": "oct", "k": "AA"}',
        json.dumps(ECKey.generate_key("P-384").as_dict(private=True)),
        json.dumps(ECKey.generate_key("P-256").as_dict(private=False)),
    ],
)  # fmt: skip
def test_a_wrong_signing_key_is_named(key: str) -> None:
    with pytest.raises(ValueError, match="dimona_token_key is no private JWK"):
        _ = settings(token_key=key).signing_key


def test_a_signing_key_is_read() -> None:
    key = ECKey.generate_key("P-256")
    made = settings(token_key=json.dumps(key.as_dict(private=True)))
    assert made.signing_key.thumbprint() == key.thumbprint()
