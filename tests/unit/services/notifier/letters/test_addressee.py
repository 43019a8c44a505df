"""The one addressee of a notification."""

from __future__ import annotations

import pytest

from services.notifier.letters.rules.addressee import addressee

EMPLOYER, SECRETARIAT, SENDER = "0477472701", "0400767772", "0449888671"


@pytest.mark.parametrize(
    ("employer", "entitled", "secretariat", "number"),
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
def test_a_notification_has_one_addressee(
    employer: str | None, entitled: bool, secretariat: str | None, number: str
) -> None:
    """See decisions D3, D4, D34."""
    assert addressee(employer, entitled, secretariat, SENDER) == number


def test_the_secretariat_is_addressee_of_declarations_by_its_affiliate() -> None:
    assert addressee(EMPLOYER, True, SECRETARIAT, EMPLOYER) == SECRETARIAT
