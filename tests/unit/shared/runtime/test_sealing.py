"""Sealed secrets open with their key and for their owner only."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from shared.runtime.sealing import KeyVersions, SealBrokenError, Sealer, is_sealed

SEALER = Sealer.of(bytes(32))
SEALED = SEALER.seal("secret", "owner")


def test_a_sealed_text_opens_for_its_owner() -> None:
    sealed = SEALER.seal("JBSWY3DPEHPK3PXP", "owner")
    assert is_sealed(sealed)
    assert "JBSWY3DPEHPK3PXP" not in sealed
    assert SEALER.open(sealed, "owner") == "JBSWY3DPEHPK3PXP"
    assert SEALER.seal("JBSWY3DPEHPK3PXP", "owner") != sealed


def test_a_text_in_clear_stays_readable() -> None:
    assert SEALER.open("JBSWY3DPEHPK3PXP", "owner") == "JBSWY3DPEHPK3PXP"


@pytest.mark.parametrize(
    ("sealer", "owner", "text"),
    [
        pytest.param(Sealer.of(bytes(31) + b"1"), "owner", SEALED, id="another key"),
        pytest.param(SEALER, "another", SEALED, id="another owner"),
        pytest.param(
            SEALER,
            "owner",
            SEALED[:10] + ("B" if SEALED[10] == "A" else "A") + SEALED[11:],
            id="a changed text",
        ),
    ],
)
def test_another_key_owner_or_text_does_not_open(sealer: Sealer, owner: str, text: str) -> None:
    with pytest.raises(SealBrokenError):
        sealer.open(text, owner)


def test_the_first_key_seals_and_all_keys_open() -> None:
    old, new = bytes(32), b"2" * 32
    both = Sealer(lambda: (new, old))
    assert both.open(SEALED, "owner") == "secret"
    renewed = both.renew(SEALED, "owner")
    assert Sealer.of(new).open(renewed, "owner") == "secret"
    assert both.renew(renewed, "owner") == renewed
    with pytest.raises(SealBrokenError):
        SEALER.open(renewed, "owner")


def test_a_text_in_clear_is_sealed_when_it_is_renewed() -> None:
    assert SEALER.open(SEALER.renew("secret", "owner"), "owner") == "secret"
    with pytest.raises(SealBrokenError):
        SEALER.renew(SEALED, "another")


KEYS = {"2": "22" * 32, "3": "33" * 32}


@pytest.mark.parametrize(
    ("document", "secrets"),
    [
        ({}, ["first"]),
        ({"current": 1, "keys": {"2": "22" * 32}}, ["first", "2"]),
        ({"current": 2, "keys": KEYS}, ["2", "3", "first"]),
        ({"current": 3, "oldest": 2, "keys": KEYS}, ["3", "2"]),
        ({"current": 3, "oldest": 3, "keys": KEYS}, ["3"]),
    ],
)
def test_the_current_version_seals_and_none_before_the_oldest_opens(
    document: dict[str, object], secrets: list[str]
) -> None:
    meant = {"first": b"first", "2": bytes.fromhex("22" * 32), "3": bytes.fromhex("33" * 32)}
    versions = KeyVersions.model_validate(document)
    present = versions.secrets(b"first")
    assert present[0] == meant[secrets[0]]
    assert set(present) == {meant[name] for name in secrets}


@pytest.mark.parametrize(
    "document",
    [
        pytest.param({"current": 2}, id="a current version without a key"),
        pytest.param({"oldest": 2}, id="an oldest version after the current one"),
        pytest.param({"keys": {"1": "11" * 32}}, id="a key for version 1"),
        pytest.param({"current": 2, "keys": {"2": "22" * 31}}, id="a short key"),
        pytest.param({"keys": {str(n): "22" * 32 for n in range(2, 12)}}, id="too many keys"),
        pytest.param({"latest": 1}, id="an unknown name"),
    ],
)
def test_a_wrong_document_of_keys_is_refused(document: dict[str, object]) -> None:
    with pytest.raises(ValidationError) as caught:
        KeyVersions.model_validate(document)
    assert "22222222" not in str(caught.value)
