"""Employers, managers and users through the API, on the real database."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from deploy.local.demo.numbers import make_provisional_employer_id
from deploy.local.deployment import Endpoints
from shared.domain.rights import AUTHORITY
from tests.directory import Caller, make_person, managed, refusals, registration, rows, user

pytestmark = pytest.mark.stack

REPRESENTATIVE = "bakery.representative"


async def test_a_registered_employer_has_an_ebox_and_a_representative(served: Endpoints) -> None:
    body = registration(dailyRegistration=True)
    number = body["enterpriseNumber"]
    answer = user(served, REPRESENTATIVE).ask("POST", "/employers", body)
    assert answer.status == 201
    assert answer.headers["location"] == f"/employers/{number}"
    assert answer.json() == {**body, "provincialOrLocal": False, "securedChannelOnly": False}
    eboxes = await rows(served, "SELECT * FROM access.eboxes WHERE enterprise_number = $1", number)
    assert [(row["name"], row["language"]) for row in eboxes] == [(body["name"], "nl")]
    (right,) = await rows(served, "SELECT * FROM access.rights WHERE enterprise_number = $1", number)
    representative = served.data.users[REPRESENTATIVE]
    assert (str(right["user_id"]), right["what"]) == (representative.user_id, "legalRepresentation")
    # In the one transaction of the registration, as its history shows.
    history = await rows(
        served, "SELECT type, xid::text, changed_by FROM access.history WHERE $1 = ANY(parties)", number
    )
    assert {row["type"] for row in history} == {
        f"{what}.notify.added" for what in ("organizations", "employers", "eboxes", "rights")
    }
    assert len({row["xid"] for row in history}) == 1
    assert {str(row["changed_by"]) for row in history} == {representative.user_id}


@pytest.mark.parametrize("taken", ["enterpriseNumber", "employerId"])
async def test_a_number_is_registered_once(served: Endpoints, taken: str) -> None:
    first, second = registration(), registration()
    user(served, REPRESENTATIVE).post("/employers", first)
    answer = user(served, REPRESENTATIVE).ask("POST", "/employers", {**second, taken: first[taken]})
    assert answer.status == 409
    for table in ("organization", "employer", "ebox"):
        of = f"SELECT 1 FROM access.{table} WHERE enterprise_number = $1"  # noqa: S608
        assert await rows(served, of, second["enterpriseNumber"]) == []


async def test_a_foreign_organization_or_the_authority_cannot_be_registered(served: Endpoints) -> None:
    caller = user(served, REPRESENTATIVE)
    answer = caller.ask("POST", "/employers", registration(enterpriseNumber=AUTHORITY))
    assert (answer.status, answer.json()["detail"]) == (403, "The authority itself cannot be registered")
    assert (await refusals(served, caller, "registerEmployer"))[-1:] == [[AUTHORITY]]
    stranger = Caller(served, "8c7d5a0e-5b55-4b1a-9d65-0d1b6f3b9c11")
    assert stranger.ask("POST", "/employers", registration()).status == 403


@pytest.mark.parametrize(
    "decided",
    [
        {"provincialOrLocal": True},
        {"securedChannelOnly": True},
        {"subEntities": ["0100"]},
        {"activeUntil": "2030-12-31"},
    ],
)
async def test_a_registration_cannot_set_fields_of_the_authority(
    served: Endpoints, decided: dict[str, Any]
) -> None:
    body = registration(**decided)
    (field,) = decided
    answer = user(served, REPRESENTATIVE).ask("POST", "/employers", body)
    assert (answer.status, answer.json()["detail"]) == (403, f"The authority decides about {field}")
    assert user(served, "authority.agent").post("/employers", body)[field] == decided[field]


async def test_an_agent_withdraws_and_grants_a_representation(served: Endpoints) -> None:
    body = registration()
    user(served, REPRESENTATIVE).post("/employers", body)
    agent, users = user(served, "authority.agent"), f"/organizations/{body['enterpriseNumber']}/users"
    path = f"{users}/{served.data.users[REPRESENTATIVE].user_id}/rights"
    assert agent.ask("PUT", path, {"rights": [{"right": "declare"}]}).status == 403
    assert agent.ask("PUT", path, {"rights": []}).status == 200
    told = agent.post(users, {"person": make_person(), "rights": [{"right": "legalRepresentation"}]})
    assert agent.get(users)["items"] == [told]


@pytest.mark.parametrize(
    ("change", "issue", "name"),
    [
        ({"enterpriseNumber": "0477472702"}, "invalidStructure", "enterpriseNumber"),
        ({"employerId": 125482498}, "invalidStructure", "employerId"),
        ({"employerId": "125482497"}, "schemaViolation", "employerId"),
        ({"activeFrom": "2026-13-01"}, "schemaViolation", "activeFrom"),
        ({"activeFrom": 1767225600}, "schemaViolation", "activeFrom"),
        ({"activeUntil": "2019-12-31"}, "invalidPeriod", "activeUntil"),
        ({"name": "a\x00b"}, "schemaViolation", "name"),
        ({"name": ""}, "schemaViolation", "name"),
        ({"language": "en"}, "schemaViolation", "language"),
        ({"category": "10"}, "schemaViolation", "category"),
        ({"subEntities": []}, "schemaViolation", "subEntities"),
        ({"securedChannelOnly": "yes"}, "schemaViolation", "securedChannelOnly"),
        ({"employer_id": 125482497}, "unknownInput", "employer_id"),
        ({"status": "active"}, "unknownInput", "status"),
    ],
)
async def test_an_invalid_registration_is_refused(
    served: Endpoints, change: dict[str, Any], issue: str, name: str
) -> None:
    answer = user(served, REPRESENTATIVE).ask("POST", "/employers", registration(**change))
    assert answer.status == 400
    (found,) = answer.json()["issues"]
    assert (found["type"].rpartition(":")[2], found["name"], found["in"]) == (issue, name, "body")
    assert "value" not in found


@pytest.mark.parametrize(("level", "status"), [(0, 403), (300, 401), (350, 401), (400, 201)])
async def test_registering_needs_a_login_by_identity_card(served: Endpoints, level: int, status: int) -> None:
    assert user(served, REPRESENTATIVE, level).ask("POST", "/employers", registration()).status == status


async def test_an_employer_is_read_by_its_own_people_and_by_agents(served: Endpoints) -> None:
    path = f"/employers/{served.data.organizations['bakery'].enterprise_number}"
    for name in ("bakery.reader", "bakery.principal", "authority.agent"):
        assert user(served, name, 300).get(path)["dailyRegistration"] is True
    client = served.data.client_of("bakery").client_id
    assert Caller(served, client, 0).get(path)["language"] == "fr"
    stranger = user(served, "provider.principal", 300)
    there, not_there = stranger.ask("GET", path), stranger.ask("GET", "/employers/0477472701")
    assert there.status == not_there.status == 404
    assert there.json() | {"instance": ""} == not_there.json() | {"instance": ""}
    numbers = [[path.rpartition("/")[2]], ["0477472701"]]
    assert (await refusals(served, stranger, "readEmployer"))[-2:] == numbers


async def test_an_employer_and_the_authority_change_their_own_fields(served: Endpoints) -> None:
    number, manager = managed(served, REPRESENTATIVE)
    path = f"/employers/{number}"
    answer = manager.ask("PATCH", path, {"name": "Renamed", "language": "de", "dailyRegistration": True})
    assert (answer.status, answer.json()["name"], answer.json()["language"]) == (200, "Renamed", "de")
    answer = manager.ask("PATCH", path, {"name": "Again", "securedChannelOnly": True, "category": "011"})
    assert answer.status == 403
    assert "category, securedChannelOnly" in answer.json()["detail"]
    assert manager.get(path)["name"] == "Renamed"
    assert await refusals(served, manager, "changeEmployer") == [[number]]
    agent = user(served, "authority.agent")
    ended = agent.ask("PATCH", path, {"securedChannelOnly": True, "activeUntil": "2030-12-31"})
    assert (ended.status, ended.json()["activeUntil"]) == (200, "2030-12-31")
    assert "activeUntil" not in agent.ask("PATCH", path, {"activeUntil": None}).json()
    assert agent.ask("PATCH", path, {"activeUntil": "2019-01-01"}).status == 400
    nothing = agent.ask("PATCH", path, {"activeFrom": None})
    assert (nothing.status, nothing.json()["issues"][0]["name"]) == (400, "activeFrom")
    (row,) = await rows(served, "SELECT * FROM access.employers WHERE enterprise_number = $1", number)
    assert (row["secured_channel_only"], row["active_until"]) == (True, None)
    first, *_ = await rows(
        served,
        """SELECT before, after FROM access.history
        WHERE type = 'employers.notify.changed' AND $1 = ANY(parties) ORDER BY id""",
        number,
    )
    before, after = json.loads(first["before"]), json.loads(first["after"])
    assert (before["daily_registration"], after["daily_registration"]) == (False, True)


async def test_only_a_provisional_number_is_replaced(served: Endpoints) -> None:
    body, other = registration(employerId=make_provisional_employer_id(999)), registration()
    representative, agent = user(served, REPRESENTATIVE), user(served, "authority.agent")
    representative.post("/employers", body)
    path = f"/employers/{body['enterpriseNumber']}"
    answer = agent.ask("PATCH", path, {"employerId": other["employerId"]})
    assert (answer.status, answer.json()["employerId"]) == (200, other["employerId"])
    # Rule R43: the personnel file hears of it.
    heard = "SELECT employer_id FROM personnel_file.provisional_numbers WHERE provisional_id = $1"
    for _ in range(400):
        if found := await rows(served, heard, body["employerId"]):
            break
        await asyncio.sleep(0.1)
    assert found == [{"employer_id": other["employerId"]}]
    again = agent.ask("PATCH", path, {"employerId": registration()["employerId"]})
    assert again.status == 400
    assert again.json()["issues"][0]["name"] == "employerId"
