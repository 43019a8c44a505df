"""Files that the portal sends part by part: time limits, and the clean-up after a broken transfer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest

from services.portal.apis import AwayError
from services.portal.pages.declare_sending import BASE
from services.portal.pages.personnel_export import Export, export
from services.portal.passing import Passed
from services.portal.rendering import speak
from services.portal.session.rules import Session
from services.portal.visit import Download, Visit
from shared.runtime.connections import PROGRESS
from tests.unit.services.portal.prepared import Prepared

EXPORTS = f"{BASE}/exports"


@dataclass
class Transfer:
    """A file in two parts, and what happened to it, in this order."""

    happened: list[str] = field(default_factory=list)
    breaks: bool = False
    progress: float = 0.0

    async def chunks(self) -> AsyncGenerator[bytes]:
        try:
            yield b"one"
            if self.breaks:
                raise ConnectionError
            yield b"two"
        finally:
            self.happened.append("closed")

    async def after(self) -> None:
        self.happened.append("after")

    async def send(self, scope: dict[str, Any], most: int = 9) -> bytes:
        """Send the file to a client that reads at most `most` parts. Return the bytes that it read."""
        read: list[bytes] = []

        async def receive() -> dict[str, Any]:
            await asyncio.Event().wait()
            raise AssertionError

        async def send(message: Any) -> None:
            if body := message.get("body"):
                if len(read) == most:
                    raise OSError
                assert scope[PROGRESS] > self.progress
                read.append(body)
                self.progress = scope[PROGRESS]

        with suppress(Exception):
            await Passed(Download(self.chunks(), "text/csv", "dimona.csv", self.after))(scope, receive, send)
        return b"".join(read)


def scope(version: str) -> dict[str, Any]:
    return {"type": "http", "asgi": {"spec_version": version}}


@pytest.mark.parametrize("version", ["2.3", "2.4"])
async def test_each_part_is_progress_of_the_connection(version: str) -> None:
    transfer = Transfer()
    assert await transfer.send(scope(version)) == b"onetwo"
    assert transfer.happened == ["closed", "after"]


@pytest.mark.parametrize("version", ["2.3", "2.4"])
@pytest.mark.parametrize("by_source", [True, False])
async def test_after_a_transfer_that_breaks_off_its_source_is_closed_and_the_export_deleted(
    version: str, by_source: bool
) -> None:
    transfer = Transfer(breaks=by_source)
    assert await transfer.send(scope(version), most=1) == b"one"
    assert transfer.happened == ["closed", "after"]


async def test_an_export_that_cannot_be_opened_is_deleted() -> None:
    apis = Prepared(
        answers={
            f"POST intake {EXPORTS}": {"id": "7"},
            f"GET intake {EXPORTS}/7/content": AwayError("away"),
            f"DELETE intake {EXPORTS}/7": None,
        }
    )
    visit = Visit(speak("en"), apis, Session("t", 0.0, "u", "An", (), "0477472701", "0477472701"))
    with pytest.raises(AwayError):
        await export(visit, Export("periods", {}))
    assert apis.sent[-1] == ("DELETE", f"{EXPORTS}/7", None)
