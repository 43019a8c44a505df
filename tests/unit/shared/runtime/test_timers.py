"""Periodic work tells when it last succeeded, and how often it failed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from shared.runtime import metrics, service
from shared.runtime.step import Effect, Timer


class Stage:
    """A stage without a database."""

    def __init__(self) -> None:
        self.pool = SimpleNamespace(expire_connections=self._expire)
        self.committed: list[Sequence[Effect]] = []
        self.expired = 0

    async def _expire(self) -> None:
        self.expired += 1

    @asynccontextmanager
    async def work(self, _name: str) -> AsyncIterator[tuple[None, list[Effect]]]:
        effects: list[Effect] = []
        yield None, effects
        self.committed.append(effects)


async def test_a_failed_work_is_counted_and_tried_again() -> None:
    """The instant of the last success stays as it was until the next success."""
    settings: Any = SimpleNamespace(dsn="", amqp="")
    stage: Any = Stage()
    last = metrics.TIMER_DONE.labels("toy")
    seen: list[float] = []

    async def handle(_: object) -> Sequence[Effect]:
        seen.append(last._value.get())
        if len(seen) == 1:
            last.set(1.0)  # long ago
            raise OSError
        if len(seen) == 4:
            raise asyncio.CancelledError
        return ()

    running = service._Running(service.Service("toy", (), ()), settings)
    with pytest.raises(asyncio.CancelledError):
        await running._tick(Timer("toy", 0.0, handle), stage)
    assert seen[0] > 1.0, "before the first success: the start"
    assert seen[1] == 1.0
    assert seen[2] > 1.0
    assert metrics.TIMER_FAILURES.labels("toy")._value.get() == 1
    assert (stage.expired, len(stage.committed)) == (1, 2)


async def test_a_timer_that_is_not_due_opens_no_transaction() -> None:
    settings: Any = SimpleNamespace(dsn="", amqp="")
    stage: Any = Stage()
    due = iter((False, False, True))

    async def handle(_: object) -> Sequence[Effect]:
        return ()

    def is_due() -> bool:
        if (now := next(due, None)) is None:
            raise asyncio.CancelledError
        return now

    running = service._Running(service.Service("toy", (), ()), settings)
    with pytest.raises(asyncio.CancelledError):
        await running._tick(Timer("toy", 0.0, handle, is_due), stage)
    assert len(stage.committed) == 1
