"""Access issues tokens only where its settings say so, and only with a key of the right kind."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey

from services.access.oauth.handler.issue import Signer
from services.access.settings import AccessSettings
from shared.runtime.tokens import TokenRefusedError, Verifier

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
        "", "{}", "[]", '{"keys": []}', '{"kty": "EC"}', '{"kty": "oct", "k": "AA"}',
        json.dumps(ECKey.generate_key("P-384").as_dict(private=True)),
        json.dumps(ECKey.generate_key("P-256").as_dict(private=False)),
    ],
)  # fmt: skip
def test_a_wrong_signing_key_is_named(key: str) -> None:
    with pytest.raises(ValueError, match="dimona_token_key is no private JWK"):
        settings(token_key=key).signing_keys()


def test_a_signing_key_is_read() -> None:
    key = ECKey.generate_key("P-256")
    (read,) = settings(token_key=document(key)).signing_keys()
    assert read.thumbprint() == key.thumbprint()


def document(*keys: ECKey) -> str:
    """Return the text of the secret file with these keys."""
    rows = [key.as_dict(private=True) for key in keys]
    return json.dumps(rows[0] if len(rows) == 1 else {"keys": rows})


async def test_a_key_is_replaced_while_tokens_of_the_former_one_are_valid(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The steps of the guide: both with the former one first, both with the new one first, the new one."""
    old, new = ECKey.generate_key("P-256"), ECKey.generate_key("P-256")
    file = tmp_path / "dimona_token_key"
    monkeypatch.setenv("DIMONA_SECRETS_DIR", str(tmp_path))
    made = settings(token_key=document(old), token_issuer=ISSUER)
    signer = Signer(made)
    accepted: list[list[bool]] = []
    tokens: list[str] = []
    for keys in ((old,), (old, new), (new, old), (new,)):
        file.write_text(document(*keys))
        tokens.append(signer.access_token("c", "c", [], datetime.now(UTC)))
        accepted.append([await is_accepted(made, token) for token in tokens])
        assert [signer.token_id(token, "c") is not None for token in tokens] == accepted[-1]
    assert accepted == [[True], [True] * 2, [True] * 3, [False, False, True, True]]


async def is_accepted(made: AccessSettings, token: str) -> bool:
    """Return whether a service that fetches the published keys now accepts a token."""

    async def fetch(_url: str) -> dict[str, Any]:
        keys = made.signing_keys()
        return {"keys": [{**key.as_dict(private=False), "kid": key.thumbprint()} for key in keys]}

    try:
        await Verifier(ISSUER, made.audience, "x", fetch=fetch).caller(token)
    except TokenRefusedError:
        return False
    return True


def test_a_file_without_keys_leaves_those_of_the_start_in_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = ECKey.generate_key("P-256")
    monkeypatch.setenv("DIMONA_SECRETS_DIR", str(tmp_path))
    made = settings(token_key=document(key))
    (tmp_path / "dimona_token_key").write_text("half of a")
    assert [each.thumbprint() for each in made.signing_keys()] == [key.thumbprint()]
