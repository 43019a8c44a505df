"""A user of the broker that opens many connections or channels, or sends huge messages (threat T10)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import AsyncExitStack, suppress
from typing import Final
from urllib.parse import quote

import aio_pika
import aiormq.exceptions
import pytest
from aio_pika.abc import AbstractChannel, AbstractConnection

from deploy.local.deployment import Endpoints
from deploy.local.processes import wait_until
from deploy.local.stack import Stack
from shared.topology import BROKER_MESSAGE_BYTES, CREATE_DECLARATION, PUBLIC_IN
from tests.connecting import connected
from tests.integration.clients import declare, engage, integrator, result, unused
from tests.integration.security.operations import Operation, outcomes

pytestmark = pytest.mark.stack

CONNECTIONS: Final = 5
CHANNELS: Final = 20
_REFUSED: Final = (aio_pika.exceptions.AMQPError, aiormq.exceptions.AMQPError, OSError)


@pytest.fixture(scope="module")
def alone(stack: Stack, watched: Endpoints) -> None:
    """Close the connections that other modules left: a user and its limits are those of the whole broker."""
    management = stack.rabbitmq.management

    def left() -> list[str]:
        status, answer = management.request("GET", "/api/connections")
        assert status == 200
        return [row["name"] for row in json.loads(answer) if row.get("user") == name_of(watched)]

    for name in left():
        management.request("DELETE", f"/api/connections/{quote(name, safe='')}")
    wait_until(lambda: not left(), 60, "the connections of the client to end", poll=0.5)


@pytest.fixture
def flooder(watched: Endpoints, alone: None) -> str:
    """Return the address of a client that floods; no other test of this module uses it."""
    return watched.amqp_url(f"client:{name_of(watched)}", watched.deployment.public)


def name_of(endpoints: Endpoints) -> str:
    return endpoints.data.client_of("nursery").client_id


async def opened(url: str, attempts: int) -> int:
    """Return how many connections a client gets that keeps all of them."""
    count = 0
    async with AsyncExitStack() as kept:
        for _ in range(attempts):
            try:
                connection = await connected(url)
            except _REFUSED:
                continue
            kept.push_async_callback(connection.close)
            count += 1
    return count


async def test_connections_of_one_client_are_bounded_and_others_are_served(
    served: Endpoints, flooder: str
) -> None:
    async with integrator(served) as client, AsyncExitStack() as kept:
        for _ in range(CONNECTIONS):
            kept.push_async_callback((await connected(flooder)).close)
        assert await opened(flooder, 200) == 0
        (event,) = await declare(client, engage(served, unused(served, 1)[0], 1))
        assert result(event) == "A"
    await (await entered(flooder)).close()


async def entered(url: str) -> AbstractConnection:
    """Return a connection, as soon as the broker has counted the end of those that were closed."""
    async with asyncio.timeout(30):
        while True:
            with suppress(*_REFUSED):
                return await connected(url)
            await asyncio.sleep(0.2)


@pytest.fixture
def unlimited(stack: Stack, watched: Endpoints) -> Iterator[None]:
    """Lift the limit of the client for a while."""
    address = f"/api/user-limits/{quote(name_of(watched), safe='')}/max-connections"
    management = stack.rabbitmq.management
    assert management.request("PUT", address, {"value": 50})[0] < 300
    yield
    assert management.request("PUT", address, {"value": CONNECTIONS})[0] < 300


@pytest.mark.usefixtures("unlimited")
async def test_control_without_the_limit_there_are_more(flooder: str) -> None:
    assert await opened(flooder, CONNECTIONS + 3) == CONNECTIONS + 3


async def test_channels_of_one_client_are_bounded(flooder: str) -> None:
    connection, count = await entered(flooder), 0
    with suppress(*_REFUSED):
        while count < 2 * CHANNELS:
            await connection.channel()
            count += 1
    await connection.close()
    assert count == CHANNELS


def sized(size: int, sender: str) -> Operation:
    """Publish a message of this size."""

    async def operation(channel: AbstractChannel) -> None:
        exchange = await channel.get_exchange(PUBLIC_IN, ensure=False)
        message = aio_pika.Message(b" " * size, user_id=sender)
        await exchange.publish(message, CREATE_DECLARATION, timeout=10)

    return operation


async def test_a_message_beyond_the_limit_is_refused_by_the_broker(watched: Endpoints, flooder: str) -> None:
    sizes = {"beyond": BROKER_MESSAGE_BYTES + 1, "within": BROKER_MESSAGE_BYTES}
    tried = [(name, sized(size, name_of(watched))) for name, size in sizes.items()]
    assert await outcomes(flooder, tried) == {"beyond": "ChannelPreconditionFailed", "within": "allowed"}
