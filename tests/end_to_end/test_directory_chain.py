"""From the registration of an employer to the revocation of a mandate, through public interfaces only."""

from __future__ import annotations

from typing import Any

import pytest

from deploy.local.demo.data import DemoData
from deploy.local.deployment import Endpoints
from tests.directory import (
    Caller,
    addressee,
    in_force,
    later,
    make_person,
    managed,
    number_of,
    proposal,
    user,
)
from tests.foreign.events import until
from tests.prove.world import Relation, World, outcome

pytestmark = [
    pytest.mark.stack,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.usefixtures("sound"),
]

REPRESENTATIVE = "studio.representative"


def engage(world: World, employer: str) -> dict[str, Any]:
    """Build an IN for this employer, of a worker of the register."""
    return world.engage(Relation("", employer, world.relation("bakery").worker))


async def refused(world: World, role: str, employer: str) -> None:
    """Check that an IN for this employer ends with 90256-155, stored with its sender, without effect."""
    client, document = world[role], engage(world, employer)
    id_ = await client.declare(document)
    await client.finals([id_])
    assert outcome(client.answered(id_)) == "B 90256-155"
    (kept,) = await world.database.fetch(
        """SELECT client_id, employer, d.received_at IS NOT NULL AS dated, r.result
        FROM intake.declarations d JOIN intake.results r USING (number) WHERE number = $1""",
        await client.number(id_),
    )
    assert (kept["dated"], kept["result"]) == (True, "B")
    effects = await world.database.fetch(
        """SELECT 1 FROM personnel_file.relations WHERE employer = $1 AND ssin = $2
        UNION ALL SELECT 1 FROM personnel_file.settlements WHERE declaration_id = $3""",
        employer,
        document["worker"]["ssin"],
        await client.number(id_),
    )
    assert effects == []


async def test_from_registration_to_revocation(world: World, deployment: Endpoints) -> None:
    """Only the entitled user can take each step, and only in order."""
    employer, principal = managed(deployment, REPRESENTATIVE)

    def told() -> set[str]:
        events = user(deployment, REPRESENTATIVE).get("/events")["items"]
        return {each["type"] for each in events if each["enterpriseNumbers"] == [employer]}

    # An event is hidden as long as any older transaction of the server runs.
    await until(lambda: "be.nsso.dimona.v1.eboxes.notify.added" in told(), 30, "the event of the e-Box")

    users = f"/organizations/{employer}/users"
    named = principal.post(users, {"person": make_person(), "rights": [{"right": "userManagement"}]})
    local = Caller(deployment, named["id"])
    one = {"right": "ebox", "messageType": "dimonaPositive"}
    assert local.post(users, {"person": make_person(), "rights": [one]})["rights"] == [one]

    await refused(world, "provider", employer)
    mandate = principal.post("/mandates", proposal(deployment, employer))
    await refused(world, "provider", employer)
    provider = user(deployment, "provider.principal")
    assert provider.post(f"/mandates/{mandate['id']}/validations")["status"] == "active"
    assert await world.ends("provider", engage(world, employer)) == ["A"]

    principal.post(f"/mandates/{mandate['id']}/revocations")
    await refused(world, "provider", employer)


async def test_a_declaration_received_before_a_revocation_is_settled(
    world: World, deployment: Endpoints
) -> None:
    """A mandate is judged at the instant of reception; the period stays the employer's (decision D9)."""
    employer, principal = managed(deployment, REPRESENTATIVE)
    mandate = in_force(deployment, principal, proposal(deployment, employer), "provider.principal")
    client = world["provider"]
    id_ = await client.declare(engage(world, employer))
    period = await client.number(id_)  # received
    principal.post(f"/mandates/{mandate['id']}/revocations")
    await client.finals([id_])
    assert outcome(client.answered(id_)) == "A"
    assert await world.ends("provider", world.leave(period, 30)) == ["B 00913-354"]


async def test_a_new_mandatary_takes_over_all_periods(world: World, deployment: Endpoints) -> None:
    """Past, present and future; the previous mandatary is refused for each."""
    employer, principal = managed(deployment, REPRESENTATIVE)
    old = in_force(deployment, principal, proposal(deployment, employer), "provider.principal")
    client = world["provider"]
    id_ = await client.declare(engage(world, employer))
    await client.finals([id_])
    period = await client.number(id_)
    principal.post(f"/mandates/{old['id']}/revocations")
    in_force(deployment, principal, proposal(deployment, employer, "secretariat"), "secretariat.principal")
    assert await world.ends("provider", world.leave(period, 30)) == ["B 00913-354"]
    assert await world.ends("secretariat", world.leave(period, 30)) == ["A"]


@pytest.mark.parametrize(
    "case", ["none", "expired", "future", "other group", "revoked", "pending", "other employer"]
)
async def test_a_declaration_without_mandate_has_no_effect(
    world: World, deployment: Endpoints, data: DemoData, case: str
) -> None:
    """The matrix of ineffective mandates; the tests of the directory have that of the API (threat T4)."""
    if case == "expired":
        return await refused(world, "secretariat", data.organizations["printer"].enterprise_number)
    employer, principal = managed(deployment, REPRESENTATIVE)
    if case == "future":
        future = proposal(deployment, employer, beginQuarter=later(1))
        in_force(deployment, principal, future, "provider.principal")
    elif case == "other group":
        other = proposal(deployment, employer, applicationGroup="dmfa")
        in_force(deployment, principal, other, "provider.principal")
    elif case == "revoked":
        mandate = in_force(deployment, principal, proposal(deployment, employer), "provider.principal")
        principal.post(f"/mandates/{mandate['id']}/revocations")
    elif case == "pending":
        principal.post("/mandates", proposal(deployment, employer))
    elif case == "other employer":
        someone, else_ = managed(deployment, REPRESENTATIVE)
        in_force(deployment, else_, proposal(deployment, someone), "provider.principal")
    await refused(world, "provider", employer)
    return None


async def test_an_affiliation_redirects_notifications_at_once(world: World, deployment: Endpoints) -> None:
    """To the approved secretariat from its first day on; the provider can still declare (decision D34)."""
    employer, principal = managed(deployment, REPRESENTATIVE)
    in_force(deployment, principal, proposal(deployment, employer), "provider.principal")
    secretariat = number_of(deployment, "secretariat")
    addressees = []
    for affiliated in (False, True):
        if affiliated:
            today = world.today.isoformat()
            body = {"employer": employer, "secretariat": secretariat, "validFrom": today}
            principal.post("/affiliations", body)
        addressees.append(await addressee(world, "provider", engage(world, employer)))
    assert addressees == [employer, secretariat]
