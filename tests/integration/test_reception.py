"""The receiving step on a real database: its look-ups, and its immediate answers."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import pytest

from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from services.intake.dialogue import store
from services.intake.dialogue.store import StoredResult
from services.intake.outages.handler import Heartbeat
from services.intake.reception.channels.rejection import Rejection
from services.intake.reception.handler.receive import Reception
from shared.domain.calendar import SATURDAY_AND_SUNDAY
from shared.messages import (
    Channel,
    DeclarationAdmitted,
    DeclarationRefused,
    Delivery,
    Result,
)
from shared.runtime import metrics
from shared.runtime.database import Transaction, open_pool, transaction
from shared.topology import Deployment
from tests.integration.receiving import OTHER, by_rest, command, engage, receive_one, reception, said

pytestmark = pytest.mark.stack


@pytest.fixture
def crowded(stack: Stack) -> Endpoints:
    """Yield a deployment for committed rows, so that the other tests find theirs empty."""
    return stack.provision(Deployment("crowded"), "crowded")


@pytest.mark.parametrize("channel", Channel)
async def test_some_employers_declare_through_secured_channels_only(
    endpoints: Endpoints, tx: Transaction, channel: Channel
) -> None:
    """90256-342 on an unsecured channel, for those employers alone (rule R42, decision D33)."""
    other = {"jointCommissionNumber": "XXX", "workerType": "OTH"}
    batch = [
        command(endpoints, channel, engage(endpoints, "agency", {**other, "subEntityNumber": "0100"})),
        command(endpoints, channel, engage(endpoints, "orchard", other)),
    ]
    reception = Reception(b"secret of the test", SATURDAY_AND_SUNDAY, Heartbeat(), simulation=False)
    unsecured = channel in (Channel.SMS, Channel.VOICE, Channel.OPEN_WEB)
    assert said(list(await reception.receive(tx, batch))) == ["90256-342" if unsecured else "", ""]


CHAINS, ROUNDS = 4, 10


def denials(reason: str) -> float:
    """Return the denials that the metric counts."""
    return float(metrics.MANDATE_DENIALS.labels(reason)._value.get())


async def test_a_rest_request_is_answered_with_its_number(endpoints: Endpoints, tx: Transaction) -> None:
    """With the number only; no event goes to a queue (clients Q14, Q16, decision D3)."""
    told, effects = await receive_one(
        reception(), tx, by_rest(endpoints, engage(endpoints, "orchard", OTHER))
    )
    assert isinstance(told, int)
    assert (len(str(told)), told % 100) == (12, told // 100 % 97 or 97)
    assert [type(effect) for effect in effects] == [DeclarationAdmitted]
    (row,) = await tx.connection.fetch("SELECT number, channel FROM declarations")
    assert dict(row) == {"number": told, "channel": "rest"}


async def test_a_declaration_refused_on_form_is_final_without_a_reply(
    endpoints: Endpoints, tx: Transaction
) -> None:
    """The result can be read under its number (decision D2)."""
    told, effects = await receive_one(reception(), tx, by_rest(endpoints, {"dimonaCancel": {"periodId": 1}}))
    assert isinstance(told, int)
    assert [type(effect) for effect in effects] == [DeclarationRefused]
    found = await store.read_answer(tx, told, endpoints.data.client_of("provider").client_id)
    assert json.loads(found or "{}")["declarationStatus"]["result"] == "B"
    for stranger in ("nursery", "bakery"):
        assert await store.read_answer(tx, told, endpoints.data.client_of(stranger).client_id) is None
    assert await store.read_answer(tx, told, "nobody") is None
    assert await store.read_answer(tx, told + 100, endpoints.data.client_of("provider").client_id) is None


async def test_the_latest_answer_is_returned(endpoints: Endpoints, tx: Transaction) -> None:
    """The provisional result, then the final one."""
    told, _ = await receive_one(reception(), tx, by_rest(endpoints, engage(endpoints, "orchard", OTHER)))
    assert isinstance(told, int)
    client = endpoints.data.client_of("provider").client_id
    assert await store.read_answer(tx, told, client) is None, "client Q33: nothing is known yet"
    for letter in ("S", "A"):
        await store.store_results(tx, [StoredResult(told, Result(letter), f'"{letter}"')])
        assert await store.read_answer(tx, told, client) == f'"{letter}"'


async def test_a_request_without_mandate_is_a_problem_and_audited(
    endpoints: Endpoints, tx: Transaction
) -> None:
    """It names no party; client, instant, employer and reason are stored and counted (decision D4)."""
    before, one = denials("no_mandate"), by_rest(endpoints, engage(endpoints, "bakery", OTHER))
    told, effects = await receive_one(reception(), tx, one)
    assert isinstance(told, Rejection)
    assert (told.problem["status"], told.problem["type"]) == (
        403,
        "urn:problem-type:belgif:missingPermission",
    )
    assert effects == []
    for table in ("declarations", "results", "chains", "open"):
        assert await tx.connection.fetchval(f"SELECT count(*) FROM {table}") == 0, table  # noqa: S608
    (row,) = await tx.connection.fetch("SELECT * FROM denials")
    employer = endpoints.data.organizations["bakery"].enterprise_number
    client = endpoints.data.client_of("provider")
    assert dict(row).items() >= {
        "denied_at": tx.now, "client_id": client.client_id, "organization": client.organization,
        "enterprise_number": employer, "reason": "no_mandate",
    }.items()  # fmt: skip
    assert employer not in json.dumps(told.problem)
    assert denials("no_mandate") == before + 1


async def test_control_without_mandate_on_the_queue_ends_with_b(
    endpoints: Endpoints, tx: Transaction
) -> None:
    """There it has a number, and ends with B (decision D4)."""
    one = command(endpoints, Channel.QUEUE, engage(endpoints, "bakery", OTHER))
    effects = list(await reception().receive(tx, [one]))
    assert said(effects) == ["90256-155"]
    assert len([effect for effect in effects if isinstance(effect, Delivery)]) == 2
    assert await tx.connection.fetch("SELECT * FROM denials") == []


async def test_an_unregistered_client_is_refused(endpoints: Endpoints, tx: Transaction) -> None:
    before = denials("not_registered")
    one = by_rest(endpoints, engage(endpoints, "orchard", OTHER), client_id="nobody")
    told, effects = await receive_one(reception(), tx, one)
    assert isinstance(told, Rejection)
    assert (told.problem["status"], effects) == (403, [])
    (row,) = await tx.connection.fetch("SELECT * FROM denials")
    assert tuple(row)[2:] == ("nobody", None, None, "not_registered")
    assert denials("not_registered") == before + 1


@pytest.mark.parametrize("channel", [Channel.REST, Channel.QUEUE])
async def test_an_outage_excuses_only_declarations_from_the_queue(
    endpoints: Endpoints, tx: Transaction, channel: Channel
) -> None:
    """Over REST, reception is the instant of the transaction, and lateness is judged by it (decision D9)."""
    heartbeat, began = Heartbeat(), tx.now - timedelta(hours=3)
    silent = Reception(b"secret of the test", SATURDAY_AND_SUNDAY, heartbeat, simulation=False)
    await heartbeat.beat(Transaction(tx.connection, began))
    one = command(endpoints, channel, engage(endpoints, "orchard", OTHER))
    (admitted,) = (e for e in await silent.receive(tx, [one]) if isinstance(e, DeclarationAdmitted))
    assert admitted.declaration.received_at == tx.now
    assert admitted.declaration.late_after == (tx.now if channel is Channel.REST else began)


async def test_concurrent_requests_have_their_own_numbers_and_places(crowded: Endpoints) -> None:
    """Requests and batches share the numbers and chains; none waits for ever (decisions D1, D17)."""
    shared, workers = reception(), crowded.data.workers[:CHAINS]
    documents = [{**engage(crowded, "orchard", OTHER), "worker": {"ssin": worker}} for worker in workers]

    async def one(n: int) -> None:
        async with transaction(pool) as tx:
            await receive_one(shared, tx, by_rest(crowded, documents[n % CHAINS]))

    async def batch(turned: bool) -> None:
        order = reversed(documents) if turned else documents
        commands = [command(crowded, Channel.QUEUE, document) for document in order]
        async with transaction(pool) as tx:
            await shared.receive(tx, [*commands, commands[0]])

    async with await open_pool(crowded.dsns["intake"], "intake", size=8) as pool:
        batches = [batch(turned) for _ in range(ROUNDS) for turned in (False, True)]
        async with asyncio.timeout(60):
            await asyncio.gather(*(one(n) for n in range(20)), *batches, *(one(n) for n in range(20)))
        rows = await pool.fetch("SELECT number, previous, order_key FROM declarations")
        lasts = {row["order_key"]: row["last"] for row in await pool.fetch("SELECT * FROM chains")}
    assert len({row["number"] for row in rows}) == len(rows) == 40 + 2 * ROUNDS * CHAINS
    assert len(lasts) == CHAINS
    for key, last in lasts.items():
        numbers = {row["number"] for row in rows if row["order_key"] == key}
        previous = [row["previous"] for row in rows if row["order_key"] == key]
        assert len(numbers) == len(previous) == len(set(previous)) == len(rows) // CHAINS
        assert set(previous) == (numbers - {last}) | {None}
