"""A separate connection with which the broker is asked about queues, also while a session is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from shared.runtime import metrics
from shared.runtime.broker import LOST, Address, connect, own_cancellation
from shared.runtime.logs import log
from shared.runtime.parts import PartEndedError

if TYPE_CHECKING:
    from shared.runtime.broker import Channel, Link
    from shared.runtime.consumer import Consumer

WATCH_SECONDS: Final = 10.0  #: between two looks
#: Seconds without any consumer at the broker after which the process ends, to be started again.
MUTE_SECONDS: Final = 40.0
_SECONDS: Final = 10.0  #: for the answers about all queues


class Watchdog:
    """A connection to one vhost, which is kept between two calls and made again after a failure."""

    def __init__(self, amqp_url: Address, vhost: str, name: str) -> None:
        self._url, self._vhost, self._name = amqp_url, vhost, name
        self._connection: Link | None = None
        self._channel: Channel | None = None
        self._turn = asyncio.Lock()

    async def count(self, queues: Sequence[str]) -> dict[str, tuple[int, int]]:
        """Return the numbers of ready messages and consumers of each queue. Raise the errors of `connect`."""
        async with self._turn:
            try:
                async with asyncio.timeout(_SECONDS):
                    if self._connection is None or self._channel is None:
                        self._connection = await connect(self._url, self._vhost, self._name)
                        self._channel = await self._connection.channel()
                    return {name: await _counts(self._channel, name) for name in queues}
            except BaseException:
                await self._give_up()
                raise

    async def watch(self, consumer: Consumer[Any]) -> None:
        """Watch whether the broker knows the consumer. If not, reconnect it; after 40 s raise PartEndedError.

        The broker is asked, because the objects of the client library may be stale (aio-pika #231).
        """
        loop = asyncio.get_running_loop()
        well = loop.time()
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            if consumer.stopped_itself:
                well = loop.time()
                continue
            try:
                with suppress(ConnectionError):
                    await consumer.subscription.adopt()
                counts = await self.count(consumer.subscription.consumed)
            except (Exception, asyncio.CancelledError) as error:
                if own_cancellation():
                    raise
                log.info("watchdog_postponed", queue=consumer.label, error=error)
                metrics.CONSUMER_UP.labels(consumer.label).set(0)
                well = loop.time()  # the broker or the queue is away, which the session handles
                continue
            up = all(consumers for _, consumers in counts.values())
            metrics.CONSUMER_UP.labels(consumer.label).set(up)
            if up or not consumer.subscription.connected.is_set() or consumer.subscription.meeting:
                well = loop.time()
            elif loop.time() - well > MUTE_SECONDS:
                raise PartEndedError(f"the broker knows no consumer of {consumer.label}")
            else:
                log.warning("consumer_missing", queue=consumer.label)
                consumer.subscription.drop()

    async def close(self) -> None:
        """Close the connection, if there is one."""
        async with self._turn:
            await self._give_up()

    async def _give_up(self) -> None:
        connection, self._connection, self._channel = self._connection, None, None
        if connection is not None:
            with suppress(*LOST, asyncio.CancelledError):
                await connection.close()


async def _counts(channel: Channel, name: str) -> tuple[int, int]:
    declared = (await channel.declare_queue(name, passive=True)).declaration_result
    return declared.message_count or 0, declared.consumer_count or 0
