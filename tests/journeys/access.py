"""The journeys about access: first steps of an enterprise, mandates, and a registration that waits."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import Final

from deploy.local.demo.numbers import make_employer_id, make_enterprise_number
from deploy.local.demo.users import USERS
from tests.directory import make_person
from tests.journeys.clients import add_client, confirm
from tests.journeys.declaring import DECLARER, correct, declare
from tests.journeys.ebox import contest, read
from tests.journeys.journey import Journey, day

REPRESENTATIVE: Final = "bakery.representative"
PROVIDER: Final = "provider.principal"
MANDATOR: Final = "hotel.representative"
#: Enterprises of the register without employer; other tests begin at the other end of these numbers.
_numbers: Final = count(41_500)


def play_enterprise(journey: Journey, ssin: str) -> str:
    """Take the first steps of an enterprise, up to a declaration that is contested and corrected.

    Register it, name managers, give rights to a colleague, and add a client. Return its name.
    """
    journey.log_in(REPRESENTATIVE)
    name = register(journey)
    designate(journey)
    give_rights(journey)
    rename(journey, f"{name} SRL")
    add_client(journey)
    number = declare(journey, ssin, day(1))
    read(journey, number)
    contest(journey)
    correct(journey, number, "out", end_date=day(40))
    journey.log_out()
    return name


def play_mandates(journey: Journey, name: str) -> None:
    """Propose a mandate of the enterprise with this name, affiliate it, and see the activity log.

    The provider validates, shortens and revokes the mandate. Another employer begins to replace one.
    """
    journey.log_in(REPRESENTATIVE)
    journey.open("/enterprise", "enterprise")
    journey.follow(f"button:has-text('{name}')")
    propose_mandate(journey)
    affiliate(journey)
    for page in ("", "/changes", "/looks"):
        journey.open(f"/access{page}", page.removeprefix("/") or "access")
    journey.log_out()
    end_mandate(journey, name)
    replace_mandate(journey)


def end_mandate(journey: Journey, name: str) -> None:
    """Validate, shorten and revoke the mandate of an enterprise as its provider."""
    journey.log_in(PROVIDER)
    journey.open("/access/mandates", "mandates")
    journey.follow(f"tr:has-text('{name}') a", "mandate")
    confirm(journey, "form[action$='/act/validate'] button")
    journey.choose("#end", 1)
    confirm(journey, "form[action$='/end'] button")
    confirm(journey, "form[action$='/act/revoke'] button")
    journey.log_out()


def replace_mandate(journey: Journey) -> None:
    """Begin to replace a mandate in force, with a mistake."""
    journey.log_in(MANDATOR)
    journey.open("/access/mandates", "mandates")
    journey.follow("tbody a >> nth=0", "mandate")
    journey.follow("a[href$='/replace']", "replace")
    journey.fill(other="0477472700")
    journey.choose("#begin", 1)
    journey.send("replace_mistake")
    journey.log_out()


def play_registration(journey: Journey) -> None:
    """Register an enterprise as a person that the register does not name: an official decides."""
    journey.log_in(DECLARER)
    register(journey)
    journey.follow("main a[href^='/access/registrations/']", "pending")
    journey.log_out()


def register(journey: Journey) -> str:
    """Register an enterprise: first with a mistake, then well. Return its name."""
    serial = next(_numbers)
    name = f"Atelier {serial}"
    journey.open("/access/registrations", "registrations")
    journey.follow("a[href='/access/register']", "register")
    journey.fill(
        enterprise_number="0477472700", employer_id=str(make_employer_id(5_000 + serial % 1_000)),
        name=name, category="010", active_from="2026-11-01",
    )  # fmt: skip
    journey.choose("#language", "fr")
    journey.send("register_mistake")
    number = journey.element("#enterprise_number")
    assert number.get_attribute("aria-describedby") == "enterprise_number-wrong"
    journey.fill(enterprise_number=make_enterprise_number(serial))
    journey.send("receipt")
    return name


def designate(journey: Journey) -> None:
    """Designate the representative itself as principal access manager, as in a small enterprise."""
    journey.follow("main a[href='/access/manager']", "designate")
    fill_person(journey, own())
    journey.fill(phone="+3225095959", own_ssin="12", own_phone="+3225095959")
    journey.send("designate_mistake")
    journey.fill(own_ssin=own()["ssin"])
    journey.send("designate_review")
    journey.send("users")
    assert journey.page.url.endswith("/access/users")


def give_rights(journey: Journey) -> None:
    """Make the representative a local manager that also declares, and give rights to a colleague."""
    add_user(journey, own(), "userManagement")
    change_rights(journey, "declare", "consult", "contest", "ebox")
    add_user(journey, make_person(), "declare")  # a login of the demo would get a second organization
    change_rights(journey, "consult", "ebox_dimonaNegative")
    journey.open("/access/users", "matrix")


def change_rights(journey: Journey, *rights: str) -> None:
    """Give more rights on the page of a user, after their effect was shown."""
    for right in rights:
        journey.check(f"input[name=right_{right}]")
    journey.follow("main form button >> nth=0", "rights_review")
    journey.send("user")
    assert journey.element(f"input[name=right_{rights[0]}]").is_checked()


def add_user(journey: Journey, person: Mapping[str, str], right: str) -> None:
    """Give a person a right in the enterprise: first without any right, which is a mistake."""
    journey.open("/access/users/add", "add_user")
    fill_person(journey, person)
    journey.send("add_user_mistake")
    journey.check(f"input[name=right_{right}]")
    journey.send("user")


def propose_mandate(journey: Journey) -> None:
    """Propose a mandate to the provider of the demo, after its preview."""
    journey.open("/access/mandates", "mandates")
    journey.follow("a[href='/access/mandates/new']", "mandate_form")
    journey.choose("#side", "mandator")
    journey.fill(other=number_of(journey, PROVIDER))
    journey.choose("#group", "dimona")
    journey.choose("#begin", 1)
    journey.send("mandate_review")
    journey.send("mandate")


def affiliate(journey: Journey) -> None:
    """Affiliate the enterprise to the secretariat of the demo, and end that, each after its preview."""
    journey.open("/access/affiliations/new", "affiliation_form")
    journey.fill(secretariat=number_of(journey, "secretariat.principal"), valid_from=day(30))
    journey.send("affiliation_review")
    journey.send("affiliations")
    journey.follow("tbody a >> nth=0", "affiliation_end")
    journey.fill(valid_until=day(60))
    journey.send("affiliation_end_review")
    journey.send("affiliations")


def rename(journey: Journey, name: str) -> None:
    """Change the name of the enterprise, after its effect was shown."""
    journey.open("/access/employer", "employer_data")
    journey.fill(name=name)
    journey.send("employer_review")
    journey.send("employer_data")


def fill_person(journey: Journey, person: Mapping[str, str]) -> None:
    """Fill number, names and language of a person into the form."""
    journey.fill(ssin=person["ssin"], given_name=person["givenName"], family_name=person["familyName"])
    journey.choose("#language", person["language"])


def own() -> Mapping[str, str]:
    """Return number, names and language of the legal representative."""
    return next(user.person() for user in USERS if user.name == REPRESENTATIVE)


def number_of(journey: Journey, name: str) -> str:
    """Return the enterprise number of the organization of a person of the demo."""
    number: str = journey.document["users"][name]["enterpriseNumber"]
    return number
