"""The journeys of a person that declares for the own enterprise or for another one, and corrects."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from itertools import pairwise
from typing import Any, Final

from shared.domain.calendar import quarter
from tests.journeys.journey import Journey, day

DECLARER: Final = "bakery.declarer"
CLERK: Final = "secretariat.clerk"
FORM: Final = "/declare/in/XXX/OTH"
#: A number with wrong check digits.
WRONG: Final = "93051822362"


def play_declaring(journey: Journey, ssin: str, person: Mapping[str, Any]) -> str:
    """Declare an IN, a late one, a flexi-job with a day, and a worker by identity data.

    `person` is the worker of a declaration over REST. Return the Dimona number of the last one, which waits
    for an agent.
    """
    journey.log_in(DECLARER)
    journey.open("/today", "today")
    declare_with_a_mistake(journey, ssin)
    declare_late(journey, ssin)
    register_day(journey, ssin)
    number = declare_identity(journey, person)
    journey.log_out()
    return number


def play_correcting(journey: Journey, ssin: str) -> None:
    """Change an open period, end it, declare it anew in another sector, and cancel it."""
    journey.log_in(DECLARER)
    number = declare(journey, ssin, day(1))
    change(journey, number)
    correct(journey, number, "out", end_date=day(40))
    anew = declare_anew(journey, number)
    correct(journey, anew, "cancel")
    journey.log_out()


def play_for_another(journey: Journey, ssin: str) -> None:
    """Choose an employer that gave a mandate: first with a mistake, then from the list. Declare for it."""
    journey.log_in(CLERK)
    journey.open("/enterprise", "enterprise")
    journey.fill(employer="12")
    journey.send("enterprise_mistake")
    journey.follow("form[action='/enterprise/employer'] .grid button >> nth=0", "employer")
    declare(journey, ssin, day(20), day(20))
    journey.open("/enterprise", "enterprise")
    journey.follow("form[action='/enterprise'] button >> nth=0")
    journey.log_out()


def declare(journey: Journey, ssin: str, first: str, last: str = "") -> str:
    """Declare an IN of an ordinary worker, and return its Dimona number after the result."""
    journey.open(FORM)
    journey.fill(ssin=ssin, start_date=first)
    if last:
        journey.fill(end_date=last)
    journey.send()
    return journey.wait_for_results()


def declare_with_a_mistake(journey: Journey, ssin: str) -> None:
    """Choose sector and type, and declare: first with a wrong number, then with the right one."""
    journey.open("/declare", "declare")
    journey.press("summary >> nth=-1")
    journey.follow(f"a[href='{FORM}']", "in")
    journey.fill(ssin=WRONG, start_date=day(2), end_date=day(2))
    wrong = journey.element("#ssin-wrong")
    if journey.way.scripts:  # the mistake is said during input
        assert journey.element("#ssin").get_attribute("aria-invalid") == "true"
        assert wrong.inner_text()
    journey.send("mistake")
    assert journey.element("#ssin").get_attribute("aria-describedby") == wrong.get_attribute("id")
    journey.fill(ssin=ssin)
    journey.send()
    journey.wait_for_results()
    journey.look("result")


def declare_late(journey: Journey, ssin: str) -> None:
    """Declare a day of work in the past, and confirm the warning."""
    journey.open(FORM)
    journey.fill(ssin=ssin, start_date=day(-3), end_date=day(-3))
    journey.send("late")
    journey.send()
    journey.wait_for_results()
    journey.look("result_with_warning")


def register_day(journey: Journey, ssin: str) -> None:
    """Declare a flexi-job by period, register a day of it, change that and withdraw it.

    The period stays in a quarter (rule R17).
    """
    days = [day(later) for later in (1, 2, 3)]
    first, last = next(
        pair for pair in pairwise(days) if len({quarter(date.fromisoformat(each)) for each in pair}) == 1
    )
    journey.open("/declare/in/XXX/FLX", "flexi")
    journey.fill(ssin=ssin, start_date=first, end_date=last)
    journey.send()
    journey.open(f"/declare/day/{journey.wait_for_results()}", "day")
    journey.fill(start_date=first, start_hour="09:00", end_date=first)
    journey.send()
    journey.wait_for_results()
    journey.look("registered")
    changing = "a[href^='/declare/day-change/']"
    registered = str(journey.element(changing).get_attribute("href")).rpartition("/")[2]
    journey.follow(changing, "day_change")
    journey.fill(start_hour="10:00")
    journey.send()
    journey.wait_for_results()
    journey.open(f"/declare/day-cancel/{registered}", "day_cancel")
    journey.send()
    journey.wait_for_results()


def declare_identity(journey: Journey, person: Mapping[str, Any]) -> str:
    """Declare a worker without number: first with a wrong postal code, then with the right one."""
    journey.open(FORM)
    journey.follow("main p a >> nth=-1", "identity")
    address = person["address"]
    journey.fill(
        family_name=person["familyName"], given_name=person["givenName"], birth_date=person["birthDate"],
        place_of_birth=person["placeOfBirth"], street=address["street"],
        house_number=address["houseNumber"], post_code="12", city=address["municipality"]["name"],
        start_date=day(3), end_date=day(3),
    )  # fmt: skip
    for name, code in (
        ("country_of_birth", person["countryOfBirth"]), ("nationality", person["nationality"]),
        ("gender", person["gender"]), ("country", address["country"]),
    ):  # fmt: skip
        journey.choose(f"#{name}", str(code))
    journey.send("identity_mistake")
    journey.fill(post_code=address["postCode"])
    journey.send()
    journey.wait_for_results()
    journey.look("provisional")
    return journey.page.url.rpartition("/")[2]


def change(journey: Journey, number: str) -> None:
    """Find a period by its number, first with a wrong one, and change its first day."""
    journey.open("/declare", "declare")
    journey.fill(period="12")
    journey.follow("button[value=update]", "period_mistake")
    journey.fill(period=number)
    journey.follow("button[value=update]", "update")
    journey.fill(start_date=day(2))
    journey.send()
    journey.wait_for_results()


def correct(journey: Journey, number: str, way: str, **typed: str) -> None:
    """Follow a correction of the page of a period, and send its form."""
    journey.open(f"/periods/{number}", "period")
    journey.follow(f"a[href='/periods/{number}/correct']", "correct")
    journey.follow(f"a[href='/declare/{way}/{number}']", way)
    journey.fill(**typed)
    journey.send()
    journey.wait_for_results()


def declare_anew(journey: Journey, number: str) -> str:
    """Declare a period anew in another sector, with one confirmed step. Return the number of the new one."""
    journey.open(f"/periods/{number}/correct", "correct")
    journey.follow(f"a[href='/declare/anew/{number}']", "features")
    link = f"a[href='/declare/anew/{number}/140/OTH']"
    journey.press(f"details:has({link}) summary")
    journey.follow(link, "anew")
    journey.send("question")
    journey.send()
    number = journey.wait_for_results(2)
    journey.look("corrected")
    return number
