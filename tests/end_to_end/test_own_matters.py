"""An agent does not decide about an own matter: of the own person, or of an enterprise of the agent."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from deploy.local.demo.data import DemoData
from deploy.local.deployment import Endpoints
from shared.domain.rights import AUTHORITY, Right
from tests.end_to_end.planted import AGENT, Face, Planted, log_in
from tests.end_to_end.registers import make_person, register
from tests.end_to_end.test_cases_of_contact import contested
from tests.end_to_end.test_identification import provisional
from tests.foreign.events import REPLY
from tests.prove.spy import spying
from tests.prove.world import World, outcome

pytestmark = [
    pytest.mark.stack,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.usefixtures("sound"),
]


async def agent_of(deployment: Endpoints, service: str, ssin: str, *enterprises: str, **more: Any) -> Face:
    """Store an agent of the authority with a right for these enterprises too."""
    rights = [(AUTHORITY, Right.AGENT), *((number, Right.CONSULT) for number in enterprises)]
    return replace(await log_in(deployment, ssin, rights, **more), scope=AGENT, service=service)


async def refused(face: Face, path: str, body: dict[str, str]) -> None:
    """Ask for a decision, which is refused as one about an own matter."""
    answer = await face.ask("POST", path, body)
    assert (answer.status, answer.json()["type"]) == (403, "urn:problem-type:belgif:missingPermission")
    assert answer.json()["detail"] == "You are concerned by this case: another agent decides about it"


async def test_an_identification(world: World, deployment: Endpoints, data: DemoData) -> None:
    """Not the declared worker, the chosen one under a former number, or a user of the employer decides.

    A second user with the number of the latter is the same human.
    """
    bakery = data.organizations["bakery"].enterprise_number
    declared, clerk = make_person()["ssin"], make_person()["ssin"]
    chosen = make_person()
    former = make_person(replacedBy=chosen["ssin"])
    async with spying(world.document) as spy:
        await register(spy, world, chosen, former)
    id_, number = await provisional(world, {"ssin": declared})
    path, reason = f"/identifications/{number}/decisions", "She showed her identity card."
    own = [
        (await agent_of(deployment, "identification", declared), {}),
        (await agent_of(deployment, "identification", former["ssin"]), {"ssin": chosen["ssin"]}),
        (await agent_of(deployment, "identification", clerk, bakery), {}),
        (await agent_of(deployment, "identification", clerk, familyName="Anders"), {}),
    ]
    for face, decision in own:
        await refused(face, path, {**decision, "reason": reason})
        row = "SELECT refused FROM identification.readings WHERE agent = $1"
        assert "another agent decides" in await world.database.value(row, face.subject)
    state = "SELECT state FROM identification.cases WHERE declaration_id = $1"
    assert await world.database.value(state, number) == "open"
    other = await agent_of(deployment, "identification", make_person()["ssin"])
    done = await other.ask("POST", path, {"ssin": chosen["ssin"], "reason": reason})
    assert (done.status, done.json()["state"]) == (200, "resolved"), done.body
    assert outcome([await world["bakery"].answer(id_, REPLY)]) == "A"


async def test_a_contestation(world: World, deployment: Endpoints, data: DemoData) -> None:
    _, case = await contested(world, "nursery", "nursery")
    nursery = data.organizations["nursery"].enterprise_number
    path, body = f"/cases/{case['contestationId']}", {"state": "rejected", "answer": "It is right."}
    own = await agent_of(deployment, "contact", make_person()["ssin"], nursery)
    other = await agent_of(deployment, "contact", make_person()["ssin"])
    assert (await own.ask("POST", f"{path}/claims")).status == 200
    await refused(own, f"{path}/answers", body)
    assert (await other.ask("POST", f"{path}/claims")).status == 200
    assert (await other.ask("POST", f"{path}/answers", body)).status == 200


async def test_a_report_of_an_error(deployment: Endpoints, planted: Planted) -> None:
    ssin = make_person()["ssin"]
    person, own = await log_in(deployment, ssin), await agent_of(deployment, "contact", ssin)
    made = await person.ask("POST", "/person/reports", {"description": "My name is wrong."})
    assert made.status == 201, made.body
    path, body = f"/persons/reports/{made.json()['reportId']}", {"state": "upheld", "answer": "Corrected."}
    assert (await own.ask("POST", f"{path}/claims")).status == 200
    await refused(own, f"{path}/answers", body)
    assert (await planted.agent.ask("POST", f"{path}/claims")).status == 200
    assert (await planted.agent.ask("POST", f"{path}/answers", body)).status == 200
