"""Messages, relations, declarations and cases go with all that belongs to them, once nothing needs them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
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
    assert await readers(owner, 111) == await readers(owner, 222) == ["r"], "a reading outlives its message"
    await release(owner, number)
    assert f"messages {kept}" in await remove(pools, "notifier")
    await ledger.close()


async def readers(owner: asyncpg.Connection, declaration: int) -> list[str]:
    """Return the readers of messages about a declaration, as its person sees them."""
    found = await owner.fetch(
        "SELECT reader FROM notifier.looks_at_person('{}', ARRAY[$1::bigint], 'infinity', 10)"
        " WHERE organization = $2 AND (subject ->> 'number')::bigint = $1", declaration, EMPLOYER,
    )  # fmt: skip
    return [row["reader"] for row in found]


async def test_a_message_with_a_letter_that_was_not_sent_stays(
    owner: asyncpg.Connection, pools: Pools
) -> None:
    unsent = [await deposit(owner, FORMER, number, NOW) for number in (333, 334)]
    jobs = "UPDATE notifier.print_jobs SET state = $2, file = $3, sent_by = $4 WHERE message_id = $1"
    await owner.execute(jobs, unsent[0], "waiting", None, None)
    await owner.execute(jobs, unsent[1], "written", "a file", None)
    await owner.execute("UPDATE platform.clock SET moved_by = '1826 days'")
    assert await remove(pools, "notifier") == []
    await owner.execute(jobs, unsent[0], "sent", "a file", "a")
    assert f"messages {unsent[0]}" in await remove(pools, "notifier")
    await owner.execute(jobs, unsent[1], "sent", "a file", "a")
    assert f"messages {unsent[1]}" in await remove(pools, "notifier")


async def test_every_reading_of_a_removed_message_stays_visible(
    owner: asyncpg.Connection, pools: Pools
) -> None:
    message = await deposit(owner, FORMER, 335, NOW)
    for reader in ("r", "r", "s"):
        await insert(
            owner, "platform.looks", operation="readMessage", reader=reader, about=str(message),
            organizations=[EMPLOYER],
        )  # fmt: skip
    before = sorted(await readers(owner, 335))
    await owner.execute("UPDATE platform.clock SET moved_by = '1826 days'")
    assert f"messages {message}" in await remove(pools, "notifier")
    assert sorted(await readers(owner, 335)) == before == ["r", "r", "s"]


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
    kinds_of_relation = {"relations", "periods", "daily_registrations", "locks", "late", "history", "feed"}
    assert kinds(removed) == kinds_of_relation
    assert len(removed) == len(kinds_of_relation) * len(gone)
    told = await owner.fetchval(
        "SELECT array_agg((data::json -> 'relation' ->> 'id')::bigint) FROM personnel_file.feed"
    )
    assert set(told) == set(stays.values())
    assert await owner.fetchval("SELECT last_day FROM personnel_file.removed_until") == old
    left = await owner.fetchval("SELECT array_agg(relation_id) FROM personnel_file.relations")
    assert [reason for reason, each in stays.items() if each not in left] == []
    assert await owner.fetchval(settled) == before, "a declaration is final once"
    moved = 10_000 + stays["on hold by another number"]
    await insert(
        owner, "personnel_file.feed", event_id=uuid4(), type="t", occurred_at=LONG_AGO, ssin=SSIN,
        data=f'{{"periodId": {moved}, "relation": {{"id": 0}}}}',
    )  # fmt: skip
    await release(owner, number)
    later = {row for row in await remove(pools, "personnel_file") if row.startswith("relations ")}
    events = "SELECT count(*) FROM personnel_file.feed WHERE (data::json ->> 'periodId')::bigint = $1"
    assert await owner.fetchval(events, moved) == 0, "events under the former number go too"
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
    await insert(
        owner, "contact.readings", read_at=LONG_AGO, agent="a", what="readCase", case_id=ended, found=1
    )
    await insert(
        owner, "platform.looks", operation="readContestations", reader="p", about=str(ended),
        organizations=[EMPLOYER],
    )  # fmt: skip
    looks = "SELECT array_agg(DISTINCT reader) FROM contact.looks_at_person(ARRAY[$1], '{}', 'infinity', 10)"
    named = looks.replace("reader", "organization")
    assert (await owner.fetchval(looks, FORMER), await owner.fetchval(named, FORMER)) == (
        ["a", "p"],
        [EMPLOYER, None],
    )
    await set_term(owner, "contact.notifications", 1_000)
    assert await remove(pools, "contact") == []
    await set_term(owner, "contact.cases", 1_000)
    removed = await remove(pools, "contact")
    assert [row.partition(" ")[0] for row in removed] == ["reports", "history", "cases", "notifications"]
    assert await owner.fetchval(looks, FORMER) == ["a", "p"], "a reading outlives its case"
    assert await owner.fetchval(named, FORMER) == [EMPLOYER, None], "the look names the read enterprise"
    assert await owner.fetchval("SELECT array_agg(case_id) FROM contact.cases") == [running]


async def test_a_relation_stays_while_a_quota_of_its_year_can_be_counted_again(
    owner: asyncpg.Connection, pools: Pools
) -> None:
    """A relation of a counted period of that year stays, or one that shares a year with a third one."""
    ssin, last_year = "00000000077", date(NOW.year - 1, 12, 1)
    first, second, third = (date(NOW.year - age, 6, 1) for age in (9, 8, 7))
    employers = (f"10600005{n:02}" for n in range(1, 9))

    async def counted(start: date, end: date, **more: Any) -> int:
        return await relate(
            owner, ssin, end, LONG_AGO, next(employers), start_date=start, counted=True, **more
        )

    kept = await counted(third, last_year)
    neighbor = await counted(second, third)
    next_but_one = await counted(second, second)
    alone = await counted(first, first)
    canceled = await counted(third, third, canceled=True)
    uncounted = await relate(owner, ssin, third, LONG_AGO, next(employers))
    await set_term(owner, "personnel_file.relations", 320)

    def relations(removed: list[str]) -> set[str]:
        return {row for row in removed if row.startswith("relations ")}

    assert relations(await remove(pools, "personnel_file")) == {
        f"relations {each}" for each in (alone, canceled, uncounted)
    }
    await owner.execute(
        "UPDATE personnel_file.periods SET canceled = true WHERE period_id = $1", 10_000 + kept
    )
    assert relations(await remove(pools, "personnel_file")) == {
        f"relations {each}" for each in (kept, neighbor, next_but_one)
    }
