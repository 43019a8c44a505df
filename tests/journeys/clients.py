"""The journey of a technical client: key, password, queue, scopes and a phone."""

from __future__ import annotations

import json
from itertools import count
from typing import Final

from joserfc.jwk import ECKey

from shared.runtime.keys import read_public_key
from tests.journeys.journey import Journey

_phones: Final = count(470_000_000)  #: national numbers of phones that no other test enrolls


def add_client(journey: Journey) -> None:
    """Add a client with a queue, give it a key and a password, end both, and give it a scope and a phone."""
    journey.open("/access/clients", "clients")
    journey.choose("#queue", "yes")
    journey.send("client")
    journey.fill(key="not a key")
    journey.send("client_key_mistake")
    journey.fill(key=public_key(journey))
    journey.look("client_key")
    journey.send("client_with_key")
    assert journey.element("tbody tr").count() == 1
    journey.follow("form[action$='/password'] button", "password_review")
    journey.send("password")
    journey.follow("main p a >> nth=-1")
    confirm(journey, "form[action$='/keys/end'] button")
    assert journey.element("tbody tr").count() == 0
    confirm(journey, "form[action$='/queue'] button")
    change_scopes(journey)
    enroll_phone(journey)


def change_scopes(journey: Journey) -> None:
    """Give the client a scope, after its effect was shown."""
    journey.follow("main a[href$='/scopes']", "scopes")
    journey.check("input[name=scope_contact]")
    journey.send("scopes_review")
    journey.send("client")


def enroll_phone(journey: Journey) -> None:
    """Enroll a phone for the client, first with a mistake, see its PIN, and end it."""
    journey.follow("main a[href$='/phones']", "phones")
    journey.fill(phone_number="12", phone_label="Reception")
    journey.choose("#language", "fr")
    journey.send("phones_mistake")
    journey.fill(phone_number=f"+32{next(_phones)}")
    journey.send("pin")
    journey.follow("main p a >> nth=-1", "phones")
    confirm(journey, "form[action$='/end'] button")


def confirm(journey: Journey, button: str) -> None:
    """Press the button of an act, look at its effect, and confirm."""
    journey.follow(button, "review")
    journey.send("after_review")


def public_key(journey: Journey) -> str:
    """Return a public key: made in the browser if it has scripts, and one of this test else.

    The private key is in the download only.
    """
    if not journey.way.scripts:
        assert not journey.element("#generator").is_visible()
        return json.dumps(ECKey.generate_key("P-256").as_dict(private=False))
    _, private = journey.download("#generate")
    journey.page.wait_for_selector("#generated:not(:empty)")
    assert private.startswith(b"-----BEGIN PRIVATE KEY-----")
    made = journey.element("#key").input_value()
    assert read_public_key(made).id
    assert json.loads(made).keys() == {"kty", "crv", "x", "y"}
    return made
