"""The clock moves past every term at once: ended rows go from every table with a term, rows on hold stay."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import uuid4

import asyncpg
import pytest

from deploy.local.deployment import Endpoints
from tests.integration.retention.removing import NOW, SSIN, Pools, hold, remove, set_term
from tests.integration.retention.rows import EMPLOYER, answer, declare, deposit, insert, relate

pytestmark = [pytest.mark.stack, pytest.mark.asyncio(loop_scope="module")]

OTHER: Final = "85073003328"
DAYS: Final = 400
_OF_RELATION: Final = tuple(f"personnel_file.{name}" for name in ("relations", "periods", "history", "feed"))
_LISTED: Final = r"""
SELECT DISTINCT m[1] FROM regexp_matches(
    pg_get_functiondef('platform.set_term'::regproc), $$'([a-z_]+\.[a-z_]+)'$$, 'g') AS m
WHERE to_regclass(m[1]) IS NOT NULL"""


async def plant(owner: asyncpg.Connection, ssin: str, first: int) -> None:
    """Plant a row that has ended in each table with a term, about a person where the table has one."""
    await relate(owner, ssin, NOW.date() - timedelta(3), NOW)
    await declare(owner, first, NOW, ssin=ssin)
    await answer(owner, first, NOW)
    await insert(
        owner, "identification.cases", declaration_id=first, ssin=ssin, declaration="{}", state="timed_out",
        opened_at=NOW, deadline=NOW, closed_at=NOW,
    )  # fmt: skip
    await insert(
        owner,
        "identification.case_history",
        declaration_id=first,
        event="timed_out",
        reason="r",
        recorded_at=NOW,
    )
    told = uuid4()
    await insert(
        owner, "contact.notifications", notification_id=told, declaration_id=first, addressee=EMPLOYER,
        result="A", available_at=NOW, deadline=NOW.date(), final_at=NOW, ssin=ssin,
    )  # fmt: skip
    await insert(
        owner, "contact.cases", case_id=uuid4(), kind="contestation", state="withdrawn", ended_at=NOW,
        notification_id=told, enterprise_number=EMPLOYER, said="s", opened_at=NOW, opened_by="c",
        due_on=NOW.date(),
    )  # fmt: skip
    await deposit(owner, ssin, first + 1, NOW)
    subscription = await insert(
        owner, "notifier.subscriptions", "subscription_id", enterprise_number=f"099010{first}",
        channel="file", created_at=NOW, created_by="a",
    )  # fmt: skip
    await insert(
        owner, "notifier.dispatches", subscription_id=subscription, event_id=uuid4(), declaration_id=first,
        event=f'{{"ssin": "{ssin}"}}', state="delivered", first_due=NOW, due_at=NOW, changed_at=NOW,
    )  # fmt: skip


async def plant_without_person(owner: asyncpg.Connection) -> None:
    """Plant a row in each table with a term and without numbers of workers."""
    await insert(owner, "intake.denials", denied_at=NOW, client_id="c", reason="no_mandate")
    await insert(owner, "intake.organization_days", day=NOW.date(), organization=EMPLOYER)
    await insert(owner, "contact.refusals", refused_at=NOW, who="w", what="read")
    await insert(
        owner, "notifier.refusals", refused_at=NOW, subject="s", enterprise_number=EMPLOYER, operation="o"
    )


async def count(owner: asyncpg.Connection, table: str) -> int:
    found: int = await owner.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608
    return found


async def test_the_clock_moves_past_every_term(
    owner: asyncpg.Connection, own: Endpoints, pools: Pools
) -> None:
    """Every table for which an operator can set a term, and the e-Box; one person is on hold."""
    tables = {row[0] for row in await owner.fetch(_LISTED)}
    assert len(tables) == 11
    await plant(owner, OTHER, 7001)
    await plant(owner, SSIN, 7101)
    await plant_without_person(owner)
    for table in tables - {"notifier.messages"}:
        await set_term(owner, table, DAYS)
    number = await hold(owner, None, SSIN)
    before = {table: await count(owner, table) for table in tables}
    assert {table for table, rows in before.items() if not rows} == set()
    for service in pools:
        assert await remove(pools, service) == []
    # Five years after its deposit a message expires; a quota counts a period for two calendar years.
    await owner.execute("UPDATE platform.clock SET moved_by = '1830 days'")
    for _ in range(2):  # a declaration goes after its period, a notification after its case
        for service in pools:
            await remove(pools, service)
    left = {table: await count(owner, table) for table in tables}
    of_nobody = {"intake.denials", "intake.organization_days", "contact.refusals", "notifier.refusals"}
    assert {table: rows for table, rows in left.items() if table in of_nobody and rows} == {}
    for table in tables - of_nobody:
        assert 0 < left[table] < before[table], table
    for table in _OF_RELATION:
        assert await owner.fetchval(f"SELECT count(*) FROM {table} WHERE ssin = $1", OTHER) == 0, table  # noqa: S608
        assert await owner.fetchval(f"SELECT count(*) FROM {table} WHERE ssin = $1", SSIN) == 1, table  # noqa: S608
    gone = "SELECT count(*) FROM notifier.messages WHERE data LIKE '%' || $1 || '%'"
    assert [await owner.fetchval(gone, ssin) for ssin in (OTHER, SSIN)] == [0, 1]
    await owner.execute("SELECT platform.release_hold($1, 'it is over')", number)
    for _ in range(2):
        for service in pools:
            await remove(pools, service)
    assert {table: rows for table in tables if (rows := await count(owner, table))} == {}
