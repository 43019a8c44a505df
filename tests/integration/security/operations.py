"""Operations that a user of the broker could try, each over a channel of its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress

import aio_pika
import aiormq.exceptions
from aio_pika.abc import AbstractChannel, AbstractConnection

from tests.connecting import connected

Operation = Callable[[AbstractChannel], Awaitable[object]]
_LOST = (aio_pika.exceptions.AMQPError, aiormq.exceptions.AMQPError, OSError, RuntimeError)


def publish(exchange: str, key: str, user_id: str | None = None) -> Operation:
    """Publish and wait for the answer of the broker. A returned message (no queue) counts as allowed."""

    async def operation(channel: AbstractChannel) -> None:
        to = await channel.get_exchange(exchange, ensure=False) if exchange else channel.default_exchange
        await to.publish(aio_pika.Message(b"{}", user_id=user_id), key, mandatory=False, timeout=5)

    return operation


def get(queue: str) -> Operation:
    """Take a message, if there is one. It returns to the queue when the channel is closed."""

    async def operation(channel: AbstractChannel) -> None:
        await (await channel.get_queue(queue, ensure=False)).get(fail=False, timeout=5)

    return operation


def consume(queue: str) -> Operation:
    """Subscribe to a queue."""

    async def operation(channel: AbstractChannel) -> None:
        async def ignore(_message: object) -> None:
            """Leave a delivered message unacknowledged."""

        await (await channel.get_queue(queue, ensure=False)).consume(ignore)

    return operation


def declare(queue: str, *, passive: bool = False) -> Operation:
    """Declare a queue, or (passive) request its numbers of messages and consumers."""

    async def operation(channel: AbstractChannel) -> None:
        await channel.declare_queue(queue, durable=True, passive=passive, timeout=5)

    return operation


def declare_exchange(name: str) -> Operation:
    """Declare an exchange."""

    async def operation(channel: AbstractChannel) -> None:
        await channel.declare_exchange(name, durable=True, timeout=5)

    return operation


def bind(queue: str, exchange: str, key: str) -> Operation:
    """Bind a queue to a routing key."""

    async def operation(channel: AbstractChannel) -> None:
        await (await channel.get_queue(queue, ensure=False)).bind(exchange, key, timeout=5)

    return operation


def delete(queue: str) -> Operation:
    """Delete a queue."""

    async def operation(channel: AbstractChannel) -> None:
        await channel.queue_delete(queue, timeout=5)

    return operation


def purge(queue: str) -> Operation:
    """Empty a queue."""

    async def operation(channel: AbstractChannel) -> None:
        await (await channel.get_queue(queue, ensure=False)).purge(timeout=5)

    return operation


def enter(url: str) -> Operation:
    """Connect to another vhost with the same credentials."""

    async def operation(_channel: AbstractChannel) -> None:
        await (await connected(url)).close()

    return operation


async def attempt(connection: AbstractConnection, operation: Operation) -> str:
    """Return `allowed`, or the type of the error with which the broker refuses."""
    channel = await connection.channel(publisher_confirms=True)
    try:
        await operation(channel)
    except _LOST as error:
        return type(error).__name__
    finally:
        with suppress(*_LOST):
            await channel.close()
    return "allowed"


async def outcomes(url: str, operations: Iterable[tuple[str, Operation]]) -> dict[str, str]:
    """Try each operation with the credentials and vhost of a URL, and return its result."""
    connection = await connected(url)
    try:
        return {name: await attempt(connection, operation) for name, operation in operations}
    finally:
        await connection.close()
