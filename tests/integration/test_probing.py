"""The daily limit on new workers of an organization, and the counts of searches in the register."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import asyncpg
import pytest

from deploy.local.deployment import Endpoints
from services.intake.dialogue.handler import Conclusion
from services.intake.probing import store as probing
from services.intake.probing.handler import forget
from services.intake.probing.rules import WorkerBound
from services.intake.reception.channels.rejection import Rejection
from shared.domain.anomalies import anomaly
from shared.domain.calendar import SATURDAY_AND_SUNDAY, local_date
from shared.domain.declared import Declaration
from shared.messages import Channel, DeclarationAdmitted, DeclarationSettled, Delivery, Outcome, Result
from shared.runtime import metrics
from shared.runtime.commands import Command
from shared.runtime.database import Transaction, open_pool
from shared.runtime.organizations import Organizations
from tests.integration.receiving import OTHER, by_rest, engage, receive_one, reception, said

pytestmark = pytest.mark.stack


def of_worker(endpoints: Endpoints, n: int) -> Command[Declaration]:
    """Return an IN over REST for one of the workers of the demo."""
    return by_rest(
        endpoints,
        {**engage(endpoints, "orchard", OTHER), "worker": {"ssin": endpoints.data.workers[n]}},
    )


async def counted(tx: Transaction) -> dict[str, int]:
    """Return the counts of today."""
    return await probing.most(tx.connection, local_date(tx.now))


async def test_an_organization_has_a_daily_limit(endpoints: Endpoints, tx: Transaction) -> None:
    """Beyond it there is a problem, a denial and a count; declarations about known workers continue."""
    client = endpoints.data.client_of("provider")
    bounded = reception(WorkerBound(9, {client.organization: 2}))
    first, second, third = (of_worker(endpoints, n) for n in range(3))
    for one in (first, second):
        assert isinstance((await receive_one(bounded, tx, one))[0], int)
    before = metrics.WORKERS_DENIED._value.get()
    told, effects = await receive_one(bounded, tx, third)
    assert isinstance(told, Rejection)
    assert (told.problem["status"], effects) == (429, [])
    assert told.problem["type"] == "urn:problem-type:belgif:tooManyRequests"
    assert 0 < told.problem["retryAfterSec"] <= 25 * 3600
    assert metrics.WORKERS_DENIED._value.get() == before + 1
    (row,) = await tx.connection.fetch("SELECT client_id, reason FROM denials")
    assert tuple(row) == (client.client_id, "too_many_workers")
    assert await tx.connection.fetchval("SELECT count(*) FROM declarations") == 2
    assert isinstance((await receive_one(bounded, tx, of_worker(endpoints, 0)))[0], int), "known by now"
    tomorrow = Transaction(tx.connection, tx.now + timedelta(days=1))
    assert isinstance((await receive_one(bounded, tomorrow, of_worker(endpoints, 2)))[0], int)
    await forget(tomorrow)
    assert await tx.connection.fetchval("SELECT count(*) FROM new_workers") == 1


async def test_clients_of_one_organization_share_its_limit(endpoints: Endpoints, tx: Transaction) -> None:
    """An organization with two clients cannot name twice as many; each limit counts both (threat T15)."""
    owner = await asyncpg.connect(endpoints.postgres_dsn)
    number = endpoints.data.client_of("provider").organization
    await owner.execute(
        "INSERT INTO access.client VALUES ('second_of_provider', $1) ON CONFLICT DO NOTHING", number
    )
    await owner.close()
    bounded = reception(WorkerBound(2))
    outcomes = []
    for n in range(4):
        one = of_worker(endpoints, n)
        client = one.client_id if n % 2 else "second_of_provider"
        outcomes.append((await receive_one(bounded, tx, replace(one, client_id=client)))[0])
    assert [isinstance(outcome, int) for outcome in outcomes] == [True, True, False, False]
    organizations = Organizations()
    async with await open_pool(endpoints.dsns["intake"], "intake", size=1) as pool:
        await organizations.load(pool)
    client_id = endpoints.data.client_of("provider").client_id
    assert organizations.of("second_of_provider") == organizations.of(client_id) == number
    assert organizations.of("somebody else") == "somebody else"


async def test_the_limit_applies_in_the_order_of_a_batch(endpoints: Endpoints, tx: Transaction) -> None:
    commands = [replace(of_worker(endpoints, n), channel=Channel.QUEUE) for n in (0, 1, 1, 2, 3)]
    effects = list(await reception(WorkerBound(2)).receive(tx, commands))
    assert said(effects) == ["", "", ""]
    assert sum("problem" in effect.type for effect in effects if isinstance(effect, Delivery)) == 2
    assert (await counted(tx))["new_workers"] == 2


async def test_other_characteristics_count_as_another_worker(endpoints: Endpoints, tx: Transaction) -> None:
    """Each change of them is another query of the register."""
    document = engage(endpoints, "orchard", OTHER)
    for name in ("Janssens", "Jansens", "Janssens"):
        worker = {**endpoints.data.strangers[0].identity(), "familyName": name}
        await receive_one(reception(), tx, by_rest(endpoints, {**document, "worker": worker}))
    assert (await counted(tx))["new_workers"] == 2
    stored = await tx.connection.fetch("SELECT worker FROM new_workers")
    assert all(len(row["worker"]) == 16 for row in stored)


@pytest.mark.parametrize(("hours", "quick"), [(1, 1), (25, 0)])
async def test_a_quick_cancel_is_counted(
    endpoints: Endpoints, tx: Transaction, hours: int, quick: int
) -> None:
    number, _ = await receive_one(reception(), tx, of_worker(endpoints, 0))
    later = Transaction(tx.connection, tx.now + timedelta(hours=hours))
    cancel = by_rest(endpoints, {"dimonaCancel": {"periodId": number}})
    assert isinstance((await receive_one(reception(), later, cancel))[0], int)
    assert (await counted(later))["quick_cancels"] == quick


async def test_contradictions_are_counted(endpoints: Endpoints, tx: Transaction) -> None:
    _, effects = await receive_one(reception(), tx, of_worker(endpoints, 0))
    (admitted,) = (effect for effect in effects if isinstance(effect, DeclarationAdmitted))
    warning = Outcome(
        result=Result.WARNING, anomalies=(anomaly("00025-348", "worker.familyName"),), decided_at=tx.now
    )
    settled = DeclarationSettled(declaration=admitted.declaration, outcome=warning)
    for _ in range(2):  # a copy counts once
        await Conclusion(SATURDAY_AND_SUNDAY).store_results(tx, [settled])
    assert (await counted(tx))["contradictions"] == 1
