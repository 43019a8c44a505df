"""Messages, relations, declarations and cases go with all that belongs to them, once nothing needs them."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import asyncpg
import pytest

from deploy.local.deployment import Endpoints
from services.ledger.store import unfinished
from tests.integration.retention.removing import (
    FORMER,
    LONG_AGO,
    NOW,
    SSIN,
    Pools,
    hold,
    kinds,
    release,
    remove,
    set_term,
)
from tests.integration.retention.rows import (
    EMPLOYER,
    OF_MESSAGES,
    answer,
    declare,
    deposit,
    insert,
    relate,
    settle,
)

pytestmark = [pytest.mark.stack, pytest.mark.asyncio(loop_scope="module")]


async def test_an_expired_message_goes_with_all_that_belongs_to_it(
    owner: asyncpg.Connection, own: Endpoints, pools: Pools
) -> None:
    """The readers see the expiry, so it needs no configured term. The ledger misses no notification."""
    gone, kept = await deposit(owner, FORMER, 111, NOW), await deposit(owner, SSIN, 222, NOW)
    ledger = await asyncpg.connect(own.dsns["ledger"])
    assert await unfinished(ledger) == set()
    number = await hold(owner, None, SSIN)
    await owner.execute("UPDATE platform.clock SET moved_by = '1824 days'")
    assert await remove(pools, "notifier") == []
    await owner.execute("UPDATE platform.clock SET moved_by = '1826 days'")
    removed = await remove(pools, "notifier")
    assert kinds(removed) == {*OF_MESSAGES, "messages"}
    assert f"print_jobs print/{EMPLOYER}/{gone}.html" in removed
    for table in (*OF_MESSAGES, "messages"):
        left = await owner.fetchval(f"SELECT array_agg(message_id) FROM notifier.{table}")  # noqa: S608
        assert left == [kept]
    marked = (
        "SELECT array_agg(notification_id) FROM notifier.notifications WHERE message_removed_at IS NOT NULL"
    )
    assert await owner.fetchval(marked) == [gone]
    assert await unfinished(ledger) == set()
    await release(owner, number)
    assert f"messages {kept}" in await remove(pools, "notifier")
    await ledger.close()


async def test_a_relation_goes_as_a_whole_when_nothing_needs_it(
    owner: asyncpg.Connection, pools: Pools
) -> None:
    old, busy = NOW.date() - timedelta(days=3_100), "00000000099"
    ssins = (f"{n:011}" for n in range(1, 20))
    gone = {
        await relate(owner, next(ssins), old, LONG_AGO),
        await relate(owner, next(ssins), old, LONG_AGO, counted=True),
        await relate(owner, next(ssins), old, LONG_AGO, canceled=True, end_date=None),
    }
    last_year = date(NOW.year - 1, 1, 5)
    stays = {
        "open": await relate(owner, next(ssins), None, LONG_AGO),
        "in its term": await relate(owner, next(ssins), NOW.date() - timedelta(300), LONG_AGO),
        "its year counts": await relate(owner, next(ssins), last_year, LONG_AGO, counted=True),
        "its period is longer": await relate(owner, next(ssins), old, LONG_AGO, end_date=NOW.date()),
        "locked by an agent": await relate(owner, next(ssins), old, LONG_AGO, locked=True),
        "changed since": await relate(owner, next(ssins), old, NOW - timedelta(200)),
        "on hold": await relate(owner, SSIN, old, LONG_AGO),
        "on hold by another number": await relate(owner, FORMER, old, LONG_AGO),
        "a case of an omission": await relate(owner, omitted := next(ssins), old, LONG_AGO),
        "being settled": await relate(owner, busy, old, LONG_AGO),
    }
    await insert(
        owner, "personnel_file.omission_cases", employer=EMPLOYER, ssin=omitted, quarter="2018Q1",
        opened_at=NOW,
    )  # fmt: skip
    number = await hold(owner, None, SSIN)
    await insert(owner, "personnel_file.former_numbers", ssin=SSIN, in_force=FORMER, worker="{}", said=1)
    await set_term(owner, "personnel_file.relations", 320)
    settled = "SELECT count(*) FROM personnel_file.settlements"
    before = await owner.fetchval(settled)
    async with owner.transaction():
        await owner.execute("SELECT pg_advisory_xact_lock(4, hashtext($1))", busy)
        removed = await remove(pools, "personnel_file")
    assert {row for row in removed if row.startswith("relations ")} == {f"relations {each}" for each in gone}
    assert kinds(removed) == {"relations", "periods", "daily_registrations", "locks", "late", "history"}
    assert len(removed) == 6 * len(gone)
    left = await owner.fetchval("SELECT array_agg(relation_id) FROM personnel_file.relations")
    assert [reason for reason, each in stays.items() if each not in left] == []
    assert await owner.fetchval(settled) == before, "a declaration is final once"
    await release(owner, number)
    later = {row for row in await remove(pools, "personnel_file") if row.startswith("relations ")}
    assert later == {
        f"relations {stays[reason]}" for reason in ("on hold", "on hold by another number", "being settled")
    }


async def test_a_declaration_goes_after_its_period(owner: asyncpg.Connection, pools: Pools) -> None:
    """Its command stays, so that a repeat has no effect."""
    await owner.execute("DELETE FROM intake.results")
    await owner.execute("DELETE FROM intake.declarations")
    in_, out, refused, waiting, held = 5001, 5002, 5003, 5004, 5005
    for number in (in_, out, refused, waiting, held):
        await declare(owner, number, LONG_AGO, ssin=SSIN if number == held else None)
        if number != waiting:
            await answer(owner, number, LONG_AGO)
    period = 10_000 + await relate(owner, "00000000077", LONG_AGO.date(), LONG_AGO)
    for number in (in_, out):
        await settle(owner, number, period, LONG_AGO)
    await hold(owner, None, SSIN)
    await set_term(owner, "intake.declarations", 1_000)
    assert sorted(await remove(pools, "intake")) == [f"declarations {refused}", f"results {refused} true"]
    await set_term(owner, "personnel_file.relations", 1_000)
    assert await remove(pools, "personnel_file")
    removed = {row for row in await remove(pools, "intake") if row.startswith("declarations ")}
    assert removed == {f"declarations {in_}", f"declarations {out}"}
    left = await owner.fetchval("SELECT array_agg(number ORDER BY number) FROM intake.declarations")
    assert left == [waiting, held]
    commands = "SELECT count(*) FROM intake.commands WHERE number BETWEEN 5001 AND 5005"
    assert await owner.fetchval(commands) == 5


async def test_an_ended_case_goes_before_its_notification(owner: asyncpg.Connection, pools: Pools) -> None:
    told, ended, running = uuid4(), uuid4(), uuid4()
    await insert(
        owner, "contact.notifications", notification_id=told, declaration_id=1, addressee=EMPLOYER,
        result="A", available_at=LONG_AGO, deadline=LONG_AGO.date(), final_at=LONG_AGO, ssin=FORMER,
    )  # fmt: skip
    facts = {"said": "s", "opened_at": LONG_AGO, "opened_by": "c", "due_on": LONG_AGO.date()}
    await insert(
        owner, "contact.cases", case_id=ended, kind="contestation", state="withdrawn", ended_at=LONG_AGO,
        notification_id=told, enterprise_number=EMPLOYER, **facts,
    )  # fmt: skip
    await insert(owner, "contact.cases", case_id=running, kind="privacy", **facts)
    await insert(owner, "contact.history", case_id=ended, event="opened", happened_at=LONG_AGO, by_whom="c")
    await insert(owner, "contact.reports", case_id=ended, ssin=FORMER)
    await set_term(owner, "contact.notifications", 1_000)
    assert await remove(pools, "contact") == []
    await set_term(owner, "contact.cases", 1_000)
    removed = await remove(pools, "contact")
    assert [row.partition(" ")[0] for row in removed] == ["reports", "history", "cases", "notifications"]
    assert await owner.fetchval("SELECT array_agg(case_id) FROM contact.cases") == [running]
