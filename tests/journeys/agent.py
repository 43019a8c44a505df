"""The journey of an agent of the authority through the work lists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from tests.journeys.declaring import DECLARER, WRONG
from tests.journeys.everybody import SUBJECTS
from tests.journeys.journey import Journey, day

AGENT: Final = "authority.officer"
#: Lists of cases with a claim and an answer: the decision about a case of each.
DECISIONS: Final[Mapping[str, str]] = {
    "contestations": "rejected", "reports": "upheld", **dict.fromkeys(SUBJECTS.values(), "answered"),
}  # fmt: skip


def play_agent(journey: Journey, waiting: str, lists: Iterable[str] = DECISIONS) -> None:
    """End the identification of the declaration `waiting`, and answer a case of each of these lists.

    The other journeys make the cases.
    """
    journey.log_in(AGENT, "/agents")
    identify(journey, waiting)
    for name in lists:
        answer(journey, name)
    journey.log_out()


def play_deciding(journey: Journey, employer: str) -> None:
    """Refuse a registration, send a letter, decide an omission of the employer, and lock a late period."""
    journey.log_in(AGENT, "/agents")
    refuse_registration(journey)
    send_letter(journey)
    decide_omission(journey, employer)
    find_periods(journey)
    lock_period(journey)
    journey.log_out()


def identify(journey: Journey, waiting: str) -> None:
    """Name the worker of a declaration with a mistake, and end the case without a worker."""
    path = f"/agents/identifications/{waiting}"
    journey.follow("main a[href='/agents/identifications']", "agent_identifications")
    journey.follow(f"main a[href='{path}']", "agent_identification")
    journey.fill(**{"identify-ssin": WRONG, "identify-reason": "As declared."})
    journey.follow(f"form[action='{path}/identify'] button", "agent_mistake")
    journey.fill(**{"end-reason": "The register has no such person."})
    journey.follow(f"form[action='{path}/end'] button", "agent_end")
    journey.send("agent_ended")
    assert journey.page.url.endswith(path)


def answer(journey: Journey, name: str) -> None:
    """Claim the case of a list that is due first, and answer it."""
    journey.open(f"/agents/{name}", f"agent_{name}")
    journey.follow("tbody a >> nth=0", "agent_case")
    confirm(journey, "claim")
    journey.choose("#answer-state", DECISIONS[name])
    journey.fill(**{"answer-answer": "Thank you for your message."})
    confirm(journey, "answer")


def refuse_registration(journey: Journey) -> None:
    """Refuse the registration that waits longest: accepted, it would be a second organization of a login."""
    journey.open("/agents/registrations", "agent_registrations")
    journey.follow("tbody a >> nth=0", "agent_registration")
    journey.choose("#decide-accepted", "false")
    confirm(journey, "decide")


def send_letter(journey: Journey) -> None:
    """Mark a letter as sent."""
    journey.open("/agents/letters", "agent_letters")
    journey.follow("tbody form button >> nth=0", "agent_letter")
    journey.send("agent_letters")


def decide_omission(journey: Journey, employer: str) -> None:
    """Note the hearing of an employer, and decide: a second agent has to agree."""
    journey.open("/agents/omissions", "agent_omissions")
    journey.follow(f"tr:has-text('{employer}') a", "agent_omission")
    journey.fill(**{"hear-heardOn": day(0), "hear-answer": "The worker was on trial."})
    confirm(journey, "hear")
    journey.choose("#decide-decision", "confirmed")
    journey.fill(**{"decide-reason": "No declaration until the control."})
    confirm(journey, "decide")


def find_periods(journey: Journey) -> None:
    """Search late periods: first without a worker or employer, then of an employer."""
    journey.open("/agents/periods", "agent_periods")
    journey.send("agent_periods_mistake")
    journey.fill(employer=journey.document["users"][DECLARER]["enterpriseNumber"])
    journey.check("input[name=isLate]")
    journey.send("agent_periods_found")


def lock_period(journey: Journey) -> None:
    """Lock the first period that was found, and unlock it."""
    journey.follow("tbody a >> nth=0", "agent_period")
    for act in ("lock", "unlock"):
        journey.fill(**{f"{act}-reason": "The file is with a judge."})
        confirm(journey, act)


def confirm(journey: Journey, act: str) -> None:
    """Send the form of an act, look at the confirmation, and confirm."""
    journey.follow(f"form[action$='/{act}'] button", f"agent_{act}")
    journey.send("agent_case")
