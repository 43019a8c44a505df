"""Files that the portal passes on while a service makes them: parts, refusals, and a broken transfer."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from deploy.local.processes import free_port
from services.portal.apis import Apis, AwayError, BusyError, RefusedError, client

PART = b"x" * 100_000


async def answer(request: web.Request) -> web.StreamResponse:
    """Answer with the status in the path; 200 with a file in two parts, 206 with one that breaks off."""
    status = int(request.match_info["status"])
    if status >= 400:
        return web.json_response({"detail": "no"}, status=status)
    response = web.StreamResponse(headers={"Content-Type": "text/csv", "Content-Length": str(2 * len(PART))})
    await response.prepare(request)
    await response.write(PART)
    if status == 206:
        assert request.transport is not None
        request.transport.close()
        return response
    await response.write(PART)
    return response


@pytest.fixture
async def apis() -> AsyncIterator[Apis]:
    """Yield the APIs of a service that gives prepared answers."""
    app, port = web.Application(), free_port()
    app.router.add_get("/{status}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    async with client() as http:
        yield Apis(http, {"intake": f"http://127.0.0.1:{port}"}, "token")
    await runner.cleanup()


async def test_a_file_is_passed_on_in_parts(apis: Apis) -> None:
    content = await apis.open("intake", "/200")
    assert content.media_type == "text/csv"
    parts = [part async for part in content.chunks]
    assert b"".join(parts) == PART * 2
    assert len(parts) > 1


@pytest.mark.parametrize(
    ("status", "error"), [(403, RefusedError), (404, RefusedError), (429, BusyError), (503, AwayError)]
)
async def test_a_refused_file_is_an_error_before_its_first_part(
    apis: Apis, status: int, error: type[Exception]
) -> None:
    with pytest.raises(error) as caught:
        await apis.open("intake", f"/{status}")
    assert type(caught.value) is error


async def test_a_transfer_that_breaks_off_is_an_error(apis: Apis) -> None:
    """The browser then has no whole file: the response of the portal breaks off too."""
    content = await apis.open("intake", "/206")
    with pytest.raises(aiohttp.ClientError):
        async for _ in content.chunks:
            pass


async def test_a_reader_that_stops_leaves_no_connection(apis: Apis) -> None:
    content = await apis.open("intake", "/200")
    async for _ in content.chunks:
        break
    await content.chunks.aclose()
    connector = apis.http.connector
    assert connector is not None
    assert not connector._acquired
