"""Rotated passwords, switch-over and missing grants hold the messages and park none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from shared.runtime.service import _Running
from tests.fault_proxy import fault_proxy
from tests.integration.runtime.broker import until
from tests.integration.runtime.toys import Place, Toy, events, running

pytestmark = pytest.mark.stack


@dataclass
class Login:
    """A login of a toy service, with its address in a secret file."""

    place: Place
    name: str
    file: Path

    def write(self, password: str, port: int | None = None) -> str:
        """Write the address with this password to the file, and return it."""
        host = urlsplit(self.place.endpoints.superuser_dsn)
        dsn = f"postgresql://{self.name}:{password}@{host.hostname}:{port or host.port}{host.path}"
        self.file.write_text(dsn)
        return dsn

    async def alter(self, change: str) -> None:
        """Change the role and end its sessions, as an administrator does."""
        await self.place.database.execute(f"ALTER ROLE {self.name} {change}")
        await self.place.database.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1", self.name
        )


@pytest.fixture
async def login(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Login]:
    """Yield a superuser for this test, which may change it."""
    login = Login(place, f"login_{place.name}", tmp_path / "dimona_database_dsn")
    await place.database.execute(f"CREATE ROLE {login.name} SUPERUSER LOGIN PASSWORD 'first'")
    login.write("first")
    monkeypatch.setenv("DIMONA_SECRETS_DIR", str(tmp_path))
    yield login
    await login.alter("NOLOGIN")
    await place.reconnect()
    await place.database.execute(f"DROP ROLE {login.name}")


async def held(place: Place, runs: _Running) -> None:
    """Publish events, and check that they are held while the database counts as away."""
    await place.broker.publish(place.queue.name, events([2, 3]), events([4]))

    async def away() -> bool:
        return not (await runs._ready())["database"]

    await until(away, what="the database to count as away")
    await asyncio.sleep(2)
    assert await place.done() == [1]


async def nothing_lost(place: Place, toy: Toy) -> None:
    """Check that every message is handled once and none is parked."""
    assert await place.finish(4, 30) == [1, 2, 3, 4]
    assert await place.broker.ready(place.parking) == 0
    assert set(toy.deliveries) == {0}


async def test_a_rotated_password_is_read_again(place: Place, toy: Toy, login: Login) -> None:
    async with running(place, toy, settings=place.settings(dsn=login.write("first"))) as runs:
        await place.broker.publish(place.queue.name, events([1]))
        await place.finish(1)
        await login.alter("PASSWORD 'second'")
        await held(place, runs)
        login.write("second")
        await nothing_lost(place, toy)
        assert (await runs._ready())["database"]


async def test_a_read_only_database_is_waited_for(place: Place, toy: Toy, login: Login) -> None:
    async with running(place, toy, settings=place.settings(dsn=login.write("first"))) as runs:
        await place.broker.publish(place.queue.name, events([1]))
        await place.finish(1)
        await login.alter("SET default_transaction_read_only = on")
        await held(place, runs)
        await place.database.execute(f"ALTER ROLE {login.name} SET default_transaction_read_only = off")
        await nothing_lost(place, toy)


async def test_the_address_of_another_server_is_read_again(place: Place, toy: Toy, login: Login) -> None:
    port = urlsplit(place.endpoints.superuser_dsn).port
    assert port is not None
    async with fault_proxy(port) as former:
        settings = place.settings(dsn=login.write("first", former.port))
        async with running(place, toy, settings=settings) as runs:
            await place.broker.publish(place.queue.name, events([1]))
            await place.finish(1)
            former.cut()
            await held(place, runs)
            login.write("first")
            await nothing_lost(place, toy)


async def test_a_missing_grant_is_waited_for(place: Place, toy: Toy, login: Login) -> None:
    async with running(place, toy, settings=place.settings(dsn=login.write("first"))):
        await place.broker.publish(place.queue.name, events([1]))
        await place.finish(1)
        await login.alter("NOSUPERUSER")
        await place.broker.publish(place.queue.name, events([2, 3]), events([4]))
        await asyncio.sleep(2)
        assert await place.done() == [1]
        assert await place.broker.ready(place.parking) == 0
        await login.alter("SUPERUSER")
        await nothing_lost(place, toy)
