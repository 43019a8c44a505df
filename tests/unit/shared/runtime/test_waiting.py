"""Requests that wait for a fact: bounded, and found by one query for all."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

import pytest

from shared.runtime import metrics, waiting
from shared.runtime.waiting import MOST, MOST_OF_ONE, Waiting


class Facts:
    """Facts that appear, and the number of looks."""

    def __init__(self) -> None:
        self.there: set[int] = set()
        self.looks = 0
        self.failing = False

    async def find(self, numbers: Collection[int]) -> Collection[int]:
        self.looks += 1
        if self.failing:
            raise OSError
        return self.there & set(numbers)


@pytest.fixture
def facts(monkeypatch: pytest.MonkeyPatch) -> Facts:
    monkeypatch.setattr(waiting, "_LOOK", 0.01)
    return Facts()


async def settled(tasks: Collection[asyncio.Task[bool]]) -> None:
    """Let tasks run until each waits or has ended."""
    for _ in range(3):
        await asyncio.sleep(0)
    assert tasks


async def test_two_requests_hear_of_one_fact_by_common_looks(facts: Facts) -> None:
    found = Waiting(facts.find)
    tasks = [asyncio.create_task(found.wait("a", number, 5)) for number in (1, 1, 2)]
    await asyncio.sleep(0.05)
    assert not any(task.done() for task in tasks)
    facts.there = {1}
    assert await asyncio.gather(*tasks[:2]) == [True, True]
    assert not tasks[2].done()
    facts.there = {2}
    assert await tasks[2]
    looks = facts.looks
    await asyncio.sleep(0.05)
    assert facts.looks <= looks + 1, "without requests nothing looks"


async def test_time_ends_a_wait_and_a_failed_look_does_not(facts: Facts) -> None:
    found = Waiting(facts.find)
    assert await found.wait("a", 1, 0.03)
    facts.failing = True
    task = asyncio.create_task(found.wait("a", 2, 5))
    await asyncio.sleep(0.03)
    facts.failing, facts.there = False, {2}
    assert await task


async def test_a_client_and_all_clients_have_so_many_places(facts: Facts) -> None:
    """Beyond them the answer comes at once, and is counted."""
    found, limited = Waiting(facts.find), metrics.LIMITED.labels("preference")
    before = limited._value.get()
    tasks = [
        asyncio.create_task(found.wait(f"client {n % (MOST // MOST_OF_ONE)}", n, 5)) for n in range(MOST)
    ]
    await settled(tasks)
    assert not await found.wait("client 0", MOST, 5)
    assert not await found.wait("another", MOST, 5)
    assert limited._value.get() == before + 2
    facts.there = set(range(MOST + 1))
    assert all(await asyncio.gather(*tasks))
    assert await found.wait("client 0", MOST, 5), "the places are free again"
