"""Clients of a real broker get equal turns; the routing key names the sender (ADR 21, threats T8, T15)."""

from __future__ import annotations

import asyncio
import http.client
import json
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import aio_pika
import asyncpg
import pytest
from aiormq.exceptions import ChannelAccessRefused

from deploy.local.demo.integrator import RECEIVED, Command, Integrator
from deploy.local.deployment import Endpoints
from deploy.local.processes import wait_until
from deploy.local.stack import Stack
from shared.runtime.database import Connection
from shared.runtime.fairness import KEPT
from shared.topology import CREATE_DECLARATION, PUBLIC_IN, UNIDENTIFIED, Deployment, own_key
from tests.bench import lean
from tests.integration.clients import PATIENCE, engage, integrator
from tests.prove import floods

pytestmark = pytest.mark.stack

COUNT = 6 * KEPT  #: messages at once: more than the share of one client


@pytest.fixture(scope="module")
def served(stack: Stack) -> Iterator[Endpoints]:
    """Serve a deployment of its own: a flood declares for all workers."""
    endpoints = stack.provision(Deployment("fair"), "fair")
    stack.serve(endpoints)
    yield endpoints
    stack.unserve(*(name for name in stack.names if name.startswith("fair.")))


@pytest.fixture
async def database(served: Endpoints) -> AsyncIterator[Connection]:
    """Connect to the database as its owner."""
    connection = await asyncpg.connect(served.superuser_dsn)
    yield connection
    await connection.close()


def moved(served: Endpoints, reason: str) -> float:
    """Return how many messages intake has moved for a reason."""
    with closing(
        http.client.HTTPConnection(urlsplit(served.ops_url("intake")).netloc, timeout=10)
    ) as connection:
        connection.request("GET", "/metrics")
        body = connection.getresponse().read().decode()
    found = re.search(rf'^dimona_messages_moved_total{{reason="{reason}"}} (\S+)$', body, re.MULTILINE)
    return float(found[1]) if found else 0.0


async def publish(
    served: Endpoints, client: Integrator, commands: Sequence[Command], key: str, user_id: str | None
) -> None:
    """Publish commands as a client, in order; return when the broker has confirmed all of them."""
    url = served.amqp_url(f"client:{client.client_id}", served.deployment.public)
    async with await aio_pika.connect(url) as connection:
        exchange = await (await connection.channel()).get_exchange(PUBLIC_IN, ensure=False)
        messages = (
            aio_pika.Message(command.body(), message_id=command.id, user_id=user_id) for command in commands
        )
        await asyncio.gather(*(exchange.publish(message, key) for message in messages))


async def publish_at_once(served: Endpoints, client: Integrator, commands: Sequence[Command]) -> None:
    """Publish commands to the shared queue with one write; return when the broker has confirmed them."""
    connection = await lean.Connection.open(
        served.amqp_url(f"client:{client.client_id}", served.deployment.public)
    )
    await connection.publish(
        [
            lean.Publish(
                PUBLIC_IN, CREATE_DECLARATION, command.body(), "application/cloudevents+json", command.id,
                CREATE_DECLARATION, client.client_id,
            )
            for command in commands
        ]
    )  # fmt: skip
    connection.close()


async def received(client: Integrator, commands: Sequence[Command]) -> bool:
    """Wait for the confirmation of reception of each command."""
    return await client.until(
        lambda: all(client.reply(command, RECEIVED) for command in commands), 2 * PATIENCE
    )


async def test_the_own_routing_key_names_the_sender(served: Endpoints) -> None:
    """Accept a message without `user_id`: no other client may publish with this key."""
    async with integrator(served) as client, integrator(served, "secretariat") as other:
        command = client.command(engage(served, served.data.people[40]))
        await publish(served, client, [command], own_key(client.client_id), None)
        assert await received(client, [command])
        with pytest.raises(ChannelAccessRefused):
            await publish(served, other, [command], own_key(client.client_id), None)


async def test_without_any_sender_a_message_is_kept_and_has_no_effect(
    served: Endpoints, database: Connection
) -> None:
    before = moved(served, "unidentified")
    async with integrator(served) as client:
        command = client.command(engage(served, served.data.people[41]))
        await publish(served, client, [command], CREATE_DECLARATION, None)
        await asyncio.to_thread(
            wait_until, lambda: moved(served, "unidentified") == before + 1, 20, "one unidentified message"
        )
        query = "SELECT count(*) FROM intake.declarations WHERE message_id = $1"
        assert await database.fetchval(query, command.id) == 0
        url = served.amqp_url("operator", served.deployment.public)
        async with await aio_pika.connect(url) as connection:
            queue = await (await connection.channel()).get_queue(UNIDENTIFIED, ensure=False)
            kept = await queue.get()
            await kept.ack()
        assert kept.body == command.body()


async def test_a_flood_moves_and_keeps_its_order(served: Endpoints, database: Connection) -> None:
    """One worker and employer: the chain of declarations is the order of sending (ADR 17)."""
    before = moved(served, "share") + moved(served, "order")
    async with integrator(served) as client, integrator(served, "secretariat") as other:
        commands = [
            client.command(engage(served, served.data.people[42], start=n, end=n)) for n in range(COUNT)
        ]
        late = other.command(engage(served, served.data.people[43], role="secretariat"))
        await publish_at_once(served, client, commands)
        await other.send(late)
        assert await received(other, [late])
        behind = sum(client.reply(command, RECEIVED) is None for command in commands)
        assert await received(client, commands)
    assert moved(served, "share") + moved(served, "order") > before
    assert behind, "the other client did not wait for the flood"
    rows = await database.fetch(
        "SELECT number, previous, message_id, late_after < received_at AS excused FROM intake.declarations"
        " WHERE message_id = ANY($1::text[])",
        [command.id for command in commands],
    )
    after = {row["previous"]: row for row in rows}
    numbers = {row["number"] for row in rows}
    (first,) = [row for row in rows if row["previous"] not in numbers]
    chain = [first]
    while row := after.get(chain[-1]["number"]):
        chain.append(row)
    assert [row["message_id"] for row in chain] == [command.id for command in commands]
    assert any(row["excused"] for row in rows), "the wait for their turn makes no declaration late"


@pytest.mark.parametrize(
    ("flood", "scale", "own"), [("hostile", 0.1, False), ("rest", 0.1, False), ("valid", 0.3, True)]
)
async def test_another_client_does_not_wait_for_a_flood(
    served: Endpoints, tmp_path: Path, flood: str, scale: float, own: bool
) -> None:
    """A part of the floods of `tests.prove.floods`, which asks for one second on a machine of its own.

    Here two halves of the suite share the cores, so the limit is three seconds; a client without turns waits
    for the whole flood.
    """
    endpoints = tmp_path / "endpoints.json"
    endpoints.write_text(json.dumps(served.document()))
    figures = await floods.prove(endpoints, flood, scale, own=own)
    assert figures.p99 <= 3.0, figures
    assert not figures.unready, figures
