"""Sealed secrets open with their key and for their owner only."""

from __future__ import annotations

import pytest

from shared.runtime.sealing import SealBrokenError, Sealer, is_sealed

SEALER = Sealer(bytes(32))


def test_a_sealed_text_opens_for_its_owner() -> None:
    sealed = SEALER.seal("JBSWY3DPEHPK3PXP", "owner")
    assert is_sealed(sealed)
    assert "JBSWY3DPEHPK3PXP" not in sealed
    assert SEALER.open(sealed, "owner") == "JBSWY3DPEHPK3PXP"
    assert SEALER.seal("JBSWY3DPEHPK3PXP", "owner") != sealed


def test_a_text_in_clear_stays_readable() -> None:
    assert SEALER.open("JBSWY3DPEHPK3PXP", "owner") == "JBSWY3DPEHPK3PXP"


@pytest.mark.parametrize(
    ("sealer", "owner", "spoilt"),
    [(Sealer(bytes(31) + b"1"), "owner", False), (SEALER, "another", False), (SEALER, "owner", True)],
    ids=["another key", "another owner", "a changed text"],
)
def test_another_key_owner_or_text_does_not_open(sealer: Sealer, owner: str, spoilt: bool) -> None:
    sealed = SEALER.seal("secret", "owner")
    with pytest.raises(SealBrokenError):
        sealer.open(sealed[:-2] + ("AA" if spoilt and not sealed.endswith("AA") else sealed[-2:]), owner)
