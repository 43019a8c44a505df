"""Notification files on the real database: each event is in one file, also if the process dies."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from services.notifier.delivery import store
from services.notifier.delivery.channels.file import NotificationFiles
from shared.runtime.database import Pool
from tests.integration.delivery.delivering import (
    attempted,
    dispatching,
    event,
    in_order,
    number_of,
    schedule,
    settle,
    states,
    subscribe,
    until,
)

pytestmark = pytest.mark.stack


def ids_by_file(folder: Path) -> list[list[str]]:
    """Return the ids in each file of a folder."""
    files = sorted(folder.glob("*.json"))
    return [[message["id"] for message in json.loads(file.read_text())["messages"]] for file in files]


async def test_the_files_of_a_batch_sender_contain_each_event_once(pool: Pool, tmp_path: Path) -> None:
    await subscribe(pool, None)
    await schedule(pool, [event(declaration, 0) for declaration in range(30)])
    folder = tmp_path / number_of(0)

    def messages() -> list[str]:
        return [
            m["id"]
            for file in sorted(folder.glob("*.json"))
            for m in json.loads(file.read_text())["messages"]
        ]

    async with dispatching(pool, tmp_path):
        await until(lambda: len(messages()) == 30)
        await schedule(pool, [event(declaration, 1) for declaration in range(5)])
        await until(lambda: len(messages()) == 35)
    assert in_order(messages())
    assert len(set(messages())) == 35
    assert [file.name for file in sorted(folder.glob("*"))] == sorted(
        f"notifications.{n:012}.json" for n in await numbers(pool)
    )


async def numbers(pool: Pool) -> list[int]:
    return [row["batch"] for row in await pool.fetch("SELECT DISTINCT batch FROM dispatches")]


async def test_a_file_is_rewritten_with_equal_content_after_a_crash(pool: Pool, tmp_path: Path) -> None:
    """The content of a file is decided before it is written, so that a retry writes an equal file."""
    await subscribe(pool, None)
    await schedule(pool, [event(1, 0), event(2, 0)])
    (lane,) = await store.claim(pool, 10)
    before = await store.due_as_file(pool, lane, 100)
    events = [dispatch.event for dispatch in before]
    await NotificationFiles(tmp_path).send(lane.enterprise_number, before[0].batch or 0, events)
    await schedule(pool, [event(3, 0)])  # and dies here
    await store.release(pool, [lane])
    async with dispatching(pool, tmp_path):
        await until(lambda: len(list((tmp_path / number_of(0)).glob("*.json"))) == 2)
        await settle(pool, {"delivered": 3})
    assert ids_by_file(tmp_path / number_of(0)) == [["1/0", "2/0"], ["3/0"]]
    assert await states(pool) == {"delivered": 3}


async def test_delivery_waits_for_a_folder_that_is_not_writable(pool: Pool, tmp_path: Path) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where the folder should be")
    await subscribe(pool, None)
    await schedule(pool, [event(1, 0)])
    async with dispatching(pool, blocked):
        await attempted(pool, "Error")
        await asyncio.sleep(1)  # another attempt would come now
    (row,) = await pool.fetch("SELECT state, attempts, reason FROM dispatches")
    assert (row["state"], row["attempts"]) == ("pending", 1)
    assert row["reason"] in ("NotADirectoryError", "FileExistsError")
    blocked.unlink()
    await pool.execute("UPDATE dispatches SET due_at = platform.now()")
    await pool.execute("UPDATE lanes SET closed_until = NULL")
    async with dispatching(pool, blocked):
        await until(lambda: bool(list(blocked.rglob("*.json"))))
