"""The turns of files in both readings: slow files, errors, canceled files, and open files."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from services.files.handling.handler import reading
from services.files.handling.handler.reading import MissingFormsError, Reading
from services.files.handling.store.files import Unread
from services.files.handling.store.forms import Unfinished
from services.files.transfer.channels.folders import Folders
from services.files.xml.reading import UnreadableFileError
from shared.topology import Deployment
from tests.unit.services.files.xml.forms import CANCEL, HEAD, file_of

NOW = datetime(2026, 2, 13, 12, tzinfo=UTC)
FILE = file_of(*[HEAD + CANCEL] * 3)


class Turns:
    """A reading of files on disk, with the rows of a test in place of those of the database."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folders = Folders.of(root, Deployment()).make()
        self.unread: list[Unread] = []
        self.judged: list[str] = []  #: tickets
        self.files: list[Unfinished] = []
        self.stored: list[tuple[str, int]] = []  #: tickets, and the numbers of forms
        self.lost: set[str] = set()  #: tickets
        self.fails = False
        stage = SimpleNamespace(pool=None, work=self._work)
        self.reading = Reading(self.folders, cast("Any", stage), 1000)

        async def unread(_: object) -> Sequence[Unread]:
            return list(self.unread)

        async def unfinished(_: object) -> Sequence[Unfinished]:
            return self.files

        async def add_forms(_tx: object, ticket: str, _stored: int, forms: Sequence[str]) -> None:
            if self.fails:
                raise ConnectionError
            self.stored.append((ticket, len(forms)))

        async def store_losses(_tx: object, lost: set[str], found: set[str]) -> None:
            self.lost = (self.lost | lost) - found

        monkeypatch.setattr(reading, "store_losses", store_losses)
        monkeypatch.setattr(reading, "load_unread", unread)
        monkeypatch.setattr(reading, "load_unfinished", unfinished)
        monkeypatch.setattr(reading, "add_forms", add_forms)

    @asynccontextmanager
    async def _work(self) -> AsyncIterator[tuple[None, None]]:
        yield None, None

    def add_new(self, ticket: str, expeditor: str) -> None:
        """Add a file that is not judged."""
        self.unread.append(
            Unread(ticket, expeditor, f"FI.DIMN.{expeditor}.20260213.00001.R.1.1", "R", NOW, False)
        )
        self.folders.spooled(ticket).write_bytes(FILE)

    def add(self, ticket: str, content: bytes | None = FILE, expeditor: str = "100001") -> None:
        """Add an accepted file; None for one without content."""
        self.files.append(Unfinished(ticket, expeditor, 3, 0, NOW))
        if content is not None:
            self.folders.spooled(ticket).write_bytes(content)


@pytest.fixture
def turns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Turns:
    return Turns(tmp_path, monkeypatch)


async def test_an_error_of_a_file_does_not_stop_the_files_behind_it(turns: Turns) -> None:
    turns.add("38A", FILE[:-10])
    turns.add("38B")
    with pytest.raises(UnreadableFileError):
        await turns.reading.run_once()
    assert [ticket for ticket, _ in turns.stored] == ["38B"]


async def test_a_file_without_content_is_stored_as_lost_and_logged_once(turns: Turns) -> None:
    """The files behind it go on."""
    turns.add("38A", None)
    turns.add("38B")
    with capture_logs() as logged:
        for _ in range(3):
            await turns.reading.run_once()
    assert {ticket for ticket, _ in turns.stored} == {"38B"}
    assert [one["ticket"] for one in logged if one["event"] == "file_without_content"] == ["38A"]
    assert turns.lost == {"38A"}
    turns.files[0] = replace(turns.files[0], content_lost=True)
    turns.folders.spooled("38A").write_bytes(FILE)
    await turns.reading.run_once()
    assert turns.lost == set()


async def test_forms_whose_transaction_failed_are_read_again(turns: Turns) -> None:
    turns.add("38A")
    turns.fails = True
    with pytest.raises(ConnectionError):
        await turns.reading.run_once()
    turns.fails = False
    await turns.reading.run_once()
    ((_, forms),) = turns.stored
    assert forms == 3


async def test_the_reading_of_a_canceled_file_ends(turns: Turns) -> None:
    """Also if its content was deleted before."""
    turns.add("38A")
    await turns.reading.run_once()
    assert set(turns.reading._readers) == {"38A"}
    turns.files.clear()
    turns.folders.unspool("38A")
    await turns.reading.run_once()
    assert not turns.reading._readers


async def test_few_files_of_an_expeditor_are_open_at_once(turns: Turns) -> None:
    for number in range(12):
        turns.add(f"38{number:02}")
    turns.add("39", expeditor="100002")
    await turns.reading.run_once()
    assert sorted(turns.reading._readers) == ["3800", "3801", "3802", "3803", "39"]
    turns.files[:] = turns.files[10:12]
    await turns.reading.run_once()
    assert sorted(turns.reading._readers) == ["3810", "3811"]


async def test_a_file_that_ends_before_its_last_form_is_tried_with_pauses(turns: Turns) -> None:
    """Its row promises more forms. The error lets the reading pause before its next turn."""
    turns.add("38A")
    await turns.reading.run_once()
    turns.files[:] = [Unfinished("38A", "100001", 4, 3, NOW)]
    with pytest.raises(MissingFormsError):
        await turns.reading.run_once()
    assert [forms for _, forms in turns.stored] == [3]
    assert not turns.reading._readers


async def test_a_slow_file_ends_the_judging_of_a_turn(turns: Turns, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of another expeditor that comes meanwhile is judged next, and accepted files go on."""
    turns.add_new("38A", "100001")
    turns.add_new("38B", "100001")
    turns.add("390")

    async def judge_slowly(file: Unread) -> None:
        if file.ticket == "38A":
            await asyncio.sleep(0.02)
            turns.add_new("38C", "100002")
        turns.unread.remove(file)
        turns.judged.append(file.ticket)

    monkeypatch.setattr(turns.reading, "_judge", judge_slowly)
    monkeypatch.setattr(reading, "_JUDGING_SECONDS", 0.01)
    assert await turns.reading.run_once(), "files are left"
    assert turns.judged == ["38A"]
    assert [ticket for ticket, _ in turns.stored] == ["390"]
    turns.files.clear()
    while turns.unread:
        await turns.reading.run_once()
    assert turns.judged == ["38A", "38C", "38B"]
