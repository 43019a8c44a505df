"""The journey of a legal representative through the pages about access, in Debian's Chromium."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Final

from joserfc.jwk import ECKey

from deploy.local.demo.numbers import make_employer_id, make_enterprise_number
from deploy.local.demo.users import USERS
from shared.domain.calendar import local_date
from shared.runtime.keys import read_public_key
from tests.directory import make_person
from tests.journeys import Journey

PERSON: Final = "bakery.representative"
#: Enterprises of the register without employer; other tests begin at the other end of these numbers.
_numbers: Final = count(41_500)


def play_access(journey: Journey) -> None:
    """Register an enterprise, name managers, give rights, propose a mandate, and add a client with a key."""
    journey.log_in(PERSON)
    register(journey)
    designate(journey)
    give_rights(journey)
    propose_mandate(journey)
    affiliate(journey)
    add_client(journey)
    for path, name in (("/access", "access"), ("/access/changes", "changes"), ("/access/looks", "looks")):
        journey.open(path, name)
    journey.log_out()


def register(journey: Journey) -> None:
    """Register an enterprise: first with a mistake, then well."""
    page, serial = journey.page, next(_numbers)
    journey.open("/access/registrations", "registrations")
    page.locator("a[href='/access/register']").click()
    journey.look("register")
    page.fill("#enterprise_number", "0477472700")
    page.fill("#employer_id", str(make_employer_id(5_000 + serial % 1_000)))
    page.fill("#name", f"Atelier {serial}")
    page.select_option("#language", "fr")
    page.fill("#category", "010")
    page.fill("#active_from", "2026-11-01")
    send(journey)
    assert page.locator("#enterprise_number").get_attribute("aria-describedby") == "enterprise_number-wrong"
    journey.look("register_mistake")
    page.fill("#enterprise_number", make_enterprise_number(serial))
    send(journey)
    page.wait_for_url("**/access/registered")
    journey.look("receipt")


def designate(journey: Journey) -> None:
    """Designate the representative itself as principal access manager, as in a small enterprise."""
    journey.page.locator("main a[href='/access/manager']").click()
    journey.look("designate")
    fill_person(journey, own())
    journey.page.fill("#phone", "+3225095959")
    journey.page.fill("#own_ssin", own()["ssin"])
    journey.page.fill("#own_phone", "+3225095959")
    send(journey)
    journey.page.wait_for_url("**/access/users")
    journey.look("users")


def give_rights(journey: Journey) -> None:
    """Make the representative a local manager, add a colleague, and change the rights of the colleague."""
    page = journey.page
    add_user(journey, own(), "userManagement")
    add_user(journey, make_person(), "declare")  # a login of the demo would get a second organization
    page.check("input[name=right_consult]")
    page.check("input[name=right_ebox_dimonaNegative]")
    page.locator("main form button").first.click()
    journey.look("rights_review")
    send(journey)
    page.wait_for_url("**/access/users/*")
    assert page.locator("input[name=right_consult]").is_checked()
    journey.open("/access/users", "matrix")


def add_user(journey: Journey, person: Mapping[str, str], right: str) -> None:
    """Give a person a right in the enterprise."""
    journey.open("/access/users/add", "add_user")
    fill_person(journey, person)
    journey.page.check(f"input[name=right_{right}]")
    send(journey)
    journey.page.wait_for_url("**/access/users/*-*")
    journey.look("user")


def propose_mandate(journey: Journey) -> None:
    """Propose a mandate to the provider of the demo, after its preview."""
    page = journey.page
    journey.open("/access/mandates", "mandates")
    page.locator("a[href='/access/mandates/new']").click()
    journey.look("mandate_form")
    page.select_option("#side", "mandator")
    page.fill("#other", number_of(journey, "provider.principal"))
    page.select_option("#group", "dimona")
    page.select_option("#begin", index=1)
    send(journey)
    journey.look("mandate_review")
    send(journey)
    page.wait_for_url("**/access/mandates/*-*")
    journey.look("mandate")


def affiliate(journey: Journey) -> None:
    """Affiliate the enterprise to the secretariat of the demo, after the preview."""
    page = journey.page
    journey.open("/access/affiliations/new", "affiliation_form")
    page.fill("#secretariat", number_of(journey, "secretariat.principal"))
    page.fill("#valid_from", str(local_date(datetime.now(UTC)) + timedelta(days=30)))
    send(journey)
    journey.look("affiliation_review")
    send(journey)
    page.wait_for_url("**/access/affiliations")
    journey.look("affiliations")
    page.locator("tbody a").first.click()
    journey.look("affiliation_end")


def add_client(journey: Journey) -> None:
    """Add a client with a queue, give it a key and a password, and end the key."""
    page = journey.page
    journey.open("/access/clients", "clients")
    page.select_option("#queue", "yes")
    send(journey)
    page.wait_for_url("**/access/clients/client_*")
    journey.look("client")
    page.fill("#key", public_key(journey))
    journey.look("client_key")
    send(journey)
    page.wait_for_selector("tbody tr")
    journey.look("client_with_key")
    page.locator("form[action$='/password'] button").click()
    journey.look("password_review")
    send(journey)
    journey.look("password")
    page.locator("main p a").last.click()
    page.locator("form[action$='/keys/end'] button").click()
    journey.look("key_review")
    send(journey)
    page.wait_for_url("**/access/clients/client_*")
    assert page.locator("tbody tr").count() == 0


def public_key(journey: Journey) -> str:
    """Return a public key: made in the browser if it has scripts, and one of this test else.

    The private key is in the download only.
    """
    page = journey.page
    if not journey.scripts:
        assert not page.locator("#generator").is_visible()
        return json.dumps(ECKey.generate_key("P-256").as_dict(private=False))
    with page.expect_download() as download:
        page.click("#generate")
    page.wait_for_selector("#generated:not(:empty)")
    private = download.value.path().read_text()
    assert private.startswith("-----BEGIN PRIVATE KEY-----")
    made = page.input_value("#key")
    assert read_public_key(made).id
    assert json.loads(made).keys() == {"kty", "crv", "x", "y"}
    return made


def fill_person(journey: Journey, person: Mapping[str, str]) -> None:
    """Fill number, names and language of a person into the form."""
    journey.page.fill("#ssin", person["ssin"])
    journey.page.fill("#given_name", person["givenName"])
    journey.page.fill("#family_name", person["familyName"])
    journey.page.select_option("#language", person["language"])


def send(journey: Journey) -> None:
    """Send the last form of the page."""
    journey.page.locator("main form button").last.click()


def own() -> Mapping[str, str]:
    """Return number, names and language of the legal representative."""
    return next(user.person() for user in USERS if user.name == PERSON)


def number_of(journey: Journey, name: str) -> str:
    """Return the enterprise number of the organization of a person of the demo."""
    number: str = journey.document["users"][name]["enterpriseNumber"]
    return number
