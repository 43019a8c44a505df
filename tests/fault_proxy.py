"""A TCP proxy that breaks connections on purpose: reset, refuse, swallow, or drop one direction."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

_LINGER_ZERO = struct.pack("ii", 1, 0)  # closing then sends a reset


class FaultProxy:
    """A proxy that forwards connections to a server and injects faults, which can be set at any time."""

    def __init__(self, port: int) -> None:
        self.target, self.port = port, 0  #: the port to which new connections lead, and its own
        self.refusing = False  #: new connections are reset at once
        self.swallowing = False  #: no byte passes, without a sign: a black hole
        self.deaf_clients = False  #: answers of the server are dropped; requests pass
        self._pairs: set[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = set()
        self._holes: set[object] = set()  #: connections that swallow while the others pass

    def url(self, url: str) -> str:
        """Return the address through this proxy."""
        return url.replace(f":{urlsplit(url).port}", f":{self.port}", 1)

    @property
    def connections(self) -> int:
        """The number of open connections."""
        return len(self._pairs)

    def reset(self) -> None:
        """End every open connection with a TCP reset, on both sides."""
        for writer in [writer for pair in self._pairs for writer in pair]:
            raw: socket.socket = writer.get_extra_info("socket")
            with suppress(OSError):
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
            writer.transport.abort()

    def cut(self) -> None:
        """Reset open connections and refuse new ones, until `heal`."""
        self.refusing = True
        self.reset()

    def half_open(self) -> None:
        """Turn the open connections into black holes; new ones pass."""
        self._holes |= self._pairs

    def heal(self) -> None:
        """End all faults. A connection that has lost bytes stays broken."""
        self.refusing = self.swallowing = self.deaf_clients = False

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self.refusing:
                raise ConnectionRefusedError
            there, back = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        pair = (writer, back)
        self._pairs.add(pair)
        pumps = {
            asyncio.create_task(self._pump(pair, reader, back, to_client=False)),
            asyncio.create_task(self._pump(pair, there, writer, to_client=True)),
        }
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            self._pairs.discard(pair)
            self._holes.discard(pair)
            for side in pair:
                side.close()

    async def _pump(
        self, pair: object, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, to_client: bool
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                if self.swallowing or pair in self._holes or (to_client and self.deaf_clients):
                    continue
                writer.write(data)
                await writer.drain()


@asynccontextmanager
async def fault_proxy(port: int) -> AsyncIterator[FaultProxy]:
    """Run a proxy before a local port."""
    proxy = FaultProxy(port)
    server = await asyncio.start_server(proxy._serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        proxy.cut()
        await asyncio.sleep(0)
