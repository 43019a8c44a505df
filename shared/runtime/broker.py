"""Sessions with the broker. Only this module, `bursts` and `frames` import the AMQP client.

This module does not use the robust connections of aio-pika. A session makes a plain connection and a
channel, and makes new ones after the channel was closed for any reason. That avoids a class of defects in
which a restored object differs from the old one (aio-pika #231, #334, #536, #565, #588; aiormq #96).
ADR 3 lists each known defect and the place that handles it.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit

import aio_pika
import aiormq
import aiormq.base
import pamqp.decode
from aio_pika.exceptions import AMQPError, ChannelNotFoundEntity

from shared.runtime import metrics, properties
from shared.runtime.frames import FrameReader
from shared.runtime.logs import log
from shared.runtime.tls import Files

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from aio_pika.abc import AbstractChannel, AbstractConnection
    from aiormq.abc import ExceptionType
    from aiormq.base import FutureStore

    #: For modules that may not import aio_pika.
    Channel = AbstractChannel
    Link = AbstractConnection

HEARTBEAT = 10  #: seconds; a connection that transports nothing is noticed within about 12
#: Seconds before a lost session is made again: doubled each time, until a session has lived for STEADY.
FIRST_PAUSE, LONGEST_PAUSE, STEADY = 0.1, 2.0, 5.0
LOST = (AMQPError, OSError, TimeoutError, aiormq.exceptions.AMQPError, RuntimeError)

# The properties that a sender has set must not end the session of the recipient.
pamqp.decode.METHODS.update(properties.READERS)
aiormq.connection.FrameReceiver = FrameReader  # type: ignore[misc]

_reject_all = aiormq.base.FutureStore.reject_all


def _reject_waiting_calls(store: FutureStore, reason: ExceptionType | None) -> Any:
    """End the calls that wait on a closed connection, with a ConnectionError if there is no other reason."""
    return _reject_all(store, reason or ConnectionError("the connection was closed"))


# Without a reason, the library raises a bare `Exception`, which is not in LOST and would end the process.
aiormq.base.FutureStore.reject_all = _reject_waiting_calls  # type: ignore[method-assign]


#: The address of the broker, or a function that returns it, which is called for each new connection.
Address = str | Callable[[], str]


#: Name of the setting with the address, for errors.
SETTING: Final = "dimona_amqp_url"
_SECONDS: Final = 10.0  #: for a connection
_TLS_PORT: Final = 5671


def with_vhost(amqp_url: str, vhost: str) -> str:
    """Return the address of a vhost. `amqp_url` is the address of the broker; its query is kept."""
    return urlsplit(amqp_url)._replace(path=f"/{quote(vhost, safe='')}").geturl()


def without_vhost(address: str) -> tuple[str, str]:
    """Return the address of the broker and the name of the vhost in an address of a vhost."""
    parts = urlsplit(address)
    return parts._replace(path="").geturl(), unquote(parts.path.removeprefix("/"))


def _parts(amqp_url: str, vhost: str) -> tuple[str, Files]:
    """Return the address for the AMQP client, and the files for TLS that the query names."""
    parts = urlsplit(with_vhost(amqp_url, vhost))
    given = {name: values[0] for name, values in parse_qs(parts.query).items()}
    # Other parameters have no effect: one of the library turns the verification off.
    kept = {name: given[name] for name in ("auth",) if name in given}
    files = Files(SETTING, given.get("cafile"), given.get("certfile"), given.get("keyfile"))
    return parts._replace(query=urlencode(kept | {"heartbeat": HEARTBEAT})).geturl(), files


async def connect(amqp_url: Address, vhost: str, name: str) -> AbstractConnection:
    """Open a plain connection. Raise OSError, TimeoutError or AMQPError.

    An `amqps` address leads to TLS. Its query may name `cafile`, the file of the trusted authorities, and
    `certfile` and `keyfile`, the own certificate; with `auth=external` this certificate is the login. These
    files are read for each connection. Raise UntrustedError, an OSError, when TLS refuses the broker.
    """
    address = amqp_url if isinstance(amqp_url, str) else amqp_url()
    url, files = _parts(address, vhost)
    context = await asyncio.to_thread(files.client_context) if url.startswith("amqps:") else None
    connection = aio_pika.Connection(
        aio_pika.connection.make_url(url), ssl_context=context, client_properties={"connection_name": name}
    )
    try:
        await connection.connect(timeout=_SECONDS)
    except BaseException as error:
        await connection.close()  # otherwise its destructor starts to close it, when no loop runs
        if (untrusted := files.explain(error)) is not None:
            raise untrusted from None
        raise
    return connection


async def refuse_untrusted(amqp_url: str) -> None:
    """Raise UntrustedError if the address leads to TLS that is refused. Ignore a broker that is away."""
    url, files = _parts(amqp_url, "")
    parts = urlsplit(url)
    if parts.scheme != "amqps":
        return
    context = files.client_context()
    try:
        async with asyncio.timeout(_SECONDS):
            _, writer = await asyncio.open_connection(parts.hostname, parts.port or _TLS_PORT, ssl=context)
    except (OSError, TimeoutError) as error:
        if (untrusted := files.explain(error)) is not None:
            raise untrusted from None
        return
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


async def existing(amqp_url: Address, vhost: str, name: str, queues: Iterable[str]) -> set[str]:
    """Return the queues among these that exist at the broker. Raise the errors of `connect`."""
    found = set()
    connection = await connect(amqp_url, vhost, name)
    try:
        channel = await connection.channel()
        for queue in queues:
            try:
                await channel.declare_queue(queue, passive=True)
                found.add(queue)
            except ChannelNotFoundEntity:  # which closes the channel
                channel = await connection.channel()
    finally:
        await connection.close()
    return found


def own_cancellation() -> bool:
    """Return whether a CancelledError is meant for this task.

    A stuck connection raises CancelledError too, which `except Exception` does not catch. A session that
    treats it as its own cancellation would end without any error.
    """
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


class Session(ABC):
    """Base class of sessions: a connection with one channel. After a loss both are made again."""

    def __init__(self, amqp_url: Address, vhost: str, name: str, purpose: str) -> None:
        self._url, self.vhost, self._name, self._purpose = amqp_url, vhost, name, purpose
        self.connected = asyncio.Event()
        self._closed = asyncio.Event()

    async def run(self) -> None:
        """Connect, serve until the channel is lost, wait a moment, and repeat. End only by cancellation."""
        loop = asyncio.get_running_loop()
        pause = FIRST_PAUSE
        while True:
            began = loop.time()
            try:
                await self.before()
                async with self._open() as channel:
                    self.connected.set()
                    metrics.AMQP_CONNECTED.labels(self._purpose).inc()
                    await self.serve(channel)
            except LOST as error:
                log.warning("amqp_lost", vhost=self.vhost, purpose=self._purpose, error=error)
            except asyncio.CancelledError:
                if own_cancellation():
                    raise
                log.warning("amqp_stuck", vhost=self.vhost, purpose=self._purpose)
            finally:
                if self.connected.is_set():
                    metrics.AMQP_CONNECTED.labels(self._purpose).dec()
                self.connected.clear()
            metrics.AMQP_RECONNECTS.labels(self._purpose).inc()
            if loop.time() - began > STEADY:
                pause = FIRST_PAUSE
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[AbstractChannel]:
        self._closed = asyncio.Event()
        connection = await connect(self._url, self.vhost, self._name)
        try:
            # With confirms; a returned message becomes an error, instead of a success.
            channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
            # The callback must not raise: an error there ends the closing (aio-pika #669).
            channel.close_callbacks.add(lambda *_: self._closed.set())
            connection.close_callbacks.add(lambda *_: self._closed.set())
            yield channel
        finally:
            with suppress(*LOST):
                await connection.close()

    async def before(self) -> None:  # noqa: B027 - an optional hook
        """Prepare for a new connection. The method does nothing unless a subclass overrides it."""

    @abstractmethod
    async def serve(self, channel: AbstractChannel) -> None:
        """Use the channel until it is lost."""

    async def until_lost(self) -> None:
        """Wait until the channel or the connection is closed, or `drop` is called."""
        await self._closed.wait()

    def drop(self) -> None:
        """Give up the channel, so that `run` makes a new connection and a new channel."""
        self._closed.set()
