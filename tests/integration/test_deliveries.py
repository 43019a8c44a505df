"""Deliveries by webhook and file on the real database: order, patience, and nobody waits for another."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
import pytest_asyncio

from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from services.notifier.delivery import store
from services.notifier.delivery.channels.file import NotificationFiles
from services.notifier.delivery.channels.webhook import Networks, Webhook, new_secret
from services.notifier.delivery.handler import Deliveries
from services.notifier.delivery.rules import PATIENCE
from services.notifier.delivery.store import Letter
from shared.messages import derived_id
from shared.runtime.database import Pool, connect, open_pool, transaction
from shared.topology import Deployment
from tests.integration.receiver import Receiver, receiving

pytestmark = pytest.mark.stack
SEVERAL = 1_000  #: other recipients


@pytest.fixture(scope="module")
def place(stack: Stack) -> Endpoints:
    """A database of its own, whose clock may be moved; no services."""
    return stack.provision(Deployment("dispatch"), "dispatch")


@pytest_asyncio.fixture
async def pool(place: Endpoints) -> AsyncIterator[Pool]:
    """The notifier's own role; the tables are empty."""
    owner = await connect(place.postgres_dsn)
    await owner.execute("TRUNCATE notifier.dispatches, notifier.lanes, notifier.subscriptions")
    await owner.close()
    async with await open_pool(place.dsns["notifier"], "notifier", size=8) as pool:
        yield pool


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """Somebody who hears."""
    async with receiving() as receiver:
        yield receiver


@asynccontextmanager
async def dispatching(pool: Pool, folder: Path | None = None) -> AsyncIterator[None]:
    """The part of the notifier that delivers, at work."""
    deliveries = Deliveries(Webhook(Networks(["127.0.0.0/8"])), NotificationFiles(folder))
    task = asyncio.create_task(deliveries.run(pool))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def number_of(recipient: int) -> str:
    return f"0{recipient:09}"


async def subscribe(pool: Pool, url: str | None, recipient: int = 0) -> None:
    async with transaction(pool) as tx:
        channel = "webhook" if url else "file"
        await store.subscribe(tx, number_of(recipient), channel, url, new_secret() if url else None, "tests")


def event(declaration: int, place: int, recipient: int = 0) -> Letter:
    id_ = derived_id("test", recipient, declaration, place)
    return Letter(number_of(recipient), id_, declaration, json.dumps({"id": f"{declaration}/{place}"}))


async def schedule(pool: Pool, letters: Sequence[Letter]) -> None:
    async with transaction(pool) as tx:
        await store.schedule(tx, letters)


async def pass_time(place: Endpoints, by: timedelta) -> None:
    owner = await connect(place.postgres_dsn)
    await owner.execute("UPDATE platform.clock SET moved_by = moved_by + $1", by)
    await owner.close()


async def until(holds: Callable[[], bool], seconds: float = 30.0) -> float:
    """How long it took."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    while not holds():
        assert loop.time() - began < seconds, "it never came"
        await asyncio.sleep(0.02)
    return loop.time() - began


async def states(pool: Pool) -> dict[str, int]:
    rows = await pool.fetch("SELECT state, count(*) AS n FROM dispatches GROUP BY state")
    return {row["state"]: row["n"] for row in rows}


def in_order(taken: Sequence[str]) -> bool:
    """Whether what is said of each declaration came in order."""
    last: dict[str, int] = {}
    for each in taken:
        declaration, _, place = each.partition("/")
        if int(place) <= last.get(declaration, -1):
            return False
        last[declaration] = int(place)
    return True


async def test_what_is_scheduled_arrives_signed_and_once(pool: Pool, receiver: Receiver) -> None:
    await subscribe(pool, receiver.url("a"))
    letters = [event(declaration, place) for declaration in (7, 8) for place in range(3)]
    await schedule(pool, letters)
    await schedule(pool, letters)  # the notifier says it again after a crash
    async with dispatching(pool):
        await until(lambda: len(receiver.taken["a"]) == 6)
        await asyncio.sleep(1)
    assert len(receiver.came["a"]) == 6
    assert in_order(receiver.taken["a"])
    assert {each["id"] for each in receiver.came["a"]} == {str(letter.event_id) for letter in letters}
    assert all(each["headers"]["webhook-signature"].startswith("v1,") for each in receiver.came["a"])
    assert await states(pool) == {"delivered": 6}


async def test_one_that_is_refused_holds_up_what_follows_it_and_nothing_else(
    pool: Pool, receiver: Receiver
) -> None:
    await subscribe(pool, receiver.url("a"))
    receiver.refused.add(str(event(7, 0).event_id))
    await schedule(pool, [event(7, 0), event(7, 1), event(8, 0), event(8, 1)])
    async with dispatching(pool):
        await until(lambda: len(receiver.taken["a"]) == 2)
        await asyncio.sleep(1)
    assert receiver.taken["a"] == ["8/0", "8/1"]
    assert await states(pool) == {"delivered": 2, "pending": 2}
    (row,) = await pool.fetch("SELECT reason, attempts FROM dispatches WHERE reason IS NOT NULL")
    assert (row["reason"], row["attempts"]) == ("HTTP 400", 1)


async def test_a_recipient_down_for_a_day_gets_everything_once_and_in_order(
    place: Endpoints, pool: Pool, receiver: Receiver
) -> None:
    """Must show 3: away in three ways, with new things to say all the time."""
    await subscribe(pool, receiver.url("a"))
    letters = [event(declaration, number) for number in range(4) for declaration in range(1, 31)]
    async with dispatching(pool):
        for hour in range(24):
            receiver.answers["a"] = (503, 429, 500)[hour % 3]
            await schedule(pool, letters[hour * 5 : hour * 5 + 5])
            await pass_time(place, timedelta(hours=1))
            await asyncio.sleep(0.15)
        assert receiver.taken["a"] == []
        tried = len(receiver.came["a"])
        receiver.answers["a"] = 200
        await pass_time(place, timedelta(hours=5))
        await until(lambda: len(receiver.taken["a"]) == len(letters))
        await asyncio.sleep(0.6)
    assert 2 <= tried <= 30, "one thing was tried now and then, not all of it all the time"
    assert len(receiver.taken["a"]) == len(set(receiver.taken["a"])) == len(letters)
    assert in_order(receiver.taken["a"])
    assert await states(pool) == {"delivered": len(letters)}


async def test_what_was_given_up_stays_readable_is_counted_and_can_be_sent_again(
    place: Endpoints, pool: Pool, receiver: Receiver
) -> None:
    await subscribe(pool, receiver.url("a"))
    receiver.answers["a"] = 503
    letters = [event(declaration, 0) for declaration in range(1, 21)]
    await schedule(pool, letters)
    async with dispatching(pool):
        await until(lambda: len(receiver.came["a"]) == 1)
        await pass_time(place, PATIENCE + timedelta(hours=5))
        await until(lambda: len(receiver.came["a"]) == 2)
        await asyncio.sleep(0.3)
        assert await states(pool) == {"exhausted": 20}, "all at once, not one after the other"
        async with pool.acquire() as connection:
            assert (await store.gauges(connection)).exhausted == 20
            rows = await store.listed(connection, number_of(0), "exhausted", 0, 100)
        assert {row["reason"] for row in rows} == {"HTTP 503"}
        receiver.answers["a"] = 200
        await pass_time(place, timedelta(hours=6))
        async with transaction(pool) as tx:
            assert await store.again(tx, number_of(0), letters[3].event_id)
            assert not await store.again(tx, number_of(1), letters[4].event_id), "somebody else's"
            assert not await store.again(tx, number_of(0), UUID(int=7)), "unknown"
        await until(lambda: receiver.taken["a"] == ["4/0"])


async def test_a_thousand_others_do_not_wait_for_one_that_never_answers(
    pool: Pool, receiver: Receiver
) -> None:
    """Must show 3: with it they take about as long as without."""
    names = [f"r{n}" for n in range(SEVERAL)]
    for n in range(SEVERAL):
        await subscribe(pool, receiver.url(names[n]), n)
    for n in range(SEVERAL, SEVERAL + 3):
        receiver.answers[f"mute{n}"] = None
        await subscribe(pool, receiver.url(f"mute{n}"), n)
    taken: list[float] = []
    for round_ in range(2):
        letters = [event(1, round_, n) for n in range(SEVERAL)]
        if round_:
            letters[:0] = [event(k, 0, n) for n in range(SEVERAL, SEVERAL + 3) for k in range(50)]
        await schedule(pool, letters)
        async with dispatching(pool):
            taken.append(
                await until(lambda r=round_: all(len(receiver.taken[n]) > r for n in names), 120)  # type: ignore[misc]
            )
    assert taken[1] < 2 * taken[0] + 2, "seconds alone, and beside three that never answer"


async def test_two_processes_share_the_work_and_a_third_takes_over_from_one_that_died(
    pool: Pool, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(20):
        await subscribe(pool, receiver.url(f"r{n}"), n)
    letters = [event(k, place, n) for n in range(20) for k in range(5) for place in range(3)]
    await schedule(pool, letters)
    async with dispatching(pool), dispatching(pool):
        await until(lambda: sum(map(len, receiver.taken.values())) >= 100)
    # Both are gone in the middle of their work; their leases end by themselves.
    await pool.execute("UPDATE lanes SET leased_until = clock_timestamp() + interval '2 seconds'")
    async with dispatching(pool):
        await until(lambda: sum(len(set(taken)) for taken in receiver.taken.values()) == len(letters))
    for taken in receiver.taken.values():
        first_copies = list(dict.fromkeys(taken))
        assert in_order(first_copies)
        assert len(taken) - len(first_copies) <= 1, "at most what was under way is sent again, with its id"


async def test_a_new_address_gets_what_the_old_one_still_owed(pool: Pool, receiver: Receiver) -> None:
    await subscribe(pool, receiver.url("old"))
    receiver.answers["old"] = 503
    await schedule(pool, [event(1, 0), event(2, 0)])
    async with dispatching(pool):
        await until(lambda: len(receiver.came["old"]) == 1)
        await asyncio.sleep(0.3)
        await subscribe(pool, receiver.url("new"))
        await until(lambda: sorted(receiver.taken["new"]) == ["1/0", "2/0"])


@pytest.mark.parametrize("status", [301, 302, 307])
async def test_a_redirect_is_never_followed(pool: Pool, receiver: Receiver, status: int) -> None:
    """T19."""
    await subscribe(pool, receiver.url("a"))
    receiver.answers["a"] = status
    await schedule(pool, [event(1, 0)])
    async with dispatching(pool):
        await until(lambda: len(receiver.came["a"]) == 1)
        await asyncio.sleep(0.5)
    (row,) = await pool.fetch("SELECT reason FROM dispatches")
    assert row["reason"] == f"HTTP {status}"


def held(folder: Path) -> list[list[str]]:
    """The ids in each file of a folder."""
    files = sorted(folder.glob("*.json"))
    return [[message["id"] for message in json.loads(file.read_text())["messages"]] for file in files]


async def test_a_batch_sender_gets_files_that_hold_everything_once(pool: Pool, tmp_path: Path) -> None:
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


async def test_a_file_that_was_written_before_the_process_died_is_not_written_again_otherwise(
    pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is in a file is decided before it is written: written again, it holds the same."""
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
        await asyncio.sleep(0.5)
    assert held(tmp_path / number_of(0)) == [["1/0", "2/0"], ["3/0"]]
    assert await states(pool) == {"delivered": 3}


async def test_a_folder_that_cannot_be_written_is_waited_for(pool: Pool, tmp_path: Path) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where the folder should be")
    await subscribe(pool, None)
    await schedule(pool, [event(1, 0)])
    async with dispatching(pool, blocked):
        await asyncio.sleep(1)
    (row,) = await pool.fetch("SELECT state, attempts, reason FROM dispatches")
    assert (row["state"], row["attempts"]) == ("pending", 1)
    assert row["reason"] in ("NotADirectoryError", "FileExistsError")
    blocked.unlink()
    await pool.execute("UPDATE dispatches SET due_at = platform.now()")
    await pool.execute("UPDATE lanes SET closed_until = NULL")
    async with dispatching(pool, blocked):
        await until(lambda: bool(list(blocked.rglob("*.json"))))


def test_without_order_the_check_of_order_fails() -> None:
    """The control of `in_order`."""
    assert in_order(["1/0", "2/0", "1/1"])
    assert not in_order(["1/1", "2/0", "1/0"])
