"""Reading of queues by operators: their sizes; or all messages, of which some are removed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from shared.runtime.broker import LOST, connect

if TYPE_CHECKING:
    from collections.abc import Mapping

_PREFETCH: Final = 100  #: messages in memory while queues are drained
_ARRIVAL_SECONDS: Final = 10.0  #: in which a message that a queue has must come


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A message of a queue, with its properties as the broker gives them."""

    queue: str
    body: bytes
    type: str | None
    message_id: str | None
    user_id: str | None
    headers: Mapping[str, Any]
    _message: Any

    async def remove(self) -> None:
        """Remove the message from its queue. Raise ConnectionError if the broker is lost before that."""
        try:
            await self._message.ack()
        except LOST as error:
            raise ConnectionError(
                f"the broker was lost before a message of {self.queue} was removed"
            ) from error

    async def give_back(self) -> None:
        """Put the message back into its queue, unless it was removed.

        Without this call the broker puts the message back when the connection is closed.
        """
        if not self._message.processed:
            await self._message.nack(requeue=True)


@dataclass(frozen=True, slots=True)
class Depth:
    """The messages of a queue that no consumer has, and its consumers."""

    messages: int
    consumers: int


async def measure(amqp_url: str, vhost: str, name: str, queues: Sequence[str]) -> dict[str, Depth]:
    """Return the depth of each of these queues of a vhost. It needs no right but to enter the vhost.

    Raises:
        ConnectionError: The broker cannot be reached, or a queue is missing.
    """
    async with _connected(amqp_url, vhost, name) as connection:
        try:
            channel = await connection.channel()
            counted = [(await channel.get_queue(queue, ensure=True)).declaration_result for queue in queues]
        except LOST as error:
            raise ConnectionError(f"the queues cannot be counted ({type(error).__name__})") from error
    return {each.queue: Depth(each.message_count, each.consumer_count) for each in counted}


@asynccontextmanager
async def browse(amqp_url: str, vhost: str, name: str, queues: Sequence[str]) -> AsyncIterator[list[Found]]:
    """Yield the messages of these queues in order. While the block runs, no other consumer gets them.

    Messages that were not removed return to their place, at the latest when the connection is lost.

    Args:
        amqp_url: The broker, without a vhost.
        vhost: The vhost of the queues.
        name: The name of the connection, as the broker shows it.
        queues: The names of the queues.

    Raises:
        ConnectionError: The broker cannot be reached, or a queue cannot be read.
    """
    async with _connected(amqp_url, vhost, name) as connection:
        found = await _taken(connection, queues)
        try:
            yield found
        finally:
            with suppress(*LOST):
                for message in found:
                    await message.give_back()


@asynccontextmanager
async def _connected(amqp_url: str, vhost: str, name: str) -> AsyncIterator[Any]:
    try:
        connection = await connect(amqp_url, vhost, name)
    except LOST as error:
        raise ConnectionError(f"the broker cannot be reached ({type(error).__name__})") from None
    try:
        yield connection
    finally:
        await connection.close()


async def _taken(connection: Any, queues: Sequence[str]) -> list[Found]:
    try:
        channel = await connection.channel()
        found = []
        for name in queues:
            queue = await channel.get_queue(name, ensure=False)
            while (message := await queue.get(fail=False)) is not None:
                found.append(_found(name, message))
    except LOST as error:
        raise ConnectionError(f"the queues cannot be read ({type(error).__name__})") from error
    return found


async def drain(
    amqp_url: str, vhost: str, name: str, queues: Sequence[str], read: Callable[[Found], Awaitable[object]]
) -> int:
    """Remove the messages of queues that no other program reads, each after `read` has ended for it.

    Return the number of removed messages. They are consumed, because a queue with a single active consumer
    gives no message otherwise.

    Raises:
        ConnectionError: The broker cannot be reached, a queue is missing, or another program reads a queue.
    """
    removed = 0
    async with _connected(amqp_url, vhost, name) as connection:
        try:
            channel = await connection.channel()
            await channel.set_qos(prefetch_count=_PREFETCH)
            for queue_name in queues:
                queue = await channel.get_queue(queue_name, ensure=True)
                count, arrived = queue.declaration_result.message_count, asyncio.Queue[Any]()
                tag = await queue.consume(arrived.put)
                for _ in range(count):
                    message = await asyncio.wait_for(arrived.get(), _ARRIVAL_SECONDS)
                    await read(_found(queue_name, message))
                    await message.ack()
                    removed += 1
                await queue.cancel(tag)
        except TimeoutError:
            raise ConnectionError(f"another program reads {queue_name}") from None
        except LOST as error:
            raise ConnectionError(f"the queues cannot be read ({type(error).__name__})") from error
    return removed


def _found(queue: str, message: Any) -> Found:
    return Found(
        queue, message.body, message.type, message.message_id, message.user_id, message.headers, message
    )
