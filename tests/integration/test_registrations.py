"""Registrations that the register of enterprises does not confirm, until an agent or the register does."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest

from deploy.local.demo.numbers import make_enterprise_number
from deploy.local.deployment import Endpoints
from services.access.directory.handler.registration import MOST_PENDING, store_enterprises
from services.access.directory.store.register import represents
from shared.messages import Enterprise, EnterpriseRegistered
from shared.runtime.database import Transaction, connect, open_pool, transaction
from tests.directory import Caller, registration, rows, user

pytestmark = pytest.mark.stack

REPRESENTATIVE = "bakery.representative"
_numbers = count(50_001)


def unknown() -> dict[str, Any]:
    """Return a registration of an enterprise that the register does not know."""
    return registration(enterpriseNumber=make_enterprise_number(next(_numbers)))


def register_unconfirmed(caller: Caller, body: dict[str, Any]) -> dict[str, Any]:
    """Register an employer that the register does not confirm; return the pending registration."""
    answer = caller.ask("POST", "/employers", body)
    assert answer.status == 202, answer.body
    pending: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"/registrations/{pending['id']}"
    assert (pending["status"], pending["requested"]["name"]) == ("pending", body["name"])
    return pending


async def traces(served: Endpoints, number: str) -> dict[str, int]:
    """Return the number of rows about an enterprise in the directory."""
    tables = ("organization", "employer", "ebox", "granted")
    return {
        table: len(await rows(served, f"SELECT 1 FROM access.{table} WHERE enterprise_number = $1", number))  # noqa: S608
        for table in tables
    }


async def take_over(served: Endpoints, *changes: EnterpriseRegistered) -> None:
    """Take over changes of the register, as access does with its messages."""
    pool = await open_pool(served.dsns["access"], "access", size=1)
    async with pool, transaction(pool) as tx:
        await store_enterprises(tx, changes)


async def test_a_login_alone_makes_no_representative(served: Endpoints) -> None:
    body, caller = unknown(), user(served, "hotel.all")
    number = body["enterpriseNumber"]
    pending = register_unconfirmed(caller, body)
    assert register_unconfirmed(caller, body)["id"] == pending["id"]
    assert await traces(served, number) == dict.fromkeys(("organization", "employer", "ebox", "granted"), 0)
    assert caller.ask("GET", f"/employers/{number}").status == 404
    for path in ("clients", "users"):
        assert caller.ask("POST", f"/organizations/{number}/{path}", {"queue": True}).status in (400, 403)
    assert await rows(served, "SELECT 1 FROM access.employers WHERE enterprise_number = $1", number) == []
    # The registrant and agents see it, others do not.
    assert caller.get(f"/registrations/{pending['id']}")["status"] == "pending"
    stranger = user(served, REPRESENTATIVE)
    assert stranger.ask("GET", f"/registrations/{pending['id']}").status == 404
    assert stranger.ask("GET", "/registrations").status == 403
    decisions = f"/registrations/{pending['id']}/decisions"
    assert stranger.ask("POST", decisions, {"accepted": True}).status == 403
    assert caller.ask("POST", decisions, {"accepted": True}).status == 403


async def test_an_agent_decides_about_a_registration(served: Endpoints) -> None:
    agent = user(served, "authority.agent")
    wanted, unwanted = unknown(), unknown()
    caller, rival = user(served, "hotel.reader"), user(served, "bakery.local")
    first, second, third = (
        register_unconfirmed(caller, wanted),
        register_unconfirmed(caller, unwanted),
        register_unconfirmed(rival, wanted),
    )
    listed = {row["id"]: row["registrantName"] for row in agent.get("/registrations?pageSize=1000")["items"]}
    for row, name in ((first, "hotel.reader"), (second, "hotel.reader"), (third, "bakery.local")):
        applicant = served.data.users[name]
        assert listed[row["id"]] == f"{applicant.given_name} {applicant.family_name}"
    assert agent.post(f"/registrations/{first['id']}/decisions", {"accepted": True})["status"] == "accepted"
    assert agent.post(f"/registrations/{second['id']}/decisions", {"accepted": False})["status"] == "refused"
    assert rival.get(f"/registrations/{third['id']}")["status"] == "refused"
    for row in (first, second, third):
        assert agent.ask("POST", f"/registrations/{row['id']}/decisions", {"accepted": True}).status == 409
    number = wanted["enterpriseNumber"]
    assert caller.get(f"/employers/{number}")["name"] == wanted["name"]
    (right,) = await rows(served, "SELECT * FROM access.rights WHERE enterprise_number = $1", number)
    assert (str(right["user_id"]), right["what"]) == (caller.subject, "legalRepresentation")
    assert (await traces(served, unwanted["enterpriseNumber"]))["employer"] == 0


async def test_an_agent_cannot_decide_about_its_own_registration(served: Endpoints) -> None:
    body = unknown()
    officer = user(served, "bakery.principal")
    pending = register_unconfirmed(officer, body)
    owner = await connect(served.postgres_dsn)
    agent = served.data.users["authority.agent"].user_id
    try:
        await owner.execute(
            "UPDATE access.registration SET registrant = $2 WHERE registration_id = $1", pending["id"], agent
        )
    finally:
        await owner.close()
    decision = f"/registrations/{pending['id']}/decisions"
    assert user(served, "authority.agent").ask("POST", decision, {"accepted": True}).status == 403
    assert user(served, "authority.officer").ask("POST", decision, {"accepted": True}).status == 200


async def test_the_register_confirms_at_once_or_later(served: Endpoints) -> None:
    body, caller = unknown(), user(served, "nursery.principal")
    number, ssin = body["enterpriseNumber"], served.data.users["nursery.principal"].ssin
    pending = register_unconfirmed(caller, body)
    enterprise = Enterprise(enterprise_number=number, name="A", representatives=(ssin,))
    other = Enterprise(enterprise_number=number, name="B", representatives=())
    await take_over(served, EnterpriseRegistered(enterprise=other, sequence=7))
    assert caller.get(f"/registrations/{pending['id']}")["status"] == "pending"
    # An older change that arrives late has no effect.
    await take_over(served, EnterpriseRegistered(enterprise=enterprise, sequence=6))
    assert caller.get(f"/registrations/{pending['id']}")["status"] == "pending"
    await take_over(served, EnterpriseRegistered(enterprise=enterprise, sequence=8))
    assert caller.get(f"/registrations/{pending['id']}")["status"] == "accepted"
    assert caller.get(f"/employers/{number}")["name"] == body["name"]
    # Listed first, registered afterwards.
    second = unknown()
    listed = Enterprise(enterprise_number=second["enterpriseNumber"], name="C", representatives=(ssin,))
    await take_over(served, EnterpriseRegistered(enterprise=listed, sequence=9))
    assert caller.ask("POST", "/employers", second).status == 201


async def test_an_ended_enterprise_confirms_no_registration(served: Endpoints) -> None:
    body, caller = unknown(), user(served, "municipality.principal")
    ssin = served.data.users["municipality.principal"].ssin
    ended = Enterprise.model_validate(
        {
            "enterpriseNumber": body["enterpriseNumber"],
            "name": "A",
            "representatives": [ssin],
            "endedOn": "2020-12-31",
        }
    )
    await take_over(served, EnterpriseRegistered(enterprise=ended, sequence=1))
    register_unconfirmed(caller, body)


@pytest.mark.parametrize(("hour", "is_one"), [(22, True), (23, False)], ids=["last hour", "next day"])
async def test_an_enterprise_ends_at_midnight_in_belgium(served: Endpoints, hour: int, is_one: bool) -> None:
    ssin = served.data.users["bakery.declarer"].ssin
    number = make_enterprise_number(next(_numbers))
    ended = Enterprise.model_validate(
        {"enterpriseNumber": number, "name": "A", "representatives": [ssin], "endedOn": "2026-11-30"}
    )
    await take_over(served, EnterpriseRegistered(enterprise=ended, sequence=1))
    connection = await connect(served.dsns["access"])
    try:
        user_id = await connection.fetchval(
            "SELECT user_id FROM access.person WHERE ssin = $1 ORDER BY place", ssin
        )
        at = datetime(2026, 11, 30, hour, 30, tzinfo=UTC)
        assert await represents(Transaction(connection, at), number, user_id) is is_one
    finally:
        await connection.close()


async def test_a_stranger_cannot_fill_the_list(served: Endpoints) -> None:
    caller = user(served, "secretariat.clerk")
    for _ in range(MOST_PENDING):
        register_unconfirmed(caller, unknown())
    assert caller.ask("POST", "/employers", unknown()).status == 409


async def test_a_message_of_the_register_arrives(served: Endpoints) -> None:
    """The queue of access is bound, and its consumer stores the enterprise."""
    found = await rows(served, "SELECT count(*) FROM access.enterprise WHERE sequence = 0")
    assert found[0]["count"] > 0
