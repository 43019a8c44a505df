"""Operations of the directory for people at a screen: names, previews, own registrations, activity log."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from deploy.local.demo.numbers import make_enterprise_number
from deploy.local.deployment import Endpoints
from shared.domain.calendar import first_day, last_day, local_date
from tests.directory import (
    Caller,
    in_force,
    later,
    make_person,
    managed,
    number_of,
    proposal,
    registration,
    rows,
    user,
)

pytestmark = pytest.mark.stack

REPRESENTATIVE = "bakery.representative"
_numbers = count(52_001)


async def stored(served: Endpoints, number: str) -> list[int]:
    """Return the number of mandates, affiliations and changes that an organization has."""
    return [
        (await rows(served, statement, number))[0]["count"]
        for statement in (
            "SELECT count(*) FROM access.mandate WHERE mandator = $1",
            "SELECT count(*) FROM access.affiliation WHERE employer = $1",
            "SELECT count(*) FROM access.history WHERE $1 = ANY(parties)",
        )
    ]


async def test_the_preview_of_a_mandate_has_its_effect_and_stores_nothing(served: Endpoints) -> None:
    mandator, principal = managed(served, REPRESENTATIVE)
    old = in_force(served, principal, proposal(served, mandator), "provider.principal")
    before = await stored(served, mandator)
    body = proposal(
        served, mandator, "secretariat", beginQuarter=later(1), endQuarter=later(2), replaces=old["id"]
    )
    preview = principal.ask("POST", "/mandates/previews", body)
    assert preview.status == 200, preview.body
    assert preview.json() == {
        "mandator": mandator,
        "mandatorName": (await rows(served, NAME, mandator))[0]["name"],
        "mandatary": number_of(served, "secretariat"),
        "mandataryName": served.data.organizations["secretariat"].name,
        "applicationGroup": "dimona",
        "beginQuarter": later(1),
        "endQuarter": later(2),
        "status": "toFinalize",
        "firstDay": str(first_day(later(1))),
        "lastDay": str(last_day(later(2))),
        "replaced": {
            "mandatary": number_of(served, "provider"),
            "mandataryName": served.data.organizations["provider"].name,
            "lastDay": str(first_day(later(1)) - timedelta(days=1)),
        },
    }
    assert await stored(served, mandator) == before
    wrong = principal.ask("POST", "/mandates/previews", {**body, "beginQuarter": "2020Q1"})
    refused = principal.ask("POST", "/mandates", {**body, "beginQuarter": "2020Q1"})
    assert (wrong.status, wrong.json()["issues"]) == (400, refused.json()["issues"])
    assert user(served, "hotel.representative").ask("POST", "/mandates/previews", body).status == 403


NAME = "SELECT name FROM access.organization WHERE enterprise_number = $1"


async def test_the_preview_of_an_affiliation_has_its_effect_and_stores_nothing(served: Endpoints) -> None:
    employer, principal = managed(served, REPRESENTATIVE)
    secretariat = number_of(served, "secretariat")
    today = local_date(datetime.now(UTC))
    body = {"employer": employer, "secretariat": secretariat, "validFrom": str(today)}
    assert principal.ask("POST", "/affiliations/previews", body).json()["ended"] == []
    first = principal.post("/affiliations", body)
    assert first["secretariatName"] == served.data.organizations["secretariat"].name
    planned = principal.post("/affiliations", {**body, "validFrom": str(today + timedelta(days=90))})
    before = await stored(served, employer)
    preview = principal.post("/affiliations/previews", {**body, "validFrom": str(today + timedelta(days=30))})
    assert [(each["id"], each["validUntil"]) for each in preview["ended"]] == [
        (first["id"], str(today + timedelta(days=29)))
    ]
    assert [each["id"] for each in preview["removed"]] == [planned["id"]]
    assert await stored(served, employer) == before
    assert user(served, "secretariat.principal").ask("POST", "/affiliations/previews", body).status == 403


async def test_mandates_and_affiliations_have_the_names_of_both_sides(served: Endpoints) -> None:
    mandator, principal = managed(served, REPRESENTATIVE)
    mandate = in_force(served, principal, proposal(served, mandator), "provider.principal")
    (name,) = await rows(served, NAME, mandator)
    provider = number_of(served, "provider")
    seen = user(served, "provider.principal").get(f"/organizations/{provider}/mandates?pageSize=1000")
    (found,) = [each for each in seen["items"] if each["id"] == mandate["id"]]
    assert found["mandatorName"] == name["name"]
    assert found["mandataryName"] == served.data.organizations["provider"].name


def test_a_person_sees_the_own_registrations_only(served: Endpoints) -> None:
    caller = user(served, "hotel.all")
    body = registration(enterpriseNumber=make_enterprise_number(next(_numbers)))
    pending = caller.ask("POST", "/employers", body).json()
    assert pending["id"] in {each["id"] for each in caller.get("/users/self/registrations")["items"]}
    stranger = user(served, "studio.representative").get("/users/self/registrations")
    assert pending["id"] not in {each["id"] for each in stranger["items"]}


def test_the_users_come_with_the_rights_that_the_caller_may_give(served: Endpoints) -> None:
    number = number_of(served, "bakery")
    path = f"/organizations/{number}/users"
    assert user(served, "bakery.principal").get(path)["grantable"] == ["userManagement"]
    local = user(served, "bakery.local").get(path)["grantable"]
    assert local == ["declare", "consult", "ebox", "eboxManagement", "contest"]
    assert user(served, "authority.agent").get(path)["grantable"] == ["legalRepresentation"]


def logged(caller: Caller, path: str) -> list[dict[str, Any]]:
    """Return all entries of a log, read two at a time."""
    seen: list[dict[str, Any]] = []
    following = ""
    while True:
        page = caller.get(f"{path}?pageSize=2{following}")
        seen += page["items"]
        if "nextBefore" not in page:
            return seen
        following = f"&before={page['nextBefore']}"


async def test_the_changes_of_an_organization_name_its_own_users_only(served: Endpoints) -> None:
    mandator, principal = managed(served, REPRESENTATIVE)
    person = make_person()
    added = {"person": person, "rights": [{"right": "userManagement"}]}
    principal.post(f"/organizations/{mandator}/users", added)
    in_force(served, principal, proposal(served, mandator), "provider.principal")
    seen = logged(principal, f"/organizations/{mandator}/changes")
    kinds = [each["type"].removeprefix("be.nsso.dimona.v1.") for each in seen]
    assert kinds[:3] == ["mandates.notify.changed", "mandates.notify.changed", "mandates.notify.added"]
    assert "author" not in seen[0], "a user of another organization"
    assert seen[0]["userId"] == served.data.users["provider.principal"].user_id
    assert "author" in seen[1]
    given = next(each for each in seen if each.get("after", {}).get("what") == "userManagement")
    assert given["subject"] == {name: person[name] for name in ("familyName", "givenName")}
    assert len({each["id"] for each in seen}) == len(seen)
    others = user(served, "hotel.representative")
    assert others.ask("GET", f"/organizations/{mandator}/changes").status == 403
    assert others.ask("GET", f"/organizations/{mandator}/looks").status == 403


async def test_the_looks_of_an_organization_are_those_of_its_users_for_it(served: Endpoints) -> None:
    number, principal = managed(served, REPRESENTATIVE)
    agent = user(served, "authority.agent")
    for _ in range(3):
        principal.get(f"/organizations/{number}/users")
    agent.get(f"/organizations/{number}/users")
    seen = logged(principal, f"/organizations/{number}/looks")
    assert [each["operation"] for each in seen].count("listUsers") == 3
    assert all("author" in each for each in seen)
    assert len({each["id"] for each in seen}) == len(seen)
    for wrong in ("x", "1_x", f"{'9' * 18}_1"):
        assert principal.ask("GET", f"/organizations/{number}/looks?before={wrong}").status == 400
