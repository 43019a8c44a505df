"""The journey through the pages without login, with a complaint."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from typing import Final

from tests.journeys.journey import Journey

_PAGES: Final = (
    ("/", "home"), ("/contact", "contact"), ("/accessibility", "accessibility"), ("/privacy", "privacy"),
    ("/status", "status"), ("/nowhere", "nothing"),
)  # fmt: skip
_MOST_SECONDS: Final = 300
_PAUSE: Final = 5_000  #: milliseconds
#: Subjects of the form, with the names of the lists of agents.
SUBJECTS: Final = {"service": "complaints", "privacy": "privacy"}


def play_everybody(journey: Journey, subjects: Iterable[str] = SUBJECTS) -> None:
    """See the public pages, complain about each of these subjects, and try to confirm an address."""
    for path, name in _PAGES:
        journey.open(path, name)
    for subject in subjects:
        complain(journey, subject)
    journey.open("/complaint/confirmation", "confirmation")
    journey.fill(case="123e4567-e89b-42d3-a456-426614174000", code="0" * 16)
    journey.send("confirmation_mistake")


def complain(journey: Journey, subject: str) -> None:
    """Complain: first with a mistake, then well, up to the receipt."""
    journey.open("/complaint", "complaint")
    journey.check(f"input[name=subject][value={subject}]")
    journey.fill(
        name="Odile Tilquin", address="Rue du Moulin 3, 5000 Namur", enterpriseNumber="12",
        description="I called three times, and nobody answered.",
    )  # fmt: skip
    journey.send("complaint_mistake")
    assert journey.element("#enterpriseNumber").get_attribute("aria-describedby") == "enterpriseNumber-wrong"
    journey.fill(enterpriseNumber="")
    send_when_free(journey)
    journey.look("complaint_receipt")
    assert re.fullmatch(r"[0-9a-f-]{36}", journey.element("dd strong").inner_text())


def send_when_free(journey: Journey) -> None:
    """Send a complaint. The service accepts five of one network address at once, then one per minute."""
    end = time.monotonic() + _MOST_SECONDS
    journey.send()
    while not journey.element("dd strong").count():
        assert time.monotonic() < end, "the receipt of a complaint"
        journey.page.wait_for_timeout(_PAUSE)
        journey.page.go_back()
        journey.send()
