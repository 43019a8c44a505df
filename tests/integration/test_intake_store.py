"""Intake's tables: the outage that delayed a message (decision D9), and open declarations."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from deploy.local.demo.numbers import make_enterprise_number
from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from services.intake.dialogue import store as dialogue
from services.intake.dialogue.store import StoredResult
from services.intake.outages import store as outages
from services.intake.reception import store
from services.intake.reception.store import Stored
from services.intake.reception.store.loading import Known, Loaded, Needs, begin, is_register_loaded
from shared.messages import Channel, ReceivedDeclaration, Result, Sender
from shared.runtime.database import Transaction, connect, open_pool
from shared.topology import Deployment
from tests.unit.builders import an_in

pytestmark = pytest.mark.stack

MORNING = datetime(2026, 3, 2, 8, tzinfo=UTC)


@pytest.fixture(scope="module")
def own(stack: Stack) -> Endpoints:
    """Yield a deployment of its own, without services."""
    return stack.provision(Deployment("beats"), "beats")


@pytest.fixture
async def tx(own: Endpoints) -> AsyncIterator[Transaction]:
    """Open a transaction that is never committed."""
    async with await open_pool(own.dsns["intake"], "intake", size=1) as pool, pool.acquire() as one:
        transaction = one.transaction()
        await transaction.start()
        yield Transaction(one, MORNING)
        await transaction.rollback()


def after_seconds(tx: Transaction, seconds: float) -> Transaction:
    """Return the transaction at an instant, in seconds after the start of the morning."""
    return Transaction(tx.connection, MORNING + timedelta(seconds=seconds))


async def beats(tx: Transaction, *seconds: float) -> None:
    for second in seconds:
        await outages.store_heartbeat(after_seconds(tx, second))


async def test_a_message_is_excused_by_outages_since_the_queue_was_empty(tx: Transaction) -> None:
    await beats(tx, 0, 5, 25)
    assert await outages.beat_and_load_outage_start(after_seconds(tx, 26)) is None, (
        "a short silence is no outage"
    )
    await beats(tx, 605, 610, 700)
    assert await outages.beat_and_load_outage_start(after_seconds(tx, 701)) == MORNING + timedelta(
        seconds=26
    ), "the first of one backlog"
    await beats(tx, 720)
    await outages.store_caught_up(after_seconds(tx, 730))
    assert await outages.beat_and_load_outage_start(after_seconds(tx, 731)) == MORNING + timedelta(
        seconds=610
    ), "what is in hand"
    await beats(tx, 750)
    await outages.store_caught_up(after_seconds(tx, 765))
    assert await outages.beat_and_load_outage_start(after_seconds(tx, 766)) is None
    await tx.connection.execute(
        "UPDATE heartbeat SET beat_at = $1", after_seconds(tx, 43_200).now
    )  # it beat all day
    assert await outages.beat_and_load_outage_start(after_seconds(tx, 43_205)) is None, (
        "nothing of the morning excuses the evening"
    )
    await beats(tx, 43_260)
    assert await outages.beat_and_load_outage_start(after_seconds(tx, 43_261)) == MORNING + timedelta(
        seconds=43_205
    )


def stored(number: int, order_key: str | None) -> Stored:
    sender = Sender(
        client_id="bakery", organization="0206731645", channel=Channel.QUEUE,
        message_id=str(uuid4()), message_source="/test",
    )  # fmt: skip
    return Stored(
        ReceivedDeclaration(
            number=number, declared=an_in(), sender=sender, received_at=MORNING, late_after=MORNING,
            order_key=order_key,
        ), None, None,
    )  # fmt: skip


async def test_an_open_declaration_is_unaccounted_unless_its_chain_waits(tx: Transaction) -> None:
    received = [stored(n, key) for n, key in ((1, "a"), (2, "a"), (3, "b"), (4, None))]
    await store.save(tx, received)
    assert await dialogue.count_unaccounted(tx.connection) == 3, "what intake refuses is never open"
    told = await dialogue.store_results(tx, [StoredResult(1, Result("S"), "{}")])
    assert told == {(1, False): False}
    assert await dialogue.count_unaccounted(tx.connection) == 1, "1 waits for an identification, 2 for 1"
    told = await dialogue.store_results(
        tx, [StoredResult(1, Result("A"), "{}"), StoredResult(3, Result("B"), "{}")]
    )
    assert told == {(1, True): True, (3, True): False}, "an S was given to 1 before"
    assert await dialogue.count_unaccounted(tx.connection) == 1
    await dialogue.store_results(tx, [StoredResult(2, Result("S"), "{}"), StoredResult(2, Result("W"), "{}")])
    assert await tx.connection.fetch("SELECT * FROM open") == []


async def looked_up(tx: Transaction, *users: str) -> Loaded:
    """Begin a batch of one command that names these user undertakings."""
    command = Known("bakery", ("bakery", str(uuid4())), b"-")
    return await begin(tx, [command], [1], Needs((), (), (), (), users))


async def test_user_undertakings_are_checked_only_in_a_loaded_register(own: Endpoints) -> None:
    """The owner empties the register, and rolls back (rule R38)."""
    owner = await connect(own.postgres_dsn)
    numbers = [organization.enterprise_number for organization in own.data.organizations.values()]
    unknown = make_enterprise_number(99_999)
    try:
        emptied = owner.transaction()
        await emptied.start()
        await owner.execute("SET LOCAL search_path = intake, platform")
        tx = Transaction(owner, MORNING)
        assert (await looked_up(tx, numbers[0], unknown)).users == {numbers[0]: True, unknown: False}
        assert await is_register_loaded(owner)
        await owner.execute("TRUNCATE access.enterprise")
        assert (await looked_up(tx, numbers[0], unknown)).users == {}
        assert not await is_register_loaded(owner)
        await emptied.rollback()
    finally:
        await owner.close()
