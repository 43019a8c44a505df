"""A message that expires by its own lifetime goes to a queue of its own, not to the parking queue."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel

from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from shared.runtime.broker import connect
from shared.topology import CREATE_DECLARATION, DECLARATIONS, EXPIRED, PUBLIC_IN, Deployment, parking_of
from tests.prove.observe import operator

pytestmark = pytest.mark.stack

SECONDS = 20.0


@pytest.fixture(scope="module")
def own(stack: Stack) -> Endpoints:
    """Yield a deployment without services, in which messages stay in their queues."""
    return stack.provision(Deployment("lifetimes"), "lifetimes")


@pytest.fixture
async def looking(own: Endpoints) -> AsyncIterator[AbstractChannel]:
    """Connect as the operator."""
    connection = await operator(own.document(), own.deployment.public)
    async with connection:
        yield await connection.channel()


async def depth(channel: AbstractChannel, queue: str) -> int:
    """Return the number of ready messages."""
    return (await channel.declare_queue(queue, passive=True)).declaration_result.message_count or 0


async def reaches(channel: AbstractChannel, queue: str, count: int) -> None:
    async with asyncio.timeout(SECONDS):
        while await depth(channel, queue) != count:  # noqa: ASYNC110 - only the broker knows
            await asyncio.sleep(0.2)


async def test_expired_messages_are_apart_from_parked_ones(own: Endpoints, looking: AbstractChannel) -> None:
    """Messages with a lifetime of 1 ms fill a bounded queue; the oldest of them are dropped."""
    client = own.data.client_of("bakery").client_id
    connection = await connect(own.amqp_urls[f"client:{client}"], own.deployment.public, "test")
    async with connection:
        channel = await connection.channel()
        exchange = await channel.get_exchange(PUBLIC_IN, ensure=False)
        for _ in range(20):
            message = aio_pika.Message(b"{}", message_id=str(uuid4()), user_id=client, expiration=0.001)
            await exchange.publish(message, CREATE_DECLARATION)
    await reaches(looking, EXPIRED, 20)
    assert await depth(looking, parking_of("intake")) == 0
    assert await depth(looking, DECLARATIONS.name) == 0


async def test_control_a_message_that_kills_is_parked(own: Endpoints, looking: AbstractChannel) -> None:
    """A reason other than the lifetime leads to the parking queue."""
    before = await depth(looking, EXPIRED)
    await looking.default_exchange.publish(aio_pika.Message(b"{}", delivery_mode=2), DECLARATIONS.name)
    for _ in range(6):  # the delivery limit
        connection = await operator(own.document(), own.deployment.public)
        async with connection:
            queue = await (await connection.channel()).get_queue(DECLARATIONS.name, ensure=False)
            await queue.get(fail=False)
    await reaches(looking, parking_of("intake"), 1)
    assert await depth(looking, EXPIRED) == before
