"""`dimona reconcile` on running services: declarations that the broker lost get their end, once."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from shared.topology import IDENTIFY, NOTIFIED, NOTIFY, RESULTS, SETTLE, Queue
from tests.commands import dimona
from tests.foreign.events import INTERMEDIATE, PATIENCE, RECEIVED, REPLY
from tests.foreign.integrator import Integrator
from tests.integration.clients import engage, integrator, result
from tests.integration.losing import arrived, lose
from tests.integration.parking import Database, settled_once
from tests.serving import serving

pytestmark = pytest.mark.stack

NAME = "reconciled"
_SETTLED = "SELECT count(*) FROM personnel_file.settlements WHERE declaration_id = $1"
_IN_CASE = "SELECT count(*) FROM identification.cases WHERE declaration_id = $1"
_CONTESTABLE = "SELECT count(*) FROM contact.notifications WHERE declaration_id = $1"


@pytest.fixture(scope="module")
def own(stack: Stack) -> Iterator[Endpoints]:
    """Serve a deployment of its own, because its queues are emptied."""
    with serving(stack, NAME) as endpoints:
        yield endpoints


async def reconcile(file: Path, *arguments: str) -> dict[str, list[int]]:
    """Run `dimona reconcile` for declarations of any age, and return the numbers by lacking message."""
    ran = await dimona(file, "reconcile", "--older-than", "0", "--json", *arguments)
    assert ran.exit_code == 0
    return {what: numbers for what, numbers in json.loads(ran.stdout).items() if numbers}


@asynccontextmanager
async def without(stack: Stack, *services: str) -> AsyncIterator[None]:
    """Stop services inside the context."""
    names = [f"{NAME}.{service}" for service in services]
    await asyncio.to_thread(stack.halt, *names)
    try:
        yield
    finally:
        await asyncio.to_thread(stack.launch, *names)
        for name in names:
            await asyncio.to_thread(stack.ready, name)


async def until(database: Database, statement: str, *arguments: Any) -> None:
    """Wait until the first value of a statement is true."""
    end = time.monotonic() + PATIENCE
    while not await database.fetchval(statement, *arguments):
        assert time.monotonic() < end, statement
        await asyncio.sleep(0.1)


async def declared(client: Integrator, declaration: dict[str, Any]) -> tuple[str, int]:
    """Declare, and return the id of the event and the Dimona number."""
    id_ = await client.declare(declaration)
    return id_, await client.number(id_)


async def test_nothing_is_sent_again_without_a_loss(own: Endpoints, file: Path, database: Database) -> None:
    async with integrator(own) as client:
        id_, number = await declared(client, engage(own, own.data.people[0]))
        await client.ends([id_])
    await settled_once(database, number)
    await until(database, _CONTESTABLE, number)
    assert await reconcile(file) == {}


@pytest.mark.parametrize(
    ("service", "queues", "person"), [("identification", (IDENTIFY,), 1), ("personnel_file", SETTLE, 2)]
)
async def test_a_lost_declaration_is_admitted_again(
    stack: Stack, own: Endpoints, file: Path, database: Database, service: str, queues: Sequence[Queue],
    person: int,
) -> None:  # fmt: skip
    """Lost before or after identification: the declaration has one end, and its sender one final reply."""
    async with integrator(own) as client:
        async with without(stack, service):
            id_, number = await declared(client, engage(own, own.data.people[person]))
            await arrived(own, queues)
            lose(own, *queues)
        assert await reconcile(file, "--dry-run") == {"admitted": [number]}
        assert not client.answered(id_, REPLY)
        assert await reconcile(file) == {"admitted": [number]}
        (final,) = await client.ends([id_])
        assert result(final) == "A"
        assert len(client.answered(id_, RECEIVED)) == 1
    await settled_once(database, number)


async def test_a_repeat_has_no_second_effect(own: Endpoints, file: Path, database: Database) -> None:
    """Sent on while the first message is under way, a declaration is settled and notified once."""
    async with integrator(own) as client:
        ids = [await client.declare(engage(own, person)) for person in own.data.people[3:9]]
        for _ in range(5):
            await reconcile(file)
        ends = await client.ends(ids)
        numbers = [await client.number(id_) for id_ in ids]
        assert [result(end) for end in ends] == ["A"] * len(ids)
        await settled_once(database, *numbers)
        assert all(len(client.answered(id_, REPLY)) == 1 for id_ in ids)


async def test_a_lost_result_keeps_its_findings(
    stack: Stack, own: Endpoints, file: Path, database: Database
) -> None:
    """The final result is made again from the settlement, with its warnings and its worker."""
    async with integrator(own) as client:
        first, _ = await declared(client, engage(own, own.data.people[10], -3))
        (expected,) = await client.ends([first])
        async with without(stack, "personnel_file"):
            id_, lost = await declared(client, engage(own, own.data.people[11], -3))
            await arrived(own, SETTLE)
            async with without(stack, "intake", "notifier"):
                await asyncio.to_thread(stack.launch, f"{NAME}.personnel_file")
                await until(database, _SETTLED, lost)
                await arrived(own, (RESULTS,))
                await arrived(own, (NOTIFY,))
                lose(own, RESULTS, NOTIFY)
                await asyncio.to_thread(stack.halt, f"{NAME}.personnel_file")
        assert await reconcile(file) == {"final result": [lost]}
        (final,) = await client.ends([id_])
    status, wanted = final.data["declarationStatus"], expected.data["declarationStatus"]
    assert wanted["result"] == "W"
    assert status["anomalies"] == wanted["anomalies"]
    assert status["period"] == {"id": lost}
    assert final.data["worker"]["ssin"] == own.data.people[11].ssin
    await settled_once(database, lost)


async def test_a_lost_notification_can_be_contested(
    stack: Stack, own: Endpoints, file: Path, database: Database
) -> None:
    async with integrator(own) as client:
        async with without(stack, "contact"):
            id_, number = await declared(client, engage(own, own.data.people[12]))
            await client.ends([id_])
            await settled_once(database, number)
            await arrived(own, (NOTIFIED,))
            lose(own, NOTIFIED)
        assert await reconcile(file) == {"notification for contestations": [number]}
    await until(database, _CONTESTABLE, number)


async def test_a_lost_provisional_result_and_a_lost_end_of_its_case(
    stack: Stack, own: Endpoints, file: Path, database: Database
) -> None:
    """The S is sent again while the case is open, and the end of the case after it."""
    stranger = engage(own, own.data.strangers[0].identity())
    async with integrator(own) as client:
        async with without(stack, "identification"):
            id_, number = await declared(client, stranger)
            await arrived(own, (IDENTIFY,))
            async with without(stack, "intake", "notifier"):
                await asyncio.to_thread(stack.launch, f"{NAME}.identification")
                await until(database, _IN_CASE, number)
                await arrived(own, (RESULTS,))
                await arrived(own, (NOTIFY,))
                lose(own, RESULTS, NOTIFY)
                await asyncio.to_thread(stack.halt, f"{NAME}.identification")
        assert await reconcile(file) == {"provisional result": [number]}
        await client.answer(id_, INTERMEDIATE)
        async with without(stack, "personnel_file"):
            ran = await dimona(file, "case", "resolve", str(number), "--give-up")
            assert ran.exit_code == 0
            await arrived(own, SETTLE)
            lose(own, *SETTLE)
        assert await reconcile(file) == {"identification ended": [number]}
        (final,) = await client.ends([id_])
    assert result(final) == "B"
    await settled_once(database, number)


async def test_a_lost_refusal_is_notified(
    stack: Stack, own: Endpoints, file: Path, database: Database
) -> None:
    wrong = engage(own, own.data.people[14], 9, 5)
    notified = "SELECT count(*) FROM notifier.notifications WHERE declaration_id = $1"
    async with integrator(own) as client:
        async with without(stack, "notifier"):
            id_, number = await declared(client, wrong)
            (final,) = await client.ends([id_])
            assert result(final) == "B"
            await arrived(own, (NOTIFY,))
            lose(own, NOTIFY)
        assert await reconcile(file) == {"refusal of reception": [number]}
    await until(database, notified, number)
