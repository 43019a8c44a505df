"""The journeys of an access manager through the data of an enterprise, and of an agent who locks."""

from __future__ import annotations

from typing import Final

from tests.journeys.access import confirm
from tests.journeys.agent import AGENT
from tests.journeys.declaring import DECLARER
from tests.journeys.journey import Journey

PRINCIPAL: Final = "bakery.principal"


def play_managing(journey: Journey) -> None:
    """Change the data of the enterprise and back; give a new client a scope, and a phone that ends again."""
    journey.log_in(PRINCIPAL)
    for language in ("nl", "fr"):
        journey.open("/access/employer", "employer")
        journey.choose("#language", language)
        journey.send("employer_review")
        journey.send("employer")
    journey.open("/access/clients")
    journey.choose("#queue", "no")
    journey.send("client")
    journey.follow("main a[href$='/scopes']", "client_scopes")
    journey.check("input[name=scope_ebox]")
    journey.send("client_scopes_review")
    journey.send("client")
    enroll(journey)
    journey.log_out()


def enroll(journey: Journey) -> None:
    """Enroll a phone for the client that is shown, first with a mistake, and end it."""
    journey.follow("main a[href$='/phones']", "client_phones")
    journey.fill(phone_number="0470", phone_label="Reception")
    journey.choose("#language", "fr")
    journey.send("client_phone_mistake")
    journey.fill(phone_number="+32470112233")
    journey.send("client_pin")
    journey.follow("main p a >> nth=-1", "client_phones")
    confirm(journey, "form[action$='/end'] button")


def play_locking(journey: Journey) -> None:
    """Lock a period of the bakery, and unlock it."""
    journey.log_in(AGENT, "/agents")
    journey.open("/agents/periods")
    journey.fill(employer=journey.document["users"][DECLARER]["enterpriseNumber"])
    journey.send("agent_periods_found")
    journey.follow("tbody a >> nth=0", "agent_period")
    for act in ("lock", "unlock"):
        journey.fill(**{f"{act}-reason": "A report is examined."})
        journey.follow(f"form[action$='/{act}'] button", f"agent_{act}")
        journey.send(f"agent_{act}ed")
    journey.log_out()
