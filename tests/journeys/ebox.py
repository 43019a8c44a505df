"""The journey through the e-Box: labels, attention, letter, contestations, and paper or digital only."""

from __future__ import annotations

import time
from typing import Final

from tests.journeys.declaring import DECLARER, declare
from tests.journeys.journey import Journey, day, patience

#: A label with characters that HTML and addresses quote.
LABEL: Final = "Payroll & <more>"


def play_ebox(journey: Journey, ssin: str) -> None:
    """Read, label and contest a message; contest another one and withdraw that."""
    journey.log_in(DECLARER)
    read(journey, declare(journey, ssin, day(10), day(10)))
    label(journey)
    call_attention(journey)
    read_letter(journey)
    contest(journey)
    read(journey, declare(journey, ssin, day(11), day(11)))
    contest(journey)
    journey.follow("form[action$='/withdrawal'] button >> nth=0", "withdrawn")
    agree_to_digital_only(journey)
    arrange(journey)
    journey.log_out()


def read(journey: Journey, number: str) -> None:
    """Open the newest message, until it is that about the declaration."""
    end = patience()
    while True:
        journey.open("/ebox")
        journey.follow("tbody a >> nth=0")
        if journey.element(f"a[href='/declarations/{number}']").count():
            break
        assert time.monotonic() < end, "the message about the declaration"
    journey.look("message")


def label(journey: Journey) -> None:
    """Put a label on the message, see it, and take it away."""
    add = "form[action$='/labels']:has(#label)"
    journey.fill(label=LABEL)
    journey.follow(f"{add} button", "labeled")
    journey.follow("form[action$='/labels'] button[name=take]", "message")
    assert journey.element("form[action$='/labels'] button[name=take]").count() == 0
    journey.fill(label="Payroll")
    journey.check(f"{add} input[name=for_all]")
    journey.follow(f"{add} button", "labeled")


def call_attention(journey: Journey) -> None:
    """Name a colleague: first with a wrong number, then oneself, and take the mark away."""
    message = journey.page.url.removeprefix(journey.base)
    journey.follow("a[href$='/attention']", "attention")
    journey.fill(colleague="12")
    journey.send("attention_mistake")
    journey.fill(colleague=journey.document["users"][DECLARER]["user_id"])
    journey.send("attention_called")
    journey.follow("button[name=take]", "attention")
    journey.follow(f"main a[href='{message}']", "message")


def read_letter(journey: Journey) -> None:
    """Read the letter, which is a document of its own, and go back."""
    journey.follow("a[href$='/letter']")
    assert journey.element("body").inner_text().strip()
    with journey.page.expect_navigation():
        journey.page.go_back()


def contest(journey: Journey) -> None:
    """Contest the notification of the message."""
    journey.fill(reason="The worker began a day later.")
    journey.send("contestations")
    assert journey.page.url.endswith("/contestations")


def agree_to_digital_only(journey: Journey) -> None:
    """Agree to digital documents only, and withdraw that."""
    journey.open("/ebox/preferences", "preferences")
    for _ in range(2):
        journey.follow("form[action='/ebox/preferences'] button", "preferences")


def arrange(journey: Journey) -> None:
    """Show the messages with a label, the oldest first."""
    journey.open("/ebox", "ebox")
    journey.choose("select[name=label]", "Payroll")
    journey.choose("select[name=sort]", -1)
    journey.follow("form[action='/ebox'] button >> nth=0", "arranged")
    assert journey.element("tbody tr").count() > 0
