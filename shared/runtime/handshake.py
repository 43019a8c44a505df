"""TLS of a listener: a connection takes its place before the handshake, and has a time limit for it."""

from __future__ import annotations

import asyncio
import asyncio.sslproto
import ssl
import time
from typing import Any, Final

from shared.runtime import metrics
from shared.runtime.connections import SECONDS, Connection, Places, State
from shared.runtime.rate import source_of

#: Seconds to wait for the other side when a connection ends.
_CLOSING_SECONDS: Final = 2.0
# asyncio allocates this many bytes for each connection; its 256 KiB would take too much memory.
asyncio.sslproto.SSLProtocol.max_size = 32 * 1024


class Handshake(asyncio.Protocol):
    """A connection that has not finished its TLS handshake. It hands over to a `Connection` afterwards.

    asyncio itself makes no protocol before the handshake is complete, so that nothing would limit the
    connections that never complete it.
    """

    known = False  #: no request on it was authenticated
    may_be_evicted = True
    answers_a_stranger = False

    def __init__(self, places: Places, context: ssl.SSLContext, connection: Connection) -> None:
        self._places, self._context, self._connection = places, context, connection
        self._transport: asyncio.Transport
        self._task: asyncio.Task[None]
        self._received = bytearray()
        self._lost = False
        self._begun = time.monotonic()
        self.source = ""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a place for the new connection and begin the handshake. Close it if there is no place."""
        self._transport = transport
        self.source = source_of((transport.get_extra_info("peername") or ("",))[0])
        if self._places.enter(self):
            self._task = asyncio.create_task(self._secure())
        else:
            transport.abort()

    def data_received(self, data: bytes) -> None:
        """Keep bytes that came together with the end of the handshake."""
        self._received += data

    def connection_lost(self, _error: Exception | None) -> None:
        """Free the place of this connection, which has ended."""
        self._lost = True
        self._places.leave(self)

    async def _secure(self) -> None:
        try:
            secured = await asyncio.get_running_loop().start_tls(
                self._transport, self, self._context, server_side=True,
                ssl_handshake_timeout=SECONDS[State.HEAD], ssl_shutdown_timeout=_CLOSING_SECONDS,
            )  # fmt: skip
        except OSError:  # the other side speaks no TLS, or left
            self._transport.abort()
            return
        finally:
            self._places.leave(self)
        if secured is None or self._lost:  # asyncio returns None if the connection was aborted meanwhile
            return
        secured.set_protocol(self._connection)
        self._connection.connection_made(secured)
        if self._received:
            self._connection.data_received(bytes(self._received))

    def overdue(self, now: float) -> State | None:
        """Return HEAD if the handshake has taken too long, else None."""
        return State.HEAD if now - self._begun > SECONDS[State.HEAD] else None

    def end(self, reason: str) -> None:
        """Close the connection, and count it."""
        self._places.leave(self)
        metrics.CONNECTIONS_ENDED.labels(self._places.listener, str(reason)).inc()
        self._transport.abort()


def secured(places: Places, context: ssl.SSLContext, **arguments: Any) -> Handshake:
    """Return the protocol of a new TLS connection; `arguments` are those of uvicorn for a connection."""
    return Handshake(places, context, Connection(places, **arguments))
