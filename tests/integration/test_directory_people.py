"""Designation of managers, registration of users and granting of rights, through the API."""

from __future__ import annotations

import asyncio
from copy import deepcopy
from typing import Any
from uuid import UUID

import pytest
from argon2 import PasswordHasher

from deploy.local.deployment import Endpoints
from services.access.commands.store import set_factor
from shared.runtime.database import connect
from tests.directory import Caller, make_person, managed, refusals, registration, responsible, rows, user

pytestmark = pytest.mark.stack

REPRESENTATIVE = "bakery.representative"
_HASH = PasswordHasher().hash("correct horse battery")


def designation(endpoints: Endpoints, number: str, **more: Any) -> dict[str, Any]:
    """Return a complete designation."""
    by = responsible(endpoints, REPRESENTATIVE)
    return {"enterpriseNumber": number, "person": make_person(), "responsible": by, **more}


@pytest.fixture(scope="module")
def entity(served: Endpoints) -> str:
    """Return an employer without a principal access manager."""
    body = registration()
    user(served, REPRESENTATIVE).post("/employers", body)
    number: str = body["enterpriseNumber"]
    return number


@pytest.mark.parametrize(
    ("lacks", "named"),
    [
        ([("enterpriseNumber",)], ["enterpriseNumber"]),
        ([("person", "ssin")], ["person.ssin"]),
        ([("person", "phone")], ["person.phone"]),
        ([("responsible", "ssin")], ["responsible.ssin"]),
        ([("responsible", "phone")], ["responsible.phone"]),
        ([("person",)], ["person.ssin", "person.phone"]),
        (
            [("responsible",), ("enterpriseNumber",)],
            ["enterpriseNumber", "responsible.ssin", "responsible.phone"],
        ),
        ([("person", "familyName")], ["person.familyName"]),
    ],
)
async def test_a_designation_names_the_field_that_is_missing(
    served: Endpoints, entity: str, lacks: list[tuple[str, ...]], named: list[str]
) -> None:
    body = deepcopy(designation(served, entity))
    for *path, last in lacks:
        place = body
        for name in path:
            place = place[name]
        del place[last]
    answer = user(served, REPRESENTATIVE).ask("POST", "/principalAccessManagers", body)
    assert answer.status == 400
    issues = answer.json()["issues"]
    assert [issue["name"] for issue in issues] == named
    assert {issue["type"] for issue in issues} == {
        "urn:problem-type:belgif-ext:input-validation:requiredInput"
    }
    assert await rows(served, "SELECT 1 FROM access.designation WHERE enterprise_number = $1", entity) == []


async def test_a_designation_is_audited_and_replaces_the_previous_one(
    served: Endpoints,
) -> None:
    body = registration()
    number = body["enterpriseNumber"]
    representative = user(served, REPRESENTATIVE)
    representative.post("/employers", body)
    by_registration_number = designation(served, number, employerId=body["employerId"])
    del by_registration_number["enterpriseNumber"]
    first = representative.post("/principalAccessManagers", by_registration_number)
    assert first["enterpriseNumber"] == number
    (row,) = await rows(served, "SELECT * FROM access.designation WHERE enterprise_number = $1", number)
    assert (row["manager_phone"], row["responsible_phone"], row["assurance_level"]) == (
        "+3225095959",
        "+3225115151",
        400,
    )
    second = representative.post("/principalAccessManagers", designation(served, number))
    managers = await rows(
        served,
        "SELECT user_id::text FROM access.rights WHERE enterprise_number = $1 AND what = 'accessManagement'",
        number,
    )
    assert managers == [{"user_id": second["userId"]}]
    assert Caller(served, first["userId"]).ask("GET", f"/organizations/{number}/users").status == 403
    assert Caller(served, second["userId"]).ask("GET", f"/organizations/{number}/users").status == 200


async def test_only_the_responsible_person_designates(served: Endpoints, entity: str) -> None:
    other = user(served, "hotel.representative")
    body = designation(served, entity)
    assert other.ask("POST", "/principalAccessManagers", body).status == 403
    body["responsible"] = responsible(served, "hotel.representative")
    assert other.ask("POST", "/principalAccessManagers", body).status == 403
    assert (await refusals(served, other, "designatePrincipalAccessManager"))[-2:] == [[entity]] * 2
    mine = user(served, REPRESENTATIVE)
    assert mine.ask("POST", "/principalAccessManagers", body).status == 403
    unsure = user(served, REPRESENTATIVE, 350)
    answer = unsure.ask("POST", "/principalAccessManagers", designation(served, entity))
    assert answer.status == 401
    assert "insufficient_user_authentication" in answer.headers["www-authenticate"]


async def test_numbers_of_two_entities_in_one_designation_are_refused(served: Endpoints, entity: str) -> None:
    mine = user(served, REPRESENTATIVE)
    hotel = served.data.organizations["hotel"].employer
    assert hotel is not None
    for employer_id in (hotel.employer_id, registration()["employerId"]):
        body = designation(served, entity, employerId=employer_id)
        answer = mine.ask("POST", "/principalAccessManagers", body)
        assert (answer.status, answer.json()["issues"][0]["name"]) == (400, "employerId")


async def test_a_principal_names_a_local_manager_and_the_manager_a_user(served: Endpoints) -> None:
    number, principal = managed(served, REPRESENTATIVE)
    users = f"/organizations/{number}/users"
    local = principal.ask("POST", users, {"person": make_person(), "rights": [{"right": "userManagement"}]})
    assert local.status == 201
    assert local.headers["location"] == f"{users}/{local.json()['id']}"
    manager = Caller(served, local.json()["id"])
    one_type = {"right": "ebox", "messageType": "dimonaNegative"}
    person = manager.post(users, {"person": make_person(), "rights": [one_type, {"right": "declare"}]})
    assert person["rights"] == [{"right": "declare"}, one_type]
    assert manager.get(f"{users}/{person['id']}") == person
    assert manager.get(users)["total"] == 4
    answer = manager.ask("PUT", f"{users}/{person['id']}/rights", {"rights": [one_type]})
    assert (answer.status, answer.json()["rights"]) == (200, [one_type])
    kept = await rows(
        served,
        """SELECT what, message_type, revoked_by::text FROM access.granted
        WHERE enterprise_number = $1 AND user_id = $2::uuid ORDER BY what""",
        number,
        person["id"],
    )
    assert [(row["what"], row["revoked_by"]) for row in kept] == [
        ("declare", manager.subject),
        ("ebox", None),
    ]
    assert manager.ask("PUT", f"{users}/{person['id']}/rights", {"rights": []}).status == 200
    assert manager.ask("GET", f"{users}/{person['id']}").status == 404
    assert manager.ask("PUT", f"{users}/{person['id']}/rights", {"rights": [one_type]}).status == 404


async def test_of_two_changes_at_once_the_second_is_refused_and_loses_nothing(served: Endpoints) -> None:
    """Both managers read the same rights. The directory compares them under its lock."""
    number, principal = managed(served, REPRESENTATIVE)
    users = f"/organizations/{number}/users"
    local = {"person": make_person(), "rights": [{"right": "userManagement"}]}
    manager = Caller(served, principal.post(users, local)["id"])
    body = {"person": make_person(), "rights": [{"right": "declare"}]}
    path = f"{users}/{manager.post(users, body)['id']}/rights"
    wishes = [
        {"rights": [{"right": "declare"}, {"right": right}], "present": [{"right": "declare"}]}
        for right in ("consult", "contest")
    ]
    answers = await asyncio.gather(*(asyncio.to_thread(manager.ask, "PUT", path, wish) for wish in wishes))
    assert sorted(answer.status for answer in answers) == [200, 409]
    (done,) = [wish for wish, answer in zip(wishes, answers, strict=True) if answer.status == 200]
    now = sorted(right["right"] for right in done["rights"])
    assert [right["right"] for right in manager.get(path.removesuffix("/rights"))["rights"]] == now
    late = {"rights": [], "present": [{"right": "declare"}]}
    assert manager.ask("PUT", path, late).status == 409


@pytest.mark.parametrize(
    ("caller", "right"),
    [
        ("principal", "declare"),
        ("principal", "accessManagement"),
        ("principal", "legalRepresentation"),
        ("local", "userManagement"),
        ("local", "accessManagement"),
        ("local", "agent"),
        ("local", "privacy"),
        ("reader", "ebox"),
    ],
)
async def test_a_manager_grants_only_own_rights(served: Endpoints, caller: str, right: str) -> None:
    organization = served.data.organizations["bakery"].enterprise_number
    colleague = user(served, f"bakery.{caller}")
    known = served.data.users["hotel.all"].ssin  # with another name, which the answer must not reveal
    body: dict[str, Any] = {"person": make_person(ssin=known), "rights": [{"right": right}]}
    before = len(await refusals(served, colleague, "addUser"))
    answer = colleague.ask("POST", f"/organizations/{organization}/users", body)
    assert answer.status == 403
    assert len(await refusals(served, colleague, "addUser")) == before + 1


async def test_a_local_manager_withdraws_only_self_granted_rights(served: Endpoints) -> None:
    organization = served.data.organizations["bakery"].enterprise_number
    path = f"/organizations/{organization}/users/{served.data.users['bakery.principal'].user_id}/rights"
    assert user(served, "bakery.local").ask("PUT", path, {"rights": []}).status == 403
    own = await rows(
        served,
        "SELECT what FROM access.rights WHERE user_id = $1::uuid",
        served.data.users["bakery.principal"].user_id,
    )
    assert own == [{"what": "accessManagement"}]


async def test_the_manager_of_the_authority_names_its_agents(served: Endpoints) -> None:
    organization = served.data.organizations["authority"].enterprise_number
    manager = user(served, "authority.principal")
    agent = manager.post(
        f"/organizations/{organization}/users", {"person": make_person(), "rights": [{"right": "agent"}]}
    )
    assert agent["rights"] == [{"right": "agent"}]


async def test_a_person_is_named_by_number_and_names(served: Endpoints) -> None:
    """Other names are another person, so that no answer tells whether a number is known (threat T15)."""
    path = f"/organizations/{served.data.organizations['bakery'].enterprise_number}/users"
    clerk, manager = served.data.users["secretariat.clerk"], user(served, "bakery.local")
    rights = [{"right": "consult"}]
    named = make_person(ssin=clerk.ssin)
    right = {"familyName": clerk.family_name.upper(), "givenName": clerk.given_name}

    def answered(person: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        answer = manager.ask("POST", path, {"person": person, "rights": rights})
        return answer.status, answer.json()

    assert answered(named | right)[1]["id"] == clerk.user_id
    unknown = make_person()
    for said in (named, named | {"givenName": clerk.given_name}, unknown):
        status, shown = answered(said)
        assert (status, shown["familyName"], shown["rights"]) == (201, said["familyName"], rights)
        assert shown["id"] != clerk.user_id
        assert answered(said)[1] == shown, "the person is stored once"
    nameless = [{"ssin": each["ssin"], "language": "nl"} for each in (named, unknown)]
    of_known, of_unknown = [answered(each) for each in nameless]
    assert of_known[0] == 400
    assert of_known[1]["issues"] == of_unknown[1]["issues"]


async def test_a_person_with_the_number_of_another_gets_no_login(served: Endpoints) -> None:
    clerk = served.data.users["secretariat.clerk"]
    organization = served.data.organizations["bakery"].enterprise_number
    body = {"person": make_person(ssin=clerk.ssin), "rights": [{"right": "consult"}]}
    added = user(served, "bakery.local").post(f"/organizations/{organization}/users", body)
    connection = await connect(served.postgres_dsn)
    try:
        for user_id, given in ((added["id"], False), (clerk.user_id, True)):
            outer = connection.transaction()
            await outer.start()
            for table in ("session", "attempt", "device", "factor", "login"):  # of other tests
                await connection.execute(f"DELETE FROM access.{table} WHERE user_id = $1", user_id)  # noqa: S608
            assert await set_factor(connection, "a.new.name", "password", _HASH, UUID(user_id)) is given
            await outer.rollback()
    finally:
        await connection.close()


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_users_and_clients_are_visible_to_their_organization_only(
    served: Endpoints, method: str
) -> None:
    organization = served.data.organizations["bakery"].enterprise_number
    stranger = user(served, "secretariat.principal")
    body: Any = (
        {"person": make_person(), "rights": [{"right": "userManagement"}]} if method == "POST" else b""
    )
    assert stranger.ask(method, f"/organizations/{organization}/users", body).status == 403
    body = {"queue": True} if method == "POST" else b""
    assert stranger.ask(method, f"/organizations/{organization}/clients", body).status == 403


async def test_technical_clients_of_an_organization(served: Endpoints) -> None:
    number, principal = managed(served, REPRESENTATIVE)
    clients = f"/organizations/{number}/clients"
    made = principal.post(clients, {"queue": False})
    default = [f"scope:dimona:declaration:{name}" for name in ("declarant", "consult")]
    assert made == {
        "id": made["id"], "organization": number, "queue": False, "blocked": False, "scopes": default,
        "keys": [],
    }  # fmt: skip
    answer = principal.ask("PATCH", f"{clients}/{made['id']}", {"queue": True})
    assert (answer.status, answer.json()["queue"]) == (200, True)
    (shown,) = principal.get(clients)["items"]
    assert shown.pop("account") in {"pending", "noPassword"}
    assert shown == {**made, "queue": True}
    bakery = served.data.client_of("bakery").client_id
    assert principal.ask("PATCH", f"{clients}/{bakery}", {"queue": False}).status == 404
    assert Caller(served, made["id"], 0).get(clients)["total"] == 1
    (view,) = await rows(served, "SELECT * FROM access.clients WHERE client_id = $1", made["id"])
    assert (view["organization"], view["queue"]) == (number, True)
