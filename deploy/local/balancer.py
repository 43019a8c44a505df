"""A balancer for a cluster of brokers on loopback: `python -m deploy.local.balancer PORT TARGET_PORT…`.

Each new connection goes to the next target that accepts it. A connection ends when its target ends, and the
client connects again. In production a load balancer or a list of addresses replaces this program.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from itertools import count

_CONNECT_SECONDS = 1.0
_CHUNK = 65536


class Balancer:
    """A proxy that distributes new connections over its targets at 127.0.0.1, in turn."""

    def __init__(self, targets: list[int]) -> None:
        self._targets, self._next = targets, count()

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Connect a client to the first target that answers, and copy both ways until one side ends."""
        first = next(self._next)
        for n in range(len(self._targets)):
            port = self._targets[(first + n) % len(self._targets)]
            try:
                there = await asyncio.wait_for(asyncio.open_connection("127.0.0.1", port), _CONNECT_SECONDS)
            except (OSError, TimeoutError):
                continue
            copies = [_copy(reader, there[1]), _copy(there[0], writer)]
            _, running = await asyncio.wait(
                [asyncio.create_task(each) for each in copies], return_when=asyncio.FIRST_COMPLETED
            )
            for task in running:
                task.cancel()
            there[1].close()
            break
        writer.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()


async def main(port: int, targets: list[int]) -> None:
    """Run the balancer until it is killed."""
    server = await asyncio.start_server(Balancer(targets).accept, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), [int(port) for port in sys.argv[2:]]))
