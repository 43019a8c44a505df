"""A waiting declaration that cannot be settled affects neither its predecessor nor its successors (ADR 4)."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from unittest.mock import Mock
from uuid import uuid4

import pytest

from deploy.local.deployment import ROOT, Endpoints
from deploy.local.stack import Stack
from services.personnel_file.settlement import store
from services.personnel_file.settlement.handler import settle as settling
from services.personnel_file.settlement.handler.settle import settle_declarations
from services.personnel_file.settlement.store import SettleRequest
from shared.envelope import carrier, cloud_event
from shared.messages import ChangeAdmitted, DeclarationSettled, IdentificationEnded
from shared.runtime.bursts import CARRIER_TYPE, Outgoing, Sent
from shared.runtime.consumer import CRASHES
from shared.runtime.database import Transaction, open_pool
from shared.runtime.operator import load, publishing
from shared.runtime.step import Resumed
from tests.commands import dimona
from tests.days import today
from tests.foreign.events import PATIENCE
from tests.foreign.integrator import Integrator
from tests.integration import settling as values
from tests.integration.clients import engage, errors, integrator, result
from tests.integration.parking import WHOLE, begin, broken, counts, listed, settled_once
from tests.serving import serving

pytestmark = pytest.mark.stack

Database = Any  # asyncpg-stubs make it generic, asyncpg does not
FILE = "personnel_file"


@pytest.fixture(scope="module")
def own(stack: Stack) -> Iterator[Endpoints]:
    """Serve a deployment of its own, because the tests look into its queues."""
    with serving(stack, "woken") as endpoints:
        yield endpoints


class Chain:
    """An IN that was parked, an OUT that waits for it and a CANCEL that waits for the OUT."""

    def __init__(self, ids: list[str], numbers: list[int], parked: dict[str, Any]) -> None:
        self.ids, self.numbers, self.parked = ids, numbers, parked


async def chain(own: Endpoints, file: Path, database: Database, client: Integrator, person: int) -> Chain:
    """Declare IN, OUT and CANCEL while no row about this person can be saved."""
    ssin = own.data.people[person].ssin
    before = {row["id"] for row in json.loads((await dimona(file, "parked", "list", "--json")).stdout)}
    async with broken(database, "personnel_file.relations", f"ssin <> '{ssin}'"):
        in_, first = await begin(client, engage(own, own.data.people[person]))
        out, second = await begin(client, {"dimonaOut": {"periodId": first, "endDate": str(today())}})
        cancel, third = await begin(client, {"dimonaCancel": {"periodId": first}})
        rows = await listed(file, len(before) + 1)
        await wait_for_waiting(database, [second, third], {second, third})
    (parked,) = (row for row in rows if row["id"] not in before)
    assert parked["declarations"] == [first]
    return Chain([in_, out, cancel], [first, second, third], parked)


async def wait_for_waiting(database: Database, numbers: list[int], those: set[int]) -> None:
    """Wait until exactly those of these numbers are waiting."""
    which = "SELECT declaration_id FROM personnel_file.waiting WHERE declaration_id = ANY($1::bigint[])"
    async with asyncio.timeout(PATIENCE):
        while {row[0] for row in await database.fetch(which, numbers)} != those:  # noqa: ASYNC110 - a table sends no event
            await asyncio.sleep(0.05)


async def publish(own: Endpoints, file: Path, queue: str, events: list[str]) -> None:
    """Put a carrier into a queue."""
    async with publishing(load(file), own.deployment.internal) as publisher:
        message = Outgoing(str(uuid4()), "", queue, "test", carrier(events).encode(), CARRIER_TYPE)
        assert await publisher.publish(message) is Sent.CONFIRMED


async def event(file: Path, row: dict[str, Any]) -> str:
    """Return the one event of a parked copy, unchanged."""
    shown = json.loads((await dimona(file, "parked", "show", row["id"], *WHOLE)).stdout)
    return json.dumps(shown["message"]["messages"][0])


@pytest.mark.parametrize(("person", "way"), [(0, "replay"), (1, "discard")])
async def test_a_waiting_declaration_that_fails_is_parked_alone(
    own: Endpoints, file: Path, database: Database, person: int, way: str
) -> None:
    """The IN is final, the OUT is parked for replay or discard, and the CANCEL follows it."""
    async with integrator(own) as client:
        there = await chain(own, file, database, client, person)
        first, poison, last = there.numbers
        async with broken(database, "personnel_file.settlements", f"declaration_id <> {poison}"):
            assert (await dimona(file, "parked", "replay", there.parked["id"])).exit_code == 0
            assert result((await client.ends(there.ids[:1]))[0]) == "A"
            (row,) = await listed(file, 1)
            await settled_once(database, first)
        assert (row["types"], row["declarations"]) == ([ChangeAdmitted.TYPE], [poison])
        assert (row["reason"], row["discardable"]) == ("CheckViolationError", True)
        assert [await counts(database, number) for number in (poison, last)] == [(0, 0, 0)] * 2
        more = ("--reason", "tried") if way == "discard" else ()
        done = await dimona(file, "parked", way, row["id"], *more)
        assert done.exit_code == 0, done.output
        out, cancel = await client.ends(there.ids[1:])
        assert result(out) == ("A" if way == "replay" else "B")
        assert errors(out) == (set() if way == "replay" else {"90059-163"})
        assert result(cancel) == "A"
        await settled_once(database, *there.numbers)
        assert await listed(file, 0) == []
        assert [client.copies[final.id] for final in (out, cancel)] == [1, 1]


async def test_a_batch_is_split_around_a_failing_successor(
    own: Endpoints, file: Path, database: Database
) -> None:
    """Two INs come in one carrier; one successor cannot be settled, all other declarations are."""
    async with integrator(own) as client:
        sick = await chain(own, file, database, client, 2)
        sound = await chain(own, file, database, client, 3)
        events = [await event(file, each.parked) for each in (sick, sound)]
        async with broken(database, "personnel_file.settlements", f"declaration_id <> {sick.numbers[1]}"):
            await publish(own, file, sick.parked["origin"], events)
            finals = await client.ends([sick.ids[0], *sound.ids])
            rows = await listed(file, 3)
        assert [result(final) for final in finals] == ["A"] * 4
        assert rows[-1]["declarations"] == [sick.numbers[1]]
        # The INs were handled: their parked copies say nothing new.
        assert (await dimona(file, "parked", "replay", "--all")).exit_code == 0
        assert [result(final) for final in await client.ends(sick.ids[1:])] == ["A", "A"]
        await settled_once(database, *sick.numbers, *sound.numbers)
        assert await listed(file, 0) == []


@asynccontextmanager
async def deadly(stack: Stack, own: Endpoints, number: int) -> AsyncIterator[list[int]]:
    """Replace the service by one that dies of a declaration and restarts; yield its exit codes."""
    deaths: list[int] = []

    async def alive() -> None:
        while True:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.integration.deadly", str(number),
                cwd=ROOT, env=own.environment(FILE),
                stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
            )  # fmt: skip
            try:
                deaths.append(await process.wait())
            finally:
                if process.returncode is None:
                    process.terminate()
                    await process.wait()

    await asyncio.to_thread(stack.unserve, f"woken.{FILE}")
    task = asyncio.create_task(alive())
    try:
        yield deaths
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await asyncio.to_thread(stack.serve, own, (FILE,))


async def test_a_waiting_declaration_that_kills_is_parked_alone(
    stack: Stack, own: Endpoints, file: Path, database: Database
) -> None:
    """It is parked before the limit of the broker, and without the IN."""
    async with integrator(own) as client:
        there = await chain(own, file, database, client, 4)
        first, killer, last = there.numbers
        async with deadly(stack, own, killer) as deaths:
            assert (await dimona(file, "parked", "replay", there.parked["id"])).exit_code == 0
            assert result((await client.ends(there.ids[:1]))[0]) == "A"
            async with asyncio.timeout(3 * PATIENCE):  # the service restarts each time
                while len(deaths) < CRASHES + 1:  # noqa: ASYNC110 - a process sends no event
                    await asyncio.sleep(0.2)
            (row,) = await listed(file, 1)
            assert (row["declarations"], row["reason"]) == ([killer], "kills the process")
            await settled_once(database, first)
            assert [await counts(database, number) for number in (killer, last)] == [(0, 0, 0)] * 2
            # Killed before it deleted the sent rows, it sends them twice: a second copy may kill once more.
            assert (await dimona(file, "parked", "discard", row["id"], "--reason", "it kills")).exit_code == 0
            out, cancel = await client.ends(there.ids[1:])
        assert deaths[: CRASHES + 1] == [1] * (CRASHES + 1)
        assert (errors(out), result(cancel)) == ({"90059-163"}, "A")
        await settled_once(database, *there.numbers)


async def test_an_overlap_refuses_the_successor_only(own: Endpoints, monkeypatch: pytest.MonkeyPatch) -> None:
    """A conflict of a successor (23P01) does not affect its predecessor."""
    ssin, employer = values.worker(), values.EMPLOYERS[0]
    one, two = (values.engage(employer, ssin, values.FIRST.replace(day=day), values.HORECA) for day in (1, 2))
    previous = {"previous": one.declaration.number}
    two = two.model_copy(update={"declaration": two.declaration.model_copy(update=previous)})
    save = store.save_settlement

    async def find_overlap(tx: Transaction, rows: store.Rows, *, recover: bool = False) -> bool:
        if any(row["period_id"] == two.declaration.number for row in rows["periods"]):
            assert recover
            return False
        return await save(tx, rows, recover=recover)

    monkeypatch.setattr(store, "save_settlement", find_overlap)
    # The command's output, which is closed, is no place to log to.
    monkeypatch.setattr(settling, "log", Mock())
    pool = await open_pool(own.dsns[FILE], FILE)
    async with pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()

        async def settle(arrived: SettleRequest) -> tuple[list[DeclarationSettled], list[Resumed]]:
            effects = await settle_declarations(Transaction(connection, values.NOW), [arrived])
            finals = [effect for effect in effects if isinstance(effect, DeclarationSettled)]
            return finals, [effect for effect in effects if isinstance(effect, Resumed)]

        assert await settle(two) == ([], [])
        (final,), (again,) = await settle(one)
        assert (final.declaration.number, final.outcome.result) == (one.declaration.number, "A")
        (refused,), _ = await settle(IdentificationEnded.model_validate_json(again.data))
        assert (refused.declaration.number, refused.outcome.result) == (two.declaration.number, "B")
        assert [anomaly.code.endswith("-334") for anomaly in refused.outcome.anomalies] == [True]
        await transaction.rollback()
    await pool.close()


@pytest.mark.parametrize(
    ("person", "text", "reason"),
    [
        (5, f'{ChangeAdmitted.TYPE}\n{{"declaration": {{"number": 7}}}}', "unreadable event"),
        (6, 'be.nsso.dimona.v0.renamed\n{"declaration": {"number": 7}}', "unreadable event"),
        (7, f"{ChangeAdmitted.TYPE}\n{{", "not a carrier of events"),
    ],
)
async def test_an_unreadable_waiting_declaration_is_parked_alone(
    own: Endpoints, file: Path, database: Database, person: int, text: str, reason: str
) -> None:
    """As after a release that reads less: it stays parked until a later release reads it."""
    left = len(json.loads((await dimona(file, "parked", "list", "--json")).stdout))
    async with integrator(own) as client:
        there = await chain(own, file, database, client, person)
        first, garbage, last = there.numbers
        look = "SELECT message FROM personnel_file.waiting WHERE declaration_id = $1"
        kept = await database.fetchval(look, garbage)
        plant = "UPDATE personnel_file.waiting SET message = $2 WHERE declaration_id = $1"
        await database.execute(plant, garbage, text)
        assert (await dimona(file, "parked", "replay", there.parked["id"])).exit_code == 0
        assert result((await client.ends(there.ids[:1]))[0]) == "A"
        row = (await listed(file, left + 1))[-1]
        assert (row["reason"], row["origin"]) == (reason, there.parked["origin"])
        await settled_once(database, first)
        await wait_for_waiting(database, [garbage, last], {last})
        assert (await dimona(file, "parked", "replay", row["id"])).exit_code == 0
        assert (await listed(file, left + 1))[-1]["id"] == row["id"]
        # As a release that reads it: the unchanged event, from the same queue.
        type_, _, data = kept.partition("\n")
        readable = cloud_event(uuid4(), type_, "test", values.NOW, data)
        await publish(own, file, row["origin"], [readable])
        assert [result(final) for final in await client.ends(there.ids[1:])] == ["A", "A"]
        await settled_once(database, *there.numbers)
        await wait_for_waiting(database, there.numbers, set())
