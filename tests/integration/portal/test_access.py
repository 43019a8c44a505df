"""A person registers an enterprise, gives rights, mandates and keys on the pages; others see none of it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from deploy.local.demo.numbers import make_employer_id, make_enterprise_number
from deploy.local.deployment import Endpoints
from services.portal.pages import PAGES
from shared.domain.calendar import local_date, quarter
from tests.directory import later, number_of, rows
from tests.integration.portal.enterprises import add, confirm, person_fields
from tests.pages import Open, Visitor

pytestmark = pytest.mark.stack

ABSENT = "123e4567-e89b-42d3-a456-426614174000"


def chosen(browser: Visitor) -> str:
    """Return the number of the enterprise for which the person acts."""
    browser.get("/access/users/add")
    return browser.page.form("/access/users/add").fields["organization"]


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


def test_a_manager_changes_the_data_of_the_enterprise(owner: Visitor, visitor: Open) -> None:
    owner.get("/access/employer")
    name = owner.page.form("/access/employer").fields["name"]
    owner.submit("/access/employer", name="")
    assert owner.answer.status == 400
    owner.submit("/access/employer", name=f"{name} & fils", language="nl")
    assert f"Name of the enterprise: {name} becomes {name} & fils." in owner.page.text
    assert "Language of letters: French becomes Dutch." in owner.page.text
    confirm(owner, "/access/employer")
    assert owner.url.endswith("/access/employer")
    assert f"{name} & fils" in owner.page.text
    owner.submit("/access/employer", name=name, language="fr")
    confirm(owner, "/access/employer")
    declarer = visitor("bakery.declarer")
    declarer.get("/access/employer")
    assert declarer.answer.status == 200
    assert "/access/employer" not in [form.action for form in declarer.page.forms]


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
            page.path.split("}", 1)[1].replace("{act}", "revoke").replace("{id:uuid}", ABSENT)
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
