"""The connections of the SFTP server: limits for expeditors and strangers, and their ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from tests.file_senders import until
from tests.unit.services.files.transfer.serving import Served, open_connections, refused, serve


@pytest.fixture
def limits() -> dict[str, Any]:
    """Return settings with small limits."""
    return {
        "sftp_connections": 8, "sftp_connections_per_source": 3, "sftp_connections_per_expeditor": 2,
        "sftp_login_seconds": 5.0,
    }  # fmt: skip


@pytest.fixture
async def served(tmp_path: Path, limits: dict[str, Any]) -> AsyncIterator[Served]:
    async with serve(tmp_path, **limits) as served:
        yield served


async def test_an_expeditor_has_few_connections(served: Served) -> None:
    before = refused("expeditor")
    async with AsyncExitStack() as connections:
        for _ in range(2):
            await connections.enter_async_context(served.connect())
        with pytest.raises((asyncssh.Error, OSError)):
            async with served.connect() as third, third.start_sftp_client():
                pass
        async with served.connect(served.other) as connection, connection.start_sftp_client() as client:
            assert "IN" in await client.listdir("/")
    assert refused("expeditor") > before


async def test_an_address_has_few_connections_without_a_login(served: Served) -> None:
    """Connections without a login are few for each source, and end after some seconds."""
    before = refused("source")
    streams = [await asyncio.open_connection("127.0.0.1", served.port) for _ in range(6)]
    await until(lambda: refused("source") == before + 3, "the refusals", 15)
    ended = [asyncio.create_task(reader.read()) for reader, _ in streams]
    done, _ = await asyncio.wait(ended, timeout=30)
    assert len(done) == 6, "the deadline for a login has passed"
    for _, writer in streams:
        writer.close()
    async with served.connect() as connection, connection.start_sftp_client() as client:
        assert "IN" in await client.listdir("/")


#: The places of the defaults, and so long a time for a login that none ends on a busy machine.
DEFAULTS: dict[str, Any] = {"sftp_login_seconds": 120.0}


@pytest.mark.parametrize("limits", [DEFAULTS])
@pytest.mark.parametrize("addresses", [1, 16, 128])
async def test_an_expeditor_logs_in_beside_128_idle_strangers(served: Served, addresses: int) -> None:
    """From their address and from a new one, before the time for a login ends (threat T14)."""
    streams = [
        await asyncio.open_connection("127.0.0.1", served.port, local_addr=(f"127.0.1.{n % addresses}", 0))
        for n in range(128)
    ]
    async with asyncio.timeout(60):
        for source in ("127.0.1.0", "127.0.2.1"):
            async with (
                served.connect(local_addr=(source, 0)) as connection,
                connection.start_sftp_client() as client,
            ):
                assert "IN" in await client.listdir("/")
    await until(lambda: open_connections() <= 96, "three quarters of the places")
    for _, writer in streams:
        writer.close()


@pytest.mark.parametrize("limits", [DEFAULTS | {"sftp_connections_per_expeditor": 40}])
async def test_new_strangers_end_no_connection_of_a_known_address(served: Served) -> None:
    """The address of a login has a part of the places, also for its next login."""
    before = refused("full")
    async with served.connect():
        pass
    mine = [await asyncio.open_connection("127.0.0.1", served.port) for _ in range(16)]
    strangers = [
        await asyncio.open_connection("127.0.0.1", served.port, local_addr=(f"127.0.1.{n}", 0))
        for n in range(200)
    ]
    await until(lambda: (open_connections(), refused("full")) == (16 + 96, before + 104), "all ends")
    assert all([(await reader.read(4)) == b"SSH-" for reader, _ in mine])
    assert not any(reader.at_eof() for reader, _ in mine)
    for _, writer in (*mine, *strangers):
        writer.close()


@pytest.mark.parametrize("limits", [DEFAULTS | {"sftp_connections": 12}])
async def test_known_addresses_cannot_fill_all_places_without_a_login(served: Served) -> None:
    """An expeditor has logged in from six addresses, and opens connections from them without a login."""
    sources = [f"127.0.1.{n}" for n in range(6)]
    for source in sources:
        async with served.connect(local_addr=(source, 0)):
            pass
    await until(lambda: not open_connections(), "the end of the logins")
    mine = [
        await asyncio.open_connection("127.0.0.1", served.port, local_addr=(source, 0))
        for source in sources * 2
    ]
    await until(lambda: open_connections() == 12, "all places to be taken")
    async with (
        served.connect(served.other, local_addr=("127.0.2.1", 0)) as connection,
        connection.start_sftp_client() as client,
    ):
        assert "IN" in await client.listdir("/")
    for _, writer in mine:
        writer.close()


@pytest.mark.parametrize("limits", [{"sftp_idle_seconds": 0.5}])
async def test_an_idle_connection_ends(served: Served) -> None:
    before = refused("idle")
    async with served.connect() as connection, asyncio.timeout(30):
        await connection.wait_closed()
    assert refused("idle") == before + 1
