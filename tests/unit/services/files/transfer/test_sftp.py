"""The SFTP server: keys, folders, names and limits, with OpenSSH's client and with a client of asyncssh."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from services.files.transfer.channels import home
from services.files.transfer.channels.folders import Limit
from tests.unit.services.files.transfer.serving import Served, batch, refused, serve


@pytest.fixture
def limits() -> dict[str, Any]:
    """Return settings with small limits."""
    return {
        "file_bytes": 100_000, "folder_bytes": 200_000, "folder_files": 6, "sftp_login_seconds": 5.0,
    }  # fmt: skip


@pytest.fixture
async def served(tmp_path: Path, limits: dict[str, Any]) -> AsyncIterator[Served]:
    async with serve(tmp_path, **limits) as served:
        yield served


async def test_openssh_puts_and_fetches_files(served: Served, tmp_path: Path) -> None:
    """It uploads under the right name or a temporary one, and reads and removes answers."""
    sent, fetched = tmp_path / "sent", tmp_path / "fetched"
    sent.write_bytes(b"<Dimona/>" * 1000)
    home = served.folders.home(served.expeditor)
    (home / "OUT" / "FO.ACRF.999999.20260213.00001.R").write_bytes(b"answer")
    done = await batch(
        served,
        f"put -p {sent} IN/{served.name()}",
        f"put {sent} IN/{served.name('FI', '00002')}.filepart",
        f"rename IN/{served.name('FI', '00002')}.filepart IN/{served.name('FI', '00002')}",
        f"get OUT/FO.ACRF.999999.20260213.00001.R {fetched}",
        "rm OUT/FO.ACRF.999999.20260213.00001.R",
        "ls -l",
    )
    assert done.returncode == 0, done.stderr
    assert {path.name for path in (home / "IN").iterdir()} == {served.name(), served.name("FI", "00002")}
    assert (home / "IN" / served.name()).read_bytes() == sent.read_bytes()
    assert fetched.read_bytes() == b"answer"
    assert list((home / "OUT").iterdir()) == []


@pytest.mark.parametrize(
    "command",
    [
        "put {sent} IN/declarations.xml", "put {sent} {right}", "put {sent} OUT/{right}",
        "put {sent} IN/FI.DIMN.999998.20260213.00001.R.1.1",  # the name of another expeditor
        "put {sent} IN/FI.DMFA.{own}.20260213.00001.R.1.1",  # no part of the system reads it
        "put {sent} IN/FI.DIMN.{own}.20260213.00001.T.1.1",  # the other environment
        "put {sent} ../../spool/{right}", "put {sent} /../IN/../../{right}",
        "mkdir IN/more", "rmdir OUT", "ln -s /etc/passwd IN/{right}", "ln IN/there IN/{right}",
        "get /etc/passwd {sent}.x", "get ../../../../etc/passwd {sent}.x", "df",
        "rename IN/there IN/{right}",
    ],
)  # fmt: skip
async def test_openssh_cannot_leave_its_folders(served: Served, tmp_path: Path, command: str) -> None:
    """Neither by a path nor by a link nor by a name (threat T12)."""
    sent = tmp_path / "sent"
    sent.write_bytes(b"x")
    (served.folders.home(served.expeditor) / "IN" / "there").touch()
    before = sorted(path for path in served.folders.root.rglob("*"))
    line = command.format(sent=sent, right=served.name(), own=served.expeditor)
    done = await batch(served, line)
    assert done.returncode != 0, done.stdout
    assert sorted(path for path in served.folders.root.rglob("*")) == before


async def test_a_file_keeps_its_kind(served: Served, tmp_path: Path) -> None:
    """Otherwise GO files, which have limits of their own, would become FI files."""
    sent = tmp_path / "sent"
    sent.write_bytes(b"x")
    start, file = f"IN/{served.name('GO', end='')}", f"IN/{served.name()}"
    assert (await batch(served, f"put {sent} {start}")).returncode == 0
    assert (await batch(served, f"rename {start} {file}")).returncode != 0
    assert [path.name for path in (served.folders.home(served.expeditor) / "IN").iterdir()] == [start[3:]]


async def test_a_login_needs_the_key_of_the_expeditor(served: Served) -> None:
    before = refused("key")
    for user, key in (
        (served.expeditor, served.other), ("999998", served.other), ("x" * 1000, served.other),
    ):  # fmt: skip
        with pytest.raises((asyncssh.PermissionDenied, asyncssh.ConnectionLost)):
            async with served.connect(user, key or served.other):
                pass
    with pytest.raises(asyncssh.PermissionDenied):
        async with asyncssh.connect(
            "127.0.0.1", served.port, username=served.expeditor, password="secret", known_hosts=None,
            config=None, agent_path=None, client_keys=None,
        ):  # fmt: skip
            pass
    assert refused("key") > before


async def test_nothing_but_sftp_is_served(served: Served) -> None:
    async with served.connect() as connection:
        with pytest.raises((asyncssh.ChannelOpenError, asyncssh.Error, OSError)):
            await connection.run("id", check=True)
        with pytest.raises(asyncssh.ChannelOpenError):
            await connection.open_connection("127.0.0.1", served.port)
        with pytest.raises(asyncssh.ChannelListenError):
            await connection.forward_remote_port("127.0.0.1", 0, "127.0.0.1", 22)


async def test_a_file_has_a_largest_size(served: Served, tmp_path: Path) -> None:
    sent = tmp_path / "sent"
    sent.write_bytes(b"x" * 150_000)
    before = refused("bytes")
    done = await batch(served, f"put {sent} IN/{served.name()}")
    assert done.returncode != 0
    assert refused("bytes") > before
    assert (served.folders.home(served.expeditor) / "IN" / served.name()).stat().st_size <= 100_000
    sent.write_bytes(b"x" * 70_000)
    done = await batch(served, f"put {sent} IN/{served.name('GO', end='.1')}")
    assert done.returncode != 0, "a GO file is small"


async def test_a_folder_has_a_largest_number_and_size_of_files(served: Served) -> None:
    before = refused("folder")
    async with served.connect() as connection, connection.start_sftp_client() as client:
        for serial in range(6):
            async with client.open(f"IN/{served.name(serial=f'{serial:05}')}", "wb") as file:
                await file.write(b"x")
        with pytest.raises(asyncssh.SFTPPermissionDenied):
            await client.open(f"IN/{served.name(serial='00007')}", "wb")
        for serial in range(6):  # it can be started, also when it is full
            async with client.open(f"IN/{served.name('GO', f'{serial:05}', end='.1')}", "wb"):
                pass
        with pytest.raises(asyncssh.SFTPPermissionDenied):
            await client.open(f"IN/{served.name('TD', end='.1')}", "wb")
        for serial in range(6):
            await client.remove(f"IN/{served.name('GO', f'{serial:05}', end='.1')}")
        for serial in range(3):
            await client.remove(f"IN/{served.name(serial=f'{serial:05}')}")
        first, second = (f"IN/{served.name(serial=f'{serial:05}')}" for serial in range(2))
        async with client.open(first, "wb") as file:
            await file.write(b"x" * 100_000)
        with pytest.raises(asyncssh.SFTPPermissionDenied):
            async with client.open(second, "wb") as file:
                await file.write(b"x" * 100_000)  # three other files have a byte
        for _ in range(2):  # the second time in its own place
            async with client.open(second, "wb") as file:
                await file.write(b"x" * 99_997)
        with pytest.raises(asyncssh.SFTPPermissionDenied):
            await client.open(f"IN/{served.name(serial='00007')}", "wb")
    assert refused("folder") == before + 3


@pytest.mark.parametrize("limit", list(Limit))
async def test_an_expeditor_that_has_reached_a_limit_uploads_no_further_file(
    served: Served, limit: Limit
) -> None:
    """It can cancel, collect answers, and finish files that it is writing. Others are not affected."""
    before, remedy = refused(limit), "later" if limit is Limit.BACKLOG else "read and delete"
    async with served.connect() as connection, connection.start_sftp_client() as client:
        async with client.open(f"IN/{served.name()}", "wb") as file:
            served.folders.full[limit] = frozenset({served.expeditor})
            await file.write(b"x")
        with pytest.raises(asyncssh.SFTPPermissionDenied, match=remedy):
            await client.open(f"IN/{served.name(serial='00007')}", "wb")
        for kind in ("GO", "TD"):
            async with client.open(f"IN/{served.name(kind, end='.1')}", "wb"):
                pass
        assert await client.listdir("OUT")
        served.folders.full[limit] = frozenset({served.other})
        async with client.open(f"IN/{served.name(serial='00007')}", "wb"):
            pass
    assert refused(limit) == before + 1


async def test_a_session_has_a_largest_number_of_open_files(served: Served) -> None:
    async with served.connect() as connection, connection.start_sftp_client() as client:
        opened = [await client.open(f"IN/{served.name(serial=f'0000{n}')}", "wb") for n in range(4)]
        with pytest.raises(asyncssh.SFTPPermissionDenied):
            await client.open(f"IN/{served.name(serial='00009')}", "wb")
        with pytest.raises(asyncssh.SFTPPermissionDenied):
            await client.remove(f"IN/{served.name(serial='00001')}")
        for file in opened:
            await file.close()
        readers = [await client.open(f"IN/{served.name(serial='00001')}", "rb") for _ in range(16)]
        with pytest.raises(asyncssh.SFTPPermissionDenied):
            await client.open(f"IN/{served.name(serial='00001')}", "rb")
        for file in readers:
            await file.close()
    assert served.folders.uploads.count_in(served.folders.home(served.expeditor) / "IN") == 0


async def test_a_read_has_a_largest_size(served: Served, tmp_path: Path) -> None:
    """Clients ask again for the rest, so large answers arrive whole."""
    content = os.urandom(700_001)
    (served.folders.home(served.expeditor) / "OUT" / "FO").write_bytes(content)
    async with served.connect() as connection, connection.start_sftp_client() as client:
        async with client.open("OUT/FO", "rb", block_size=0) as file:
            assert len(await file.read(2**32 - 1, 0)) == 128 * 1024
        await client.get("OUT/FO", str(tmp_path / "asyncssh"))
    done = await batch(served, f"get OUT/FO {tmp_path / 'openssh'}")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "asyncssh").read_bytes() == (tmp_path / "openssh").read_bytes() == content


async def test_a_client_that_takes_no_answers_is_refused(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(home, "_UNSENT_BYTES", 1024 * 1024)
    (served.folders.home(served.expeditor) / "OUT" / "FO").write_bytes(b"x" * 128 * 1024)
    before = refused("bytes")
    async with served.connect() as connection, connection.start_sftp_client() as client:
        file = await client.open("OUT/FO", "rb", block_size=0)
        reads = [file.read(128 * 1024, 0) for _ in range(100)]
        results = await asyncio.gather(*reads, return_exceptions=True)
        assert any(isinstance(each, asyncssh.SFTPPermissionDenied) for each in results)
        assert any(isinstance(each, bytes) for each in results)
    assert refused("bytes") > before


async def test_files_are_not_copied_on_the_server(served: Served) -> None:
    (served.folders.home(served.expeditor) / "OUT" / "FO").write_bytes(b"x")
    async with served.connect() as connection, connection.start_sftp_client() as client:
        assert not client.supports_remote_copy
        client._handler._supports_copy_data = True  # asks in spite of that
        async with client.open("OUT/FO", "rb") as source, client.open(f"IN/{served.name()}", "wb") as target:
            with pytest.raises(asyncssh.SFTPOpUnsupported):
                await client.remote_copy(source, target)
    assert (served.folders.home(served.expeditor) / "IN" / served.name()).read_bytes() == b""
