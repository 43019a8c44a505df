"""The operations of an organization in the sandbox, and the locks that keep them out of production."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import asyncpg
import pytest

from deploy.local.demo.directory import CLIENTS
from deploy.local.deployment import Endpoints
from deploy.local.sandbox.data import surroundings
from deploy.local.sandbox.scenarios import End, scenarios
from services.intake.outages.handler import Heartbeat
from services.intake.probing.rules import USUAL
from services.intake.reception.handler.receive import Reception
from services.intake.sandbox.handler import SandboxReception
from services.intake.service import reception_of
from services.intake.settings import IntakeSettings
from shared.topology import SERVICES
from tests.asgi import Answer
from tests.contracts.contract import complaints, strictly
from tests.foreign.events import INTERMEDIATE
from tests.integration.delivery.receiver import receiving
from tests.prove.world import Relation, World
from tests.rest import DECLARANT, Rest
from tests.tokens import bearer
from tests.web import ask

pytestmark = [pytest.mark.stack, pytest.mark.asyncio(loop_scope="session")]


class Organization:
    """An organization of the sandbox that declares for itself by queue, and calls the operations."""

    def __init__(self, world: World, sandbox: Endpoints, role: str) -> None:
        self._world, self._sandbox, self._role = world, sandbox, role
        self.number = sandbox.data.organizations[role].enterprise_number
        self._workers = iter(sandbox.data.workers)

    def an_in(self, start: int = 1, **worker: Any) -> dict[str, Any]:
        """Build an IN of a worker without a period at this organization."""
        relation = Relation(self._role, self.number, next(self._workers))
        declaration = self._world.engage(relation, start)
        return {**declaration, "worker": worker} if worker else declaration

    async def ends(self, *declarations: Mapping[str, Any]) -> list[str]:
        """Declare by queue; return the results."""
        return await self._world.ends(self._role, *declarations)

    async def call(self, method: str, path: str, body: Any = b"") -> Answer:
        """Call an operation of the sandbox as a program of the organization."""
        headers = bearer(self._sandbox, CLIENTS[self._role], DECLARANT, level=0)
        url = f"{self._sandbox.api_url('access')}/organizations/{self.number}/sandbox/{path}"
        return await asyncio.to_thread(ask, url, method, headers, body)

    async def reset(self) -> int:
        """Reset, as soon as all declarations have their results; return how many they were."""
        found = await until(lambda: self.call("POST", "resets"), lambda answer: answer.status != 409)
        assert found.status == 200, found.body
        return int(found.json()["declarations"])


async def until(ask_: Callable[[], Awaitable[Answer]], holds: Callable[[Answer], bool]) -> Answer:
    """Return the first answer for which a condition holds."""
    async with asyncio.timeout(60):
        while not holds(answer := await ask_()):  # noqa: ASYNC110 - only the API knows
            await asyncio.sleep(0.2)
    return answer


async def test_a_reset_deletes_the_declarations_of_an_organization_only(
    world: World, sandbox: Endpoints
) -> None:
    """An equal IN is accepted again; declarations without a final result go too."""
    ours, other = (Organization(world, sandbox, role) for role in ("bakery", "nursery"))
    one, theirs = ours.an_in(), other.an_in()
    assert await ours.ends(one) + await other.ends(theirs) == ["A", "A"]
    number = await Rest(world, "bakery").declare({**ours.an_in(), "worker": unknown(sandbox)})
    await Rest(world, "bakery").answer(number, "S")
    assert await ours.reset() >= 2
    assert (await Rest(world, "bakery").get(number)).status == 404
    assert await ours.ends(one) == ["A"]
    assert await other.ends(theirs) == ["B 90373-333"]
    held = await world.database.value(
        "SELECT count(*) FROM identification.cases WHERE declaration_id = $1", number
    )
    assert held == 0


def unknown(sandbox: Endpoints) -> Mapping[str, Any]:
    """Return the identity of a person that the register does not have: a search of ten days."""
    identity: Mapping[str, Any] = sandbox.data.unknown_worker
    return identity


async def test_a_reset_waits_for_results(world: World, sandbox: Endpoints) -> None:
    ours = Organization(world, sandbox, "bakery")
    values = surroundings(sandbox.data, ours.number)
    slow = scenarios()["slow"]
    number = await Rest(world, "bakery").declare(values.declaration(slow, slow, []))
    # A slow declaration has an open case, as one with S; it is deleted with its case.
    assert await ours.reset() >= 1
    assert (await Rest(world, "bakery").get(number)).status == 404
    for _ in range(5):
        assert await ours.ends(ours.an_in()) == ["A"]
        if (early := await ours.call("POST", "resets")).status == 409:
            break
    assert early.status == 409, "at once after a result"
    assert await ours.reset() == 1


async def test_the_clock_of_an_organization_moves_its_receptions_and_deadlines(
    world: World, sandbox: Endpoints
) -> None:
    """Ten working days pass for its open identification; other organizations stay in the present."""
    ours, other = (Organization(world, sandbox, role) for role in ("bakery", "nursery"))
    client = world["bakery"]
    searched = await client.declare({**ours.an_in(), "worker": unknown(sandbox)})
    await client.answer(searched, INTERMEDIATE)
    assert (await ours.call("PUT", "clock", {"daysAhead": 20})).json() == {"daysAhead": 20}
    (final,) = await client.ends([searched])
    assert [found["errorId"] for found in final.data["declarationStatus"]["anomalies"]] == ["90017-151"]
    assert await ours.ends(ours.an_in(), ours.an_in(21)) == ["W 90373-460", "A"]
    over_rest = await Rest(world, "bakery").ends(ours.an_in(), ours.an_in(21))
    assert over_rest == ["W 90373-460", "A"]
    assert await other.ends(other.an_in(2, ssin=sandbox.data.workers[-1])) == ["A"]
    assert (await ours.call("PUT", "clock", {"daysAhead": 5})).status == 409
    await ours.reset()
    assert (await ours.call("GET", "clock")).json() == {"daysAhead": 0}
    assert await ours.ends(ours.an_in()) == ["A"]


async def test_a_webhook_gets_a_sample_of_each_event(sandbox: Endpoints) -> None:
    """Each as in the contract; each request sends new ids."""
    number = sandbox.data.organizations["secretariat"].enterprise_number
    headers = bearer(sandbox, CLIENTS["secretariat"], "scope:dimona:ebox", level=0)
    address = f"{sandbox.api_url('notifier')}/organizations/{number}/deliveryChannels/webhook"
    async with receiving() as receiver:
        none = await asyncio.to_thread(ask, f"{address}/samples", "POST", headers)
        url = {"url": receiver.url("dimona")}
        assert (await asyncio.to_thread(ask, address, "PUT", headers, url)).status == 200
        asked = [await asyncio.to_thread(ask, f"{address}/samples", "POST", headers) for _ in range(2)]
        async with asyncio.timeout(30):
            while len(receiver.taken["dimona"]) < 12:  # noqa: ASYNC110 - the receiver only lists
                await asyncio.sleep(0.1)
        assert (await asyncio.to_thread(ask, address, "DELETE", headers)).status == 204
    assert (none.status, [each.status for each in asked]) == (404, [202, 202])
    promised = {item["id"] for each in asked for item in each.json()["items"]}
    events = [json.loads(each["body"]) for each in receiver.came["dimona"]]
    assert promised == {event["id"] for event in events}
    assert len(promised) == 12
    for event in events:
        assert complaints(strictly(event["type"]), event) == []
    results = [
        event["data"]["declaration"]["declarationStatus"]["result"]
        for event in events
        if event["type"].endswith("issued")
    ]
    assert sorted(results) == sorted("AWBS" * 2)


async def test_a_slow_answer_takes_its_time_and_is_no_provisional_one(
    world: World, sandbox: Endpoints
) -> None:
    """The table says thirty seconds; here the sandbox has three."""
    client, slow = world["nursery"], scenarios()["slow"]
    assert slow.ends == End(after=30, found=True)
    own = surroundings(sandbox.data, sandbox.data.organizations["nursery"].enterprise_number)
    began = time.monotonic()
    id_ = await client.declare(own.declaration(slow, slow, []))
    await client.finals([id_])
    assert time.monotonic() - began >= 3
    assert client.answered(id_, INTERMEDIATE) == []


async def test_a_production_database_refuses_every_hook(production: Endpoints) -> None:
    """Whatever a service does: the mark of a test database is not its to set (decision D24)."""
    database = await asyncpg.connect(production.superuser_dsn)
    refused = (
        "INSERT INTO access.rehearsal VALUES ('90010199202', 5, NULL)",
        "INSERT INTO access.interruption VALUES ('90010199202')",
        "INSERT INTO access.sandbox_clock SELECT enterprise_number, '1 day' FROM access.organization LIMIT 1",
        "SELECT access.reset_sandbox('0477472701')",
        "SELECT access.move_sandbox_clock('0477472701', '1 day')",
    )
    transaction = database.transaction()
    await transaction.start()
    await database.execute("UPDATE platform.clock SET is_test = false")
    for statement in refused:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="has no sandbox"):
            async with database.transaction():
                await database.execute(statement)
    await transaction.rollback()
    await database.close()
    for service in SERVICES:
        database = await asyncpg.connect(production.dsns[service])
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await database.execute("UPDATE platform.clock SET is_test = true")
        await database.close()


async def test_only_a_simulation_receives_with_hooks() -> None:
    def kind(deployment: str) -> type:
        settings = IntakeSettings(
            database_dsn="x://nowhere", amqp_url="x://nowhere", key="00" * 32, deployment=deployment
        )
        return type(reception_of(settings, Heartbeat(), USUAL))

    assert [kind(name) for name in ("dimona", "dimona.sim.prod", "dimona.sim")] == [
        Reception, Reception, SandboxReception,
    ]  # fmt: skip
