"""A person registers an enterprise, gives rights, mandates and keys on the pages; others see none of it."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from joserfc.jwk import ECKey

from deploy.local.demo.numbers import make_employer_id, make_enterprise_number
from deploy.local.deployment import Endpoints
from services.portal.pages import PAGES
from shared.domain.calendar import local_date, quarter
from tests.directory import later, number_of, rows
from tests.pages import Form, Open, Visitor

pytestmark = pytest.mark.stack

REPRESENTATIVE = "studio.representative"
_numbers = count(41_001)


@pytest.fixture(scope="module")
def owner(visitor: Open, served: Endpoints) -> Visitor:
    """Return the browser of a representative that has just registered an enterprise and manages it."""
    browser = visitor(REPRESENTATIVE)
    register(browser)
    designate(browser, served)
    add(browser, served, REPRESENTATIVE, "userManagement")
    return browser


def register(browser: Visitor) -> str:
    """Register an enterprise and return its number."""
    serial = next(_numbers)
    number = make_enterprise_number(serial)
    browser.get("/access/register")
    browser.submit(
        "/access/register", enterprise_number=number, name=f"Atelier <b>{serial}</b>", language="fr",
        employer_id=str(make_employer_id(4_000 + serial % 1_000)), category="010", active_from="2026-11-01",
    )  # fmt: skip
    return number


def person_fields(served: Endpoints, name: str) -> dict[str, Any]:
    user = served.data.users[name]
    return {
        "ssin": user.ssin, "given_name": user.given_name, "family_name": user.family_name,
        "language": user.language,
    }  # fmt: skip


def designate(browser: Visitor, served: Endpoints) -> None:
    """Designate the representative as principal access manager of the chosen enterprise."""
    fields = person_fields(served, REPRESENTATIVE)
    browser.get("/access/manager")
    browser.submit(
        "/access/manager", **fields, phone="+3225095959", own_ssin=fields["ssin"], own_phone="+3225095959"
    )
    assert browser.url.endswith("/access/users"), browser.page.text


def add(browser: Visitor, served: Endpoints, name: str, *granted: str) -> str:
    """Add a user with rights and return the user id."""
    browser.get("/access/users/add")
    boxes: dict[str, Any] = {f"right_{right}": "yes" for right in granted}
    browser.submit("/access/users/add", **person_fields(served, name), **boxes)
    assert re.search(r"/access/users/[0-9a-f-]{36}$", browser.url), browser.page.text
    return browser.url.rpartition("/")[2]


def chosen(browser: Visitor) -> str:
    """Return the number of the enterprise for which the person acts."""
    browser.get("/access/users/add")
    return browser.page.form("/access/users/add").fields["organization"]


def confirm(browser: Visitor, action: str) -> None:
    """Confirm an act on the page that shows its effect."""
    assert "Nothing was changed yet" in browser.page.text, browser.page.text
    browser.submit(action)


def test_a_registered_enterprise_is_the_one_for_which_the_person_acts(owner: Visitor, visitor: Open) -> None:
    number = chosen(owner)
    owner.get("/access/registered")
    assert "its e-Box is open" in owner.page.text
    assert f"{number[:4]}.{number[4:7]}.{number[7:]}" in owner.page.text
    assert b"<b>" not in owner.answer.body, "a name is text"


def test_a_registration_that_no_register_confirms_waits_and_shows_its_state(visitor: Open) -> None:
    browser = visitor("hotel.all")
    browser.get("/access/register")
    typed: dict[str, Any] = {
        "enterprise_number": make_enterprise_number(53_001), "employer_id": str(make_employer_id(4_999)),
        "name": "Nieuw", "language": "nl", "category": "010", "active_from": "2026-11-01",
    }  # fmt: skip
    browser.submit("/access/register", **typed | {"employer_id": "12", "category": ""})
    assert browser.answer.status == 400
    html = browser.answer.body.decode()
    assert 'aria-describedby="employer_id-hint employer_id-wrong"' in html
    assert 'role="alert"' in html
    assert browser.page.form("/access/register").fields["name"] == "Nieuw", "nothing typed is lost"
    browser.submit("/access/register", **typed)
    assert re.search(r"/access/registrations/[0-9a-f-]{36}$", browser.url), browser.page.text
    assert "An official decides about it" in browser.page.text
    browser.get("/access/registrations")
    assert "Nieuw" in browser.page.text


def test_an_enterprise_of_others_is_not_registered(owner: Visitor, served: Endpoints) -> None:
    owner.get("/access/register")
    owner.submit(
        "/access/register", enterprise_number=number_of(served, "bakery"), name="Mine", language="fr",
        employer_id=str(make_employer_id(4_998)), category="010", active_from="2026-11-01",
    )  # fmt: skip
    assert owner.answer.status == 400
    assert "registered already" in owner.page.text


async def rights_of(served: Endpoints, number: str, user_id: str) -> set[tuple[str, str | None]]:
    found = await rows(
        served,
        "SELECT what, message_type FROM access.rights WHERE enterprise_number = $1 AND user_id = $2::uuid",
        number, user_id,
    )  # fmt: skip
    return {(row["what"], row["message_type"]) for row in found}


async def test_rights_change_after_a_confirmation_only(owner: Visitor, served: Endpoints) -> None:
    number = chosen(owner)
    user_id = add(owner, served, "bakery.declarer", "declare")
    path = f"/access/users/{user_id}"
    form = owner.page.form(path)
    fields = {name: value for name, value in form.fields.items() if name != "right_declare"}
    owner.post(path, fields | {"right_consult": "yes", "right_ebox_dimonaNegative": "yes"})
    assert "given: Personnel file" in owner.page.text
    assert "given: Read the e-Box (Refused declaration)" in owner.page.text
    assert "taken back: Declare" in owner.page.text
    assert await rights_of(served, number, user_id) == {("declare", None)}
    confirm(owner, path)
    assert await rights_of(served, number, user_id) == {("consult", None), ("ebox", "dimonaNegative")}
    owner.submit(path, end="yes")
    assert "no right in this organization any more" in owner.page.text
    confirm(owner, path)
    assert owner.url.endswith("/access/users")
    assert await rights_of(served, number, user_id) == set()
    assert owner.get(path).status == 404


def test_a_user_without_a_right_is_a_mistake_of_the_form(owner: Visitor, served: Endpoints) -> None:
    owner.get("/access/users/add")
    owner.submit("/access/users/add", **person_fields(served, "bakery.declarer"))
    assert owner.answer.status == 400
    assert "Choose at least one right." in owner.page.text
    assert 'aria-describedby="rights-wrong"' in owner.answer.body.decode()


def test_a_form_counts_for_the_organization_for_which_it_was_opened(
    owner: Visitor, served: Endpoints
) -> None:
    """Another window can choose another enterprise while a form is filled in."""
    number = chosen(owner)
    fields = owner.page.form("/access/users/add").fields
    typed = person_fields(served, "bakery.declarer") | {"right_declare": "yes"}
    other = number_of(served, "studio")
    owner.get("/enterprise")
    owner.submit("/enterprise", organization=other)
    assert owner.post("/access/users/add", fields | typed).status == 409
    assert "you chose another enterprise" in owner.page.text
    owner.get("/enterprise")
    owner.submit("/enterprise", organization=number)


def test_a_mandate_is_proposed_after_its_preview_and_validated_by_the_other_side(
    owner: Visitor, visitor: Open, served: Endpoints
) -> None:
    owner.get("/access/mandates/new")
    owner.submit(
        "/access/mandates/new", side="mandator", other=number_of(served, "provider"), group="dimona",
        begin=later(0), end=later(1),
    )  # fmt: skip
    assert served.data.organizations["provider"].name in owner.page.text
    assert "only an affiliation changes their addressee" in owner.page.text
    confirm(owner, "/access/mandates/new")
    mandate = owner.url.removeprefix(owner.base)
    assert "waits for the other side" in owner.page.text
    other = visitor("provider.principal")
    other.get(mandate)
    other.submit(f"{mandate}/act/validate")
    confirm(other, f"{mandate}/act/validate")
    assert "in force" in other.page.text
    owner.get(mandate)
    owner.submit(f"{mandate}/end", end=quarter(local_date(datetime.now(UTC))))
    confirm(owner, f"{mandate}/end")
    owner.submit(f"{mandate}/act/revoke")
    assert "Declarations that were received before are settled" in owner.page.text
    confirm(owner, f"{mandate}/act/revoke")
    assert "ended" in owner.page.text
    other.get("/access/mandates")
    assert mandate in other.page.links


def test_a_mandate_that_the_directory_refuses_comes_back_with_the_mistake(
    owner: Visitor, served: Endpoints
) -> None:
    owner.get("/access/mandates/new")
    bakery = number_of(served, "bakery")
    owner.submit("/access/mandates/new", side="mandator", other=bakery, group="dimona", begin=later(0))
    assert owner.answer.status == 400
    assert 'aria-describedby="other-wrong"' in owner.answer.body.decode()


def test_an_affiliation_shows_where_notifications_will_go_and_ends(owner: Visitor, served: Endpoints) -> None:
    today = local_date(datetime.now(UTC))
    owner.get("/access/affiliations/new")
    name = served.data.organizations["secretariat"].name
    owner.submit(
        "/access/affiliations/new", secretariat=number_of(served, "secretariat"), valid_from=str(today)
    )
    assert f"go to {name}" in owner.page.text
    confirm(owner, "/access/affiliations/new")
    assert name in owner.page.text
    links = [link for link in owner.page.links if re.fullmatch(r"/access/affiliations/[0-9a-f-]{36}", link)]
    path = links[0]
    owner.get(path)
    owner.submit(path, valid_until=str(today + timedelta(days=9)))
    assert f"The affiliation to {name} ends on" in owner.page.text
    confirm(owner, path)
    assert owner.url.endswith("/access/affiliations")
    owner.get(path)
    assert owner.page.form(path).fields["valid_until"] == str(today + timedelta(days=9))


def form_with(browser: Visitor, end: str) -> Form:
    """Return the form of the page with a target that ends so."""
    return next(form for form in browser.page.forms if form.action.endswith(end))


def test_a_client_gets_a_key_and_a_password_and_the_key_ends(owner: Visitor) -> None:
    owner.get("/access/clients")
    owner.submit("/access/clients", queue="yes")
    path = owner.url.removeprefix(owner.base)
    key = ECKey.generate_key("P-256")
    private = json.dumps(key.as_dict(private=True))
    owner.submit(f"{path}/keys", key=private)
    assert owner.answer.status == 400
    assert "This is a private key" in owner.page.text
    assert key.as_dict(private=True)["d"] not in owner.answer.body.decode()  # type: ignore[operator]
    owner.submit(f"{path}/keys", key="no key")
    assert 'aria-describedby="key-wrong"' in owner.answer.body.decode()
    owner.submit(f"{path}/keys", key=json.dumps(key.as_dict(private=False)), valid_until="2027-12-31")
    assert key.thumbprint() in owner.page.text
    owner.submit(f"{path}/password")
    confirm(owner, f"{path}/password")
    assert "shown only now" in owner.page.text
    owner.get(path)
    form = form_with(owner, "/keys/end")
    owner.post(form.action, form.fields | {"key": key.thumbprint()})
    confirm(owner, f"{path}/keys/end")
    assert key.thumbprint() not in owner.page.text
    owner.submit(f"{path}/queue")
    confirm(owner, f"{path}/queue")
    owner.submit(f"{path}/keys", key=json.dumps(key.as_dict(private=False)))
    assert "had this key before" in owner.page.text


def test_the_log_has_the_changes_and_looks_of_the_organization(owner: Visitor) -> None:
    owner.get("/access/changes")
    assert "Right given" in owner.page.text
    assert "Aline Grisart" in owner.page.text
    owner.get("/access/looks")
    assert "List of users" in owner.page.text


def foreign(owner: Visitor) -> list[str]:
    """Return the addresses with an id that the pages of the owner link to."""
    found: set[str] = set()
    for page in ("users", "mandates", "affiliations", "clients", "registrations"):
        owner.get(f"/access/{page}")
        found |= {link for link in owner.page.links if re.fullmatch(r"/access/\w+/\w[\w-]{20,}", link)}
    return sorted(found)


def test_a_person_of_another_organization_sees_and_changes_nothing(
    owner: Visitor, visitor: Open, served: Endpoints
) -> None:
    """Threat T34: every id in an address is that of another organization."""
    tried = foreign(owner)
    assert len({path.split("/")[2] for path in tried}) >= 3, tried
    other = visitor("nursery.principal")
    other.get("/access/users/add")
    fields: dict[str, Any] = other.page.form("/access/users/add").fields | {"confirmed": "yes", "end": "yes"}
    for path in tried:
        assert other.get(path).status == 404, path
        ends = [
            page.path.split("}", 1)[1].replace("{act}", "revoke")
            for page in PAGES
            if page.method == "POST"
            and re.sub(r"/\{.*", "", page.path) == path.rpartition("/")[0]
            and "}" in page.path
        ]
        for end in ends:
            assert other.post(f"{path}{end}", fields).status in (400, 404), f"{path}{end}"
    assert other.get("/access/clients/..%2Fusers").status == 404


def test_a_person_without_the_right_sees_no_users(visitor: Open) -> None:
    browser = visitor("bakery.declarer")
    assert browser.get("/access").status == 200
    assert browser.get("/access/users").status == 403
    assert browser.get("/access/mandates").status == 200
