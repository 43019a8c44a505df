"""How often the outgoing tables are looked at."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest

from shared.runtime import outgoing
from shared.runtime.outgoing import OutgoingTable
from shared.runtime.tables import OUTBOX

TURNS = 40
IDLE_LOOKS = TURNS // outgoing._IDLE_SWEEPS


class _Pool:
    """A database whose outgoing table is empty. Counts the looks at it, and the deletions."""

    def __init__(self) -> None:
        self.looks = self.deletions = 0

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[_Pool]:
        yield self

    async def fetch(self, _statement: str, *_: object) -> list[Any]:
        self.looks += 1
        return []

    async def execute(self, _statement: str, *_: object) -> None:
        self.deletions += 1


def table_of(pool: _Pool) -> OutgoingTable:
    """Return an outgoing table whose broker is away."""
    broker = cast("Any", type("Away", (), {"connected": asyncio.Event()})())
    return OutgoingTable(OUTBOX, cast("Any", pool), lambda _lane: (broker, "queue"))


async def sweep(
    table: OutgoingTable, monkeypatch: pytest.MonkeyPatch, confirmed: Mapping[int, int] | None = None
) -> None:
    """Run the sweeps of so many turns without waiting. `confirmed` has the rows confirmed before a turn."""
    turns = iter(range(TURNS))

    async def sleep(_seconds: float) -> None:
        turn = next(turns, None)
        if turn is None:
            raise asyncio.CancelledError
        if confirmed and turn in confirmed:
            table._confirmed.append(confirmed[turn])

    monkeypatch.setattr(asyncio, "sleep", sleep)
    with pytest.raises(asyncio.CancelledError):
        await table.run()


async def test_an_idle_table_is_looked_at_in_few_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    pool = _Pool()
    await sweep(table_of(pool), monkeypatch)
    assert pool.looks == IDLE_LOOKS


async def test_a_lane_that_is_behind_is_looked_at_in_every_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    pool = _Pool()
    table = table_of(pool)
    table._lanes["lane"] = outgoing._Lane(behind=True)
    await sweep(table, monkeypatch)
    assert pool.looks == TURNS


async def test_confirmed_rows_are_deleted_in_the_next_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    pool = _Pool()
    await sweep(table_of(pool), monkeypatch, {1: 1, 2: 2})
    assert pool.deletions == 2
    assert pool.looks == IDLE_LOOKS + 2
