"""Rows past their term are removed, with proof; everything else stays (ADR 31)."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import asyncpg
import pytest

from shared.runtime.retention import BATCH
from tests.integration.retention.conftest import SERVICES
from tests.integration.retention.removing import (
    NOW,
    SSIN,
    Pools,
    hold,
    release,
    remove,
    set_term,
    set_term_of_looks,
)
from tests.integration.retention.rows import insert

pytestmark = [pytest.mark.stack, pytest.mark.asyncio(loop_scope="module")]


async def deny(owner: asyncpg.Connection, *days: int) -> list[int]:
    """Store a denial of each age in days; return their keys."""
    return [
        await insert(
            owner, "intake.denials", "seq", denied_at=NOW - timedelta(age), client_id="c", reason="no_mandate"
        )
        for age in days
    ]


async def proof_of(owner: asyncpg.Connection, table: str) -> asyncpg.Record:
    found = await owner.fetchrow("SELECT * FROM platform.removals WHERE table_name = $1", table)
    assert found is not None
    return found


async def test_without_a_term_every_row_stays(owner: asyncpg.Connection, pools: Pools) -> None:
    await deny(owner, 9_000)
    for service in SERVICES:
        assert await remove(pools, service) == []


async def test_a_row_goes_after_its_term_with_proof(owner: asyncpg.Connection, pools: Pools) -> None:
    *old, young = await deny(owner, 31, 300, 29)
    await set_term(owner, "intake.denials", 30)
    assert sorted(await remove(pools, "intake")) == sorted(f"denials {seq}" for seq in old)
    assert await owner.fetchval("SELECT array_agg(seq) FROM intake.denials") == [young]
    proof = await proof_of(owner, "denials")
    assert (proof["removed"], proof["keep"], proof["source"]) == (2, timedelta(30), "a test")
    assert proof["keys_sha256"] == hashlib.sha256("\n".join(sorted(map(str, old))).encode()).digest()


async def test_a_batch_is_bounded_and_the_next_one_goes_on(owner: asyncpg.Connection, pools: Pools) -> None:
    await owner.execute(
        "INSERT INTO intake.denials (denied_at, client_id, reason)"
        " SELECT now() - interval '60 days', 'c', 'no_mandate' FROM generate_series(1, $1)", 10 * BATCH + 5,
    )  # fmt: skip
    await set_term(owner, "intake.denials", 30)
    assert len(await remove(pools, "intake", rounds=1)) == 10 * BATCH
    assert len(await remove(pools, "intake", rounds=1)) == 5


async def test_a_table_on_hold_loses_no_row_until_the_release(
    owner: asyncpg.Connection, pools: Pools
) -> None:
    (old,) = await deny(owner, 60)
    await set_term(owner, "intake.denials", 30)
    number = await hold(owner, "intake.denials")
    assert await remove(pools, "intake") == []
    await release(owner, number)
    assert await remove(pools, "intake") == [f"denials {old}"]
    log = await owner.fetch(
        "SELECT action, subject FROM platform.operator_log ORDER BY entry_id DESC LIMIT 3"
    )
    assert [tuple(row) for row in log] == [
        ("retention.release", str(number)),
        ("retention.hold", str(number)),
        ("retention.term", "intake.denials"),
    ]


async def test_a_month_goes_as_a_partition(owner: asyncpg.Connection, pools: Pools) -> None:
    parts = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'intake.readings'::regclass"
    await insert(owner, "intake.readings", read_at=NOW, client_id="c", number=1, found=True)
    before = await owner.fetchval(parts)
    await set_term_of_looks(owner, "intake.readings", 30)
    assert await remove(pools, "intake") == []
    await owner.execute("UPDATE platform.clock SET moved_by = '70 days'")
    person = await hold(owner, None, SSIN)
    assert await remove(pools, "intake") == [], "a partition may have rows of the person"
    await release(owner, person)
    async with owner.transaction():
        await owner.execute("LOCK TABLE intake.readings IN ACCESS SHARE MODE")
        assert await remove(pools, "intake") == [], "it waits for no reader"
    gone, *empty = await remove(pools, "intake")
    assert gone.endswith(" 1")
    assert all(each.endswith(" 0") for each in empty)
    assert await owner.fetchval(parts) == before - 1 - len(empty)
    proof = await proof_of(owner, "readings")
    assert (proof["removed"], proof["keys_sha256"]) == (1, hashlib.sha256(gone.encode()).digest())


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM personnel_file.relations",
        "DELETE FROM personnel_file.history",
        "SELECT personnel_file.remove_relations(now(), 1, '')",
        "SELECT platform.set_term('personnel_file.relations', '1 day', 'none')",
        "SELECT platform.hold('personnel_file.relations', NULL, 'none')",
        "SELECT platform.release_hold(1, 'none')",
        "SELECT key FROM platform.person_key",
        "SELECT * FROM platform.holds",
        "INSERT INTO platform.removals (removed) VALUES (1)",
    ],
)
async def test_a_service_removes_only_rows_that_a_term_allows(pools: Pools, statement: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pools["personnel_file"].execute(statement)


async def test_a_term_is_for_tables_that_can_lose_rows(owner: asyncpg.Connection) -> None:
    ask = "SELECT platform.set_term($1, '1 day', 'a test')"
    for table in ("personnel_file.settlements", "intake.commands", "intake.nowhere", "notifier.lanes", "x"):
        assert not await owner.fetchval(ask, table)
    assert await owner.fetchval(ask, "personnel_file.relations")


@pytest.mark.parametrize(
    "table",
    [
        "personnel_file.consultations",
        "personnel_file.late_readings",
        "intake.readings",
        "contact.readings",
        "platform.looks",
        "feed.disclosures",
    ],
)
async def test_no_term_of_an_operator_removes_records_of_looks(owner: asyncpg.Connection, table: str) -> None:
    assert not await owner.fetchval("SELECT platform.set_term($1, '0', 'a test')", table)
    terms = "SELECT count(*) FROM platform.retention_terms WHERE schema_name || '.' || table_name = $1"
    assert await owner.fetchval(terms, table) == 0
