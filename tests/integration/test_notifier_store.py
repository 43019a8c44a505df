"""The notifier's table: one final notification, and no provisional one after it (D2, D3)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date

import pytest

from deploy.local.stack import Stack
from services.notifier import store
from services.notifier.store import Notification
from shared.messages import notification_id
from shared.runtime.database import Pool, open_pool, transaction
from shared.topology import Deployment

DAY = date(2026, 5, 8)

pytestmark = pytest.mark.stack


@pytest.fixture
async def pool(stack: Stack) -> AsyncIterator[Pool]:
    endpoints = stack.provision(Deployment("notes"), "notes")
    async with await open_pool(endpoints.dsns["notifier"], "notifier", size=1) as pool:
        yield pool


def notification(number: int, *, final: bool) -> Notification:
    letter = "A" if final else "S"
    return Notification(
        notification_id(number, final=final), number, not final, letter, "0990101368", DAY if final else None
    )


async def saved(pool: Pool, *notifications: Notification) -> set[str]:
    async with transaction(pool) as tx:
        new = await store.save(tx, notifications)
    return {one.result for one in notifications if one.id in new}


async def test_s_then_final_are_two(pool: Pool) -> None:
    assert await saved(pool, notification(1, final=False)) == {"S"}
    assert await saved(pool, notification(1, final=True)) == {"A"}


async def test_a_late_s_is_dropped(pool: Pool) -> None:
    assert await saved(pool, notification(2, final=True)) == {"A"}
    assert await saved(pool, notification(2, final=False)) == set()


async def test_a_final_is_made_once(pool: Pool) -> None:
    assert await saved(pool, notification(3, final=True)) == {"A"}
    assert await saved(pool, notification(3, final=True)) == set()
