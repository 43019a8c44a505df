"""The notifier: one addressee, and the kind of notification."""

from __future__ import annotations

import pytest

from services.notifier.rules import KIND_OF, TYPE_OF, NotificationKind, addressee
from shared.messages import Result

EMPLOYER, SECRETARIAT, SENDER = "0477472701", "0400767772", "0449888671"


@pytest.mark.parametrize(
    ("employer", "entitled", "secretariat", "told"),
    [
        (EMPLOYER, True, None, EMPLOYER),
        (EMPLOYER, True, SECRETARIAT, SECRETARIAT),
        (EMPLOYER, False, None, SENDER),
        (EMPLOYER, False, SECRETARIAT, SENDER),
        (None, False, None, SENDER),
        (None, True, None, SENDER),
    ],
    ids=[
        "employer",
        "his approved secretariat",
        "no right",
        "no right, secretariat",
        "unknown",
        "unknown employer",
    ],
)
def test_one_addressee(employer: str | None, entitled: bool, secretariat: str | None, told: str) -> None:
    """D3, D4, D34."""
    assert addressee(employer, entitled, secretariat, SENDER) == told


def test_an_employer_who_declares_himself_is_told_through_his_secretariat() -> None:
    """Dimona.md §4."""
    assert addressee(EMPLOYER, True, SECRETARIAT, EMPLOYER) == SECRETARIAT


def test_every_result_has_a_kind() -> None:
    assert set(KIND_OF) == set(Result)
    assert KIND_OF[Result.WARNING] is NotificationKind.POSITIVE
    assert KIND_OF[Result.PROVISIONAL] is NotificationKind.PROVISIONAL


def test_kinds_have_the_names_that_are_stored() -> None:
    assert [str(kind) for kind in NotificationKind] == ["positive", "negative", "provisional"]


def test_every_kind_has_its_type_in_an_ebox() -> None:
    assert {kind.name: type_.name for kind, type_ in TYPE_OF.items()} == {
        name: name for name in ("POSITIVE", "NEGATIVE", "PROVISIONAL")
    }
