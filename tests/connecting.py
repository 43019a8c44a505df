"""Connections to the broker by their address."""

from __future__ import annotations

from aio_pika.abc import AbstractConnection

from shared.runtime.broker import connect, without_vhost


async def connected(url: str) -> AbstractConnection:
    """Open a connection to the broker and the vhost in an address. Raise one of LOST.

    A connection that the broker refuses is closed here. Otherwise its destructor starts to close it at
    some later time, in which no event loop runs, and another test fails because of that.
    """
    return await connect(*without_vhost(url), "test")
