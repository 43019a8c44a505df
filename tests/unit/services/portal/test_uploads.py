"""A form with a file is read for a login that may send it, and one at a time for each person."""

from __future__ import annotations

import asyncio
import time
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, cast

import aiohttp
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message

from services.portal.apis import BusyError
from services.portal.cookies import BROWSER
from services.portal.forms import token_of
from services.portal.gate import Gate
from services.portal.session.rules import Session
from services.portal.session.store import Sessions
from services.portal.settings import FORMS, PortalSettings
from services.portal.spreadsheet.uploads import MOST_UPLOADS, Uploads
from services.portal.visit import Answer, Need, Next, Page, Visit
from shared.runtime.database import Pool

SETTINGS = PortalSettings(
    portal_url="http://127.0.0.1:8400",
    **cast("dict[str, Any]", {"database_dsn": "x://nowhere", "key": "00" * 32, "portal_apis": {}}),
)
SESSION = Session("token", time.time() + 3600, "an", "An", (), "0990101368", "0477472701")
SESSIONS = {
    "an": SESSION,
    "an-elsewhere": SESSION,
    "bo": replace(SESSION, user_id="bo"),
    "no-employer": replace(SESSION, user_id="cy", employer=""),
}


class Known:
    """The part of the store of sessions that the gate uses here, in memory."""

    async def use(self, cookie: str) -> Session | None:
        return SESSIONS.get(cookie)


async def _upload(visit: Visit) -> Answer:
    assert visit.desk is not None
    assert visit.desk.upload is not None
    return Next("/spreadsheet/1")


PAGE = Page("POST", "/spreadsheet", Need.EMPLOYER, _upload, takes_file=True)


@dataclass
class Form:
    """A form with a file, from a browser with a cookie. Its body comes when `sent` is set."""

    gate: Gate
    cookie: str
    asked: asyncio.Event = field(default_factory=asyncio.Event)  #: set when the portal reads the body
    sent: asyncio.Event = field(default_factory=asyncio.Event)

    async def _receive(self) -> Message:
        self.asked.set()
        await self.sent.wait()
        token = token_of(SETTINGS.key_for(FORMS), self.cookie)
        head = '--b\r\nContent-Disposition: form-data; name="'
        text = f'{head}form"\r\n\r\n{token}\r\n{head}file"; filename="x.csv"\r\n\r\nkind\r\n--b--\r\n'
        return {"type": "http.request", "body": text.encode(), "more_body": False}

    async def answer(self) -> Response:
        headers = [
            (b"content-type", b"multipart/form-data; boundary=b"),
            (b"cookie", f"{BROWSER}={self.cookie}".encode()),
        ]
        scope = {
            "type": "http", "method": "POST", "path": PAGE.path, "query_string": b"", "headers": headers,
            "path_params": {},
        }  # fmt: skip
        request = Request(scope, self._receive)
        return await self.gate.answer(request, partial(self.gate.page, PAGE))


@pytest.fixture
def gate() -> Gate:
    gate = Gate(SETTINGS, cast("Pool", None), cast("aiohttp.ClientSession", None))
    gate.sessions = cast("Sessions", Known())
    return gate


async def test_a_person_sends_one_file_at_a_time(gate: Gate) -> None:
    """A slow form of one person takes one place, however many logins the person has."""
    slow = Form(gate, "an")
    reading = asyncio.create_task(slow.answer())
    await slow.asked.wait()
    for cookie in ("an", "an-elsewhere"):
        second = Form(gate, cookie)
        assert (await second.answer()).status_code == 429
        assert not second.asked.is_set(), "the body is not read"
    other = Form(gate, "bo")
    other.sent.set()
    assert (await other.answer()).status_code == 303
    slow.sent.set()
    assert (await reading).status_code == 303
    again = Form(gate, "an")
    again.sent.set()
    assert (await again.answer()).status_code == 303, "the place is free again"


async def test_a_person_that_goes_away_leaves_the_place(gate: Gate) -> None:
    slow = Form(gate, "an")
    reading = asyncio.create_task(slow.answer())
    await slow.asked.wait()
    reading.cancel()
    await asyncio.wait([reading])
    again = Form(gate, "an")
    again.sent.set()
    assert (await again.answer()).status_code == 303


@pytest.mark.parametrize("cookie", ["", "ended", "no-employer"])
async def test_the_needs_of_the_page_come_before_the_body(gate: Gate, cookie: str) -> None:
    form = Form(gate, cookie)
    assert (await form.answer()).status_code == 403
    assert not form.asked.is_set()


def test_the_places_of_a_process_are_few() -> None:
    uploads = Uploads()
    with ExitStack() as held:
        for number in range(MOST_UPLOADS):
            held.enter_context(uploads.place(str(number)))
        with pytest.raises(BusyError), uploads.place("another"):
            pass
    with uploads.place("another"):
        pass
