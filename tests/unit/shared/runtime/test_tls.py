"""Files of TLS, contexts that read them again, errors, and the places of connections in a handshake."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from deploy.local.certificates import Authority, Certificate
from deploy.local.processes import free_port
from shared.runtime import connections
from shared.runtime.broker import with_vhost, without_vhost
from shared.runtime.connections import Places, State
from shared.runtime.http import serve
from shared.runtime.tls import Files, RereadContext, UntrustedError


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def _files(certificate: Certificate) -> Files:
    return Files("dimona_api_certificate_file", None, str(certificate.certificate), str(certificate.key))


def _client(certificate: Certificate) -> ssl.SSLContext:
    return Files("x", str(certificate.authorities)).client_context()


async def _scheme(request: Request) -> Response:
    return PlainTextResponse(f"{request.url.scheme} {request.client.host if request.client else ''}")


@asynccontextmanager
async def listening(files: Files, places: Places) -> AsyncIterator[int]:
    """Run a listener with TLS, and return its port."""
    port = free_port()
    context = RereadContext.of(files, Files.server_context, server=True)
    app = Starlette(routes=[Route("/", _scheme)])
    task = asyncio.create_task(serve(app, "127.0.0.1", port, places, context))
    try:
        async with asyncio.timeout(10):
            while True:
                with suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                    writer.close()
                    break
                await asyncio.sleep(0.01)
        yield port
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def answer(port: int, context: ssl.SSLContext) -> tuple[bytes, int]:
    """Return the last line of an answer, and the serial number of the certificate of the server."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    serial = int(writer.get_extra_info("peercert")["serialNumber"], 16)
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    try:
        return (await asyncio.wait_for(reader.read(), 5)).rpartition(b"\r\n")[2], serial
    finally:
        writer.close()


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - the state of a listener has no event
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("address", "vhost", "whole"),
    [
        ("amqp://u:p@h:1", "dimona.public", "amqp://u:p@h:1/dimona.public"),
        ("amqp://u:p@h:1/", "a/b", "amqp://u:p@h:1/a%2Fb"),
        ("amqps://u:p%40@h:1?cafile=/a/b.crt", "v", "amqps://u:p%40@h:1/v?cafile=/a/b.crt"),
    ],
)
def test_the_vhost_comes_before_the_query(address: str, vhost: str, whole: str) -> None:
    assert with_vhost(address, vhost) == whole
    assert without_vhost(whole) == (address.removesuffix("/"), vhost)


async def test_an_api_with_tls_knows_scheme_and_source(authority: Authority) -> None:
    certificate, places = authority.issue("server"), Places("api", 4, 4)
    async with listening(_files(certificate), places) as port:
        assert (await answer(port, _client(certificate)))[0] == b"https 127.0.0.1"


async def test_a_replaced_certificate_serves_the_next_connection(authority: Authority) -> None:
    certificate = authority.issue("server")
    client = _client(certificate)
    async with listening(_files(certificate), Places("api", 4, 4)) as port:
        _, first = await answer(port, client)
        assert (await answer(port, client))[1] == first
        authority.issue("server")
        assert (await answer(port, client))[1] != first


async def test_a_certificate_without_its_key_leaves_the_former_in_use(authority: Authority) -> None:
    certificate = authority.issue("server")
    client = _client(certificate)
    async with listening(_files(certificate), Places("api", 4, 4)) as port:
        _, first = await answer(port, client)
        other = authority.issue("other")
        other.certificate.replace(certificate.certificate)
        assert (await answer(port, client))[1] == first
        other.key.replace(certificate.key)
        assert (await answer(port, client))[1] != first


async def test_a_new_authority_is_trusted_by_the_next_connection(tmp_path: Path) -> None:
    first, second = Authority(tmp_path / "1"), Authority(tmp_path / "2")
    trusted = tmp_path / "trusted.crt"
    trusted.write_text(first.file.read_text())
    client = RereadContext.of(Files("x", str(trusted)), Files.client_context, server=False)
    async with listening(_files(second.issue("server")), Places("api", 4, 4)) as port:
        with pytest.raises(ssl.SSLCertVerificationError):
            await answer(port, client)
        trusted.write_text(first.file.read_text() + second.file.read_text())
        assert (await answer(port, client))[0] == b"https 127.0.0.1"


async def test_connections_without_a_handshake_have_places_too(authority: Authority) -> None:
    certificate, places = authority.issue("server"), Places("api", 3, 3)
    async with listening(_files(certificate), places) as port:
        mute = [await asyncio.open_connection("127.0.0.1", port) for _ in range(6)]
        await until(lambda: len(places._open) == 3)
        for reader, _ in mute[:3]:  # the oldest were closed for the newer ones
            assert await asyncio.wait_for(reader.read(), 5) == b""
        assert (await answer(port, _client(certificate)))[0] == b"https 127.0.0.1"
        for _, writer in mute:
            writer.close()
        await until(lambda: not places._open)


async def test_a_handshake_has_a_time_limit(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connections.SECONDS, State.HEAD, 0.2)
    places = Places("api", 3, 3)
    async with listening(_files(authority.issue("server")), places) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert await asyncio.wait_for(reader.read(), 5) == b""
        writer.close()
        assert not places._open


async def test_plain_text_gets_no_answer(authority: Authority) -> None:
    places = Places("api", 3, 3)
    async with listening(_files(authority.issue("server")), places) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert not (await asyncio.wait_for(reader.read(), 5)).startswith(b"HTTP")
        writer.close()
        await until(lambda: not places._open)


def test_a_circle_of_errors_has_no_explanation() -> None:
    first, second = OSError(), OSError()
    first.__cause__, second.__cause__ = second, first
    assert Files("x").explain(first) is None


def test_a_server_without_tls_is_named() -> None:
    error = ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number")
    error.reason = "WRONG_VERSION_NUMBER"
    assert str(Files("dimona_amqp_url").explain(error)) == "dimona_amqp_url: the server does not speak TLS"


@pytest.mark.parametrize("content", [None, "junk"])
def test_a_file_of_authorities_that_cannot_be_used_is_refused(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "ca.crt"
    if content is not None:
        file.write_text(content)
    with pytest.raises(UntrustedError, match=r"^x: the file of trusted authorities cannot be used$"):
        Files("x", str(file)).client_context()
