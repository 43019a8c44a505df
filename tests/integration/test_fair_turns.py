"""Clients of a real broker get equal turns; the routing key names the sender (ADR 21, threats T8, T15)."""

from __future__ import annotations

import asyncio
import http.client
import json
import re
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import aio_pika
import asyncpg
import pytest
from aiormq.exceptions import ChannelAccessRefused

from deploy.local.deployment import Endpoints
from deploy.local.processes import wait_until
from deploy.local.stack import Stack
from shared.runtime.database import Connection
from shared.runtime.fairness import KEPT
from shared.topology import CREATE_DECLARATION, PUBLIC_IN, UNIDENTIFIED, own_key
from tests.bench import lean
from tests.connecting import connected
from tests.foreign.events import PATIENCE, RECEIVED
from tests.foreign.integrator import Integrator
from tests.integration.clients import engage, integrator, unused
from tests.prove import floods
from tests.serving import serving

pytestmark = pytest.mark.stack

COUNT = 6 * KEPT  #: messages at once: more than the share of one client
MEASUREMENTS = 3


@pytest.fixture(scope="module")
def served(stack: Stack) -> Iterator[Endpoints]:
    """Serve a deployment of its own, because a flood declares for all workers."""
    with serving(stack, "fair") as endpoints:
        yield endpoints


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
    served: Endpoints, client: Integrator, id_: str, body: bytes, key: str, **properties: Any
) -> None:
    """Publish an event as a client, by default without `user_id`; return when the broker has confirmed it."""
    url = served.amqp_url(f"client:{client.client_id}", served.deployment.public)
    async with await connected(url) as connection:
        exchange = await (await connection.channel()).get_exchange(PUBLIC_IN, ensure=False)
        await exchange.publish(aio_pika.Message(body, message_id=id_, **properties), key)


async def unidentified(served: Endpoints, count: float) -> bytes:
    """Wait until intake has moved so many messages without sender; take the oldest and return its body."""
    await asyncio.to_thread(
        wait_until, lambda: moved(served, "unidentified") == count, 20, "one more unidentified message"
    )
    async with await connected(served.amqp_url("operator", served.deployment.public)) as connection:
        queue = await (await connection.channel()).get_queue(UNIDENTIFIED, ensure=False)
        kept = await queue.get()
        await kept.ack()
    return kept.body


async def publish_at_once(served: Endpoints, client: Integrator, bodies: Mapping[str, bytes]) -> None:
    """Publish events, by id, to the shared queue with one write; return when the broker has confirmed all."""
    connection = await lean.Connection.open(
        served.amqp_url(f"client:{client.client_id}", served.deployment.public)
    )
    await connection.publish(
        [
            lean.Publish(
                PUBLIC_IN, CREATE_DECLARATION, body, "application/cloudevents+json", id_,
                CREATE_DECLARATION, client.client_id,
            )
            for id_, body in bodies.items()
        ]
    )  # fmt: skip
    connection.close()


async def received(client: Integrator, ids: Iterable[str]) -> None:
    """Wait for the confirmation of reception of each event. Raise TimeoutError."""
    await client.ends(ids, RECEIVED, seconds=2 * PATIENCE)


async def test_the_own_routing_key_names_the_sender(served: Endpoints) -> None:
    """Accept a message without `user_id`: no other client may publish with this key."""
    async with integrator(served) as client, integrator(served, "secretariat") as other:
        id_ = str(uuid4())
        body = client.body(engage(served, unused(served, 1)[0]), id_)
        await publish(served, client, id_, body, own_key(client.client_id))
        await received(client, [id_])
        with pytest.raises(ChannelAccessRefused):
            await publish(served, other, id_, body, own_key(client.client_id))


async def test_a_message_without_sender_is_stored_and_has_no_effect(
    served: Endpoints, database: Connection
) -> None:
    before = moved(served, "unidentified")
    async with integrator(served) as client:
        id_ = str(uuid4())
        body = client.body(engage(served, unused(served, 1)[0]), id_)
        await publish(served, client, id_, body, CREATE_DECLARATION)
        assert await unidentified(served, before + 1) == body
        query = "SELECT count(*) FROM intake.declarations WHERE message_id = $1"
        assert await database.fetchval(query, id_) == 0


async def test_a_copy_in_the_queue_of_another_client_has_no_effect(
    served: Endpoints, database: Connection
) -> None:
    """The header CC leads it there before RabbitMQ 4.0; intake does not believe its sender (threat T9)."""
    before = moved(served, "unidentified")
    async with integrator(served) as client:
        id_, other = str(uuid4()), served.data.client_of("secretariat").client_id
        body = client.body(engage(served, unused(served, 1)[0]), id_)
        sent: dict[str, Any] = {"user_id": client.client_id, "headers": {"CC": [own_key(other)]}}
        try:
            await publish(served, client, id_, body, CREATE_DECLARATION, **sent)
        except ChannelAccessRefused:
            pytest.skip("this broker refuses the copy itself")
        await received(client, [id_])
        assert await unidentified(served, before + 1) == body
        senders = "SELECT client_id FROM intake.declarations WHERE message_id = $1"
        assert [row["client_id"] for row in await database.fetch(senders, id_)] == [client.client_id]


async def test_a_moved_flood_keeps_its_order(served: Endpoints, database: Connection) -> None:
    """For one worker and employer the chain of declarations is the order of sending (ADR 17)."""
    before = moved(served, "share") + moved(served, "order")
    async with integrator(served) as client, integrator(served, "secretariat") as other:
        ids = [str(uuid4()) for _ in range(COUNT)]
        flooded, person = unused(served, 2)
        bodies = {id_: client.body(engage(served, flooded, start=n, end=n), id_) for n, id_ in enumerate(ids)}
        await publish_at_once(served, client, bodies)
        late = await other.declare(engage(served, person, role="secretariat"))
        await received(other, [late])
        behind = sum(not client.answered(id_, RECEIVED) for id_ in ids)
        await received(client, ids)
    assert moved(served, "share") + moved(served, "order") > before
    assert behind, "the other client did not wait for the flood"
    rows = await database.fetch(
        "SELECT number, previous, message_id, late_after < received_at AS excused FROM intake.declarations"
        " WHERE message_id = ANY($1::text[])",
        ids,
    )
    after = {row["previous"]: row for row in rows}
    numbers = {row["number"] for row in rows}
    (first,) = [row for row in rows if row["previous"] not in numbers]
    chain = [first]
    while row := after.get(chain[-1]["number"]):
        chain.append(row)
    assert [row["message_id"] for row in chain] == ids
    assert any(row["excused"] for row in rows), "the wait for their turn makes no declaration late"


@pytest.mark.parametrize(
    ("flood", "scale", "own"), [("hostile", 0.1, False), ("rest", 0.1, False), ("valid", 0.3, True)]
)
async def test_another_client_does_not_wait_for_a_flood(
    served: Endpoints, tmp_path: Path, flood: str, scale: float, own: bool
) -> None:
    """`tests.prove.floods` in small: it asks for one second on an idle machine.

    Here two processes of the suite share the cores, so the limit is three seconds. Without turns a client
    waits for the whole flood. Other work on the machine can slow down one measurement; without turns all are
    slow.
    """
    endpoints = tmp_path / "endpoints.json"
    endpoints.write_text(json.dumps(served.document()))
    for _ in range(MEASUREMENTS):
        figures = await floods.prove(endpoints, flood, scale, own=own)
        if figures.p99 <= 3.0 and not figures.unready:
            break
    assert figures.p99 <= 3.0, figures
    assert not figures.unready, figures
