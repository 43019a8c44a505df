"""Sealed secrets open with their key and for their owner only."""

from __future__ import annotations

import pytest

from shared.runtime.sealing import SealBrokenError, Sealer, is_sealed

SEALER = Sealer(bytes(32))
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
        pytest.param(Sealer(bytes(31) + b"1"), "owner", SEALED, id="another key"),
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
