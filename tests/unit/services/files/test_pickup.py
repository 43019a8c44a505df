"""The turns of the pickup: many sendings in a folder, and the rest of a take that a crash ended."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from services.files.handling.handler import pickup
from services.files.handling.handler.pickup import Pickup
from services.files.handling.rules import Backlog
from services.files.transfer.channels.folders import Folders, Limit
from services.files.transfer.rules import FileName, Kind, in_base_36, parse_name
from services.files.transfer.store import Expeditor
from shared.runtime import file_metrics
from shared.topology import Deployment

EXPEDITORS = ("100001", "100002")
MOST = Backlog(10, 1000, 100)


class Turns:
    """A pickup from folders on disk. Files that get a ticket are deleted, and their names are kept."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folders = Folders.of(root, Deployment()).make()
        stage = SimpleNamespace(pool=None, work=lambda: nullcontext((None, [])))
        self.pickup = Pickup(self.folders, cast("Any", stage), MOST)
        self.registered: list[str] = []
        self.backlogs: dict[str, Backlog] = {}

        async def load_expeditors(_: object) -> Sequence[Expeditor]:
            return [Expeditor(each, f"client {each}", "", False) for each in EXPEDITORS]

        async def load_backlogs(_: object) -> Mapping[str, Backlog]:
            return self.backlogs

        async def register(name: FileName) -> None:
            self.folders.drop(name)
            self.registered.append(name.text)

        async def cancel_sending(*_: object) -> Sequence[str]:
            return []

        monkeypatch.setattr("services.files.handling.store.files.cancel_sending", cancel_sending)
        monkeypatch.setattr(pickup, "load_expeditors", load_expeditors)
        monkeypatch.setattr(pickup, "load_backlogs", load_backlogs)
        monkeypatch.setattr(self.pickup, "_register", register)

    def put(self, kind: Kind, number: int, expeditor: str = EXPEDITORS[0]) -> None:
        """Put a file of the sending with a number into a folder IN."""
        end = ".1" if kind is Kind.FORMS else ""
        name = f"{kind}.DIMN.{expeditor}.20260213.{in_base_36(number, 5)}.R.1{end}"
        (self.folders.home(expeditor) / "IN" / name).touch()


@pytest.fixture
def turns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Turns:
    return Turns(tmp_path, monkeypatch)


async def test_go_files_without_files_do_not_stop_other_expeditors(turns: Turns) -> None:
    """The time of a turn grows with the names in a folder, and not with their square."""
    for number in range(10_000):
        turns.put(Kind.START, number)
    turns.put(Kind.START, 1, EXPEDITORS[1])
    turns.put(Kind.FORMS, 1, EXPEDITORS[1])
    before = time.process_time()
    assert not await turns.pickup.run_once()
    assert time.process_time() - before < 5, "pairs of 10,000 names take minutes"
    assert [name.split(".")[2] for name in turns.registered] == [EXPEDITORS[1]]
    assert file_metrics.FILE_START_OLDEST._value.get() > 0


async def test_folders_that_cannot_be_searched_are_seen_by_their_age(turns: Turns) -> None:
    """A GO file in such a folder is in no table, so that only the instant of the last search tells of it."""
    folder = turns.folders.home(EXPEDITORS[1]) / "IN"
    folder.rmdir()
    folder.touch()
    file_metrics.FILE_FOLDERS_READ.set(0)
    with pytest.raises(FileExistsError):
        await turns.pickup.run_once()
    assert file_metrics.FILE_FOLDERS_READ._value.get() == 0
    folder.unlink()
    folder.mkdir()
    await turns.pickup.run_once()
    assert file_metrics.FILE_FOLDERS_READ._value.get() > time.time() - 60


async def test_a_turn_takes_a_part_of_many_sendings(turns: Turns) -> None:
    for number in range(150):
        turns.put(Kind.START, number)
        turns.put(Kind.FORMS, number)
    turns.put(Kind.START, 1, EXPEDITORS[1])
    turns.put(Kind.FORMS, 1, EXPEDITORS[1])
    assert await turns.pickup.run_once(), "sendings are left"
    assert len(turns.registered) == 101
    assert not await turns.pickup.run_once()
    assert len(set(turns.registered)) == 151
    assert file_metrics.FILE_START_OLDEST._value.get() == 0


@pytest.mark.parametrize("renamed", range(3))
async def test_a_take_that_a_crash_ended_is_completed(turns: Turns, renamed: int) -> None:
    """After the GO file was taken; of two files none, one or both were taken too."""
    turns.put(Kind.START, 1)
    turns.put(Kind.FORMS, 1)
    home = turns.folders.home(EXPEDITORS[0]) / "IN"
    (first,) = home.glob("FI.*")
    (start,) = home.glob("GO.*")
    second = first.with_name(first.name[:-1] + "2")
    second.touch()
    for path in (start, first, second)[: 1 + renamed]:
        name = parse_name(path.name)
        assert name is not None
        path.rename(turns.folders.content_of(name))
    await turns.pickup.run_once()
    assert sorted(turns.registered) == [first.name, second.name]
    assert not list(home.iterdir())
    assert not turns.folders.taken()


async def test_a_td_file_cancels_a_file_that_an_error_left_without_a_ticket(turns: Turns) -> None:
    """The file was taken, and the database failed before it had a ticket. Other sendings stay."""
    for number in (1, 2):
        turns.put(Kind.FORMS, number)
    for path in (turns.folders.home(EXPEDITORS[0]) / "IN").iterdir():
        name = parse_name(path.name)
        assert name is not None
        path.rename(turns.folders.content_of(name))
    turns.put(Kind.CANCEL, 1)
    await turns.pickup.run_once()
    assert [name.split(".")[4] for name in turns.registered] == [in_base_36(2, 5)]
    assert not turns.folders.taken()


@pytest.mark.parametrize("backlog", [Backlog(files=10), Backlog(bytes=1000), Backlog(forms=100)])
async def test_files_of_an_expeditor_with_a_full_backlog_wait_in_its_folder(
    turns: Turns, backlog: Backlog
) -> None:
    """Others go on, and so does the expeditor when the backlog is smaller."""
    for expeditor in EXPEDITORS:
        turns.put(Kind.START, 1, expeditor)
        turns.put(Kind.FORMS, 1, expeditor)
    turns.backlogs = {EXPEDITORS[0]: backlog, EXPEDITORS[1]: Backlog(9, 999, 99)}
    await turns.pickup.run_once()
    assert [name.split(".")[2] for name in turns.registered] == [EXPEDITORS[1]]
    assert turns.folders.full[Limit.BACKLOG] == {EXPEDITORS[0]}
    assert file_metrics.FILE_EXPEDITORS_FULL.labels("backlog")._value.get() == 1
    assert file_metrics.FILE_START_OLDEST._value.get() == 0, "it does not wait for files"
    turns.backlogs.clear()
    await turns.pickup.run_once()
    assert len(turns.registered) == 2
    assert turns.folders.full[Limit.BACKLOG] == frozenset()


async def test_a_folder_that_cannot_be_read_does_not_stop_the_others(turns: Turns) -> None:
    """The error is raised after them."""
    folder = turns.folders.home(EXPEDITORS[0]) / "IN"
    folder.rmdir()
    folder.touch()
    turns.put(Kind.FORMS, 1, EXPEDITORS[1])
    turns.put(Kind.START, 1, EXPEDITORS[1])
    with pytest.raises(FileExistsError):
        await turns.pickup.run_once()
    assert [name.split(".")[2] for name in turns.registered] == [EXPEDITORS[1]]


async def test_a_file_that_cannot_be_registered_does_not_stop_the_others(
    turns: Turns, monkeypatch: pytest.MonkeyPatch
) -> None:
    for expeditor in EXPEDITORS:
        turns.put(Kind.FORMS, 1, expeditor)
        turns.put(Kind.START, 1, expeditor)
    register = turns.pickup._register

    async def fail_for_the_second(name: FileName) -> None:
        if name.sending.expeditor == EXPEDITORS[1]:  # the names are sorted downwards: it comes first
            raise PermissionError
        await register(name)

    monkeypatch.setattr(turns.pickup, "_register", fail_for_the_second)
    with pytest.raises(PermissionError):
        await turns.pickup.run_once()
    assert [name.split(".")[2] for name in turns.registered] == [EXPEDITORS[0]]
