"""The calls of APIs: refusals, services that are away or busy, and lists of several pages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import quote

import pytest
from aiohttp import web

from deploy.local.processes import free_port
from services.portal.apis import Apis, AwayError, BusyError, RefusedError, client
from services.portal.pages.ebox import own_contestations

OWN, OTHER = "0477472701", "0206731645"
PAGES = {"": [OTHER] * 200, "p1": [OTHER, OWN], "p2": [OWN]}
FOLLOWING = {"": "p1", "p1": "p2"}


async def answer(request: web.Request) -> web.Response:
    """Answer with the status in the path, or with a page of contestations."""
    if (status := request.match_info["what"]).isdecimal():
        headers = {"Retry-After": request.query["after"]} if "after" in request.query else {}
        return web.json_response({}, status=int(status), headers=headers)
    place = request.query.get("after", "")
    page = {"items": [{"enterpriseNumber": number, "page": place} for number in PAGES[place]]}
    more = {"nextAfter": FOLLOWING[place]} if place in FOLLOWING else {}
    return web.json_response(page | more)


@pytest.fixture
async def apis() -> AsyncIterator[Apis]:
    """Yield the APIs of a service that gives prepared answers."""
    app, port = web.Application(), free_port()
    app.router.add_get("/{what}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    async with client() as http:
        yield Apis(http, {"contact": f"http://127.0.0.1:{port}"})
    await runner.cleanup()


@pytest.mark.parametrize(
    ("status", "error"), [(400, RefusedError), (409, RefusedError), (429, BusyError), (503, AwayError)]
)
async def test_an_answer_without_success_is_an_error(apis: Apis, status: int, error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        await apis.get("contact", f"/{status}")
    assert type(caught.value) is error


@pytest.mark.parametrize(("told", "seconds"), [("7", 7), ("0", 1), ("99999", 3600), ("soon", 1), ("²", 1)])
async def test_a_busy_service_tells_when_to_try_again(apis: Apis, told: str, seconds: int) -> None:
    with pytest.raises(BusyError) as caught:
        await apis.get("contact", f"/429?after={quote(told)}")
    assert caught.value.seconds == seconds


async def test_contestations_of_other_enterprises_do_not_hide_those_of_this_one(apis: Apis) -> None:
    """A person of many enterprises gets the contestations of all, a page at a time."""
    assert [each["page"] for each in await own_contestations(apis, OWN)] == ["p1", "p2"]
