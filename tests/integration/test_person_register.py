"""The stored registers: replaced numbers, candidates found by index, careers by quarter."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from dataclasses import asdict
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio

from deploy.local.demo.numbers import SERIALS, make_ssin
from deploy.local.stack import Stack
from services.identification.matching.rules import search_keys
from services.identification.matching.rules.score import best
from services.identification.registers import store
from shared.domain.declared import DeclaredWorker
from shared.domain.flexi import QuarterFacts
from shared.messages import Career, RegisterEntry
from shared.runtime.database import Pool, open_pool, transaction
from shared.topology import Deployment

pytestmark = [pytest.mark.stack, pytest.mark.asyncio(loop_scope="module")]

PERSONS = 12_000
SYLLABLES = ["JAN", "PEE", "CLA", "WIL", "MER", "TENS", "VER", "STRA", "HOUT", "MANS", "GOE", "LAE"]


def person(number: int) -> RegisterEntry:
    """Return a person with unique names and birthday."""
    day, serial = divmod(number, SERIALS)
    birth_date = f"{1930 + day % 70}-{1 + day // 70 % 12:02}-{1 + day % 28:02}"
    gender = 1 + number % 2
    name = "".join(SYLLABLES[number // 12**place % 12] for place in range(4))
    return RegisterEntry(
        ssin=make_ssin(birth_date, gender, serial),
        family_name=name,
        given_name=SYLLABLES[number % 12] + SYLLABLES[number // 7 % 12],
        birth_date=birth_date,
        gender=gender,
        nationality=150,
    )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pool(stack: Stack) -> AsyncIterator[Pool]:
    """Open the pool of identification in a deployment without services, with a large register."""
    endpoints = stack.provision(Deployment("many"), "many")
    async with await open_pool(endpoints.dsns["identification"], "identification", size=2) as pool:
        async with transaction(pool) as tx:
            await store.store_persons(tx, [(1, person(number)) for number in range(PERSONS)])
        yield pool


async def test_a_batch_is_searched_by_index(stack: Stack, pool: Pool) -> None:
    """256 workers without NISS among 12,000 persons: all are found, none is mistaken."""
    people = [person(number * 46) for number in range(256)]
    declared = {
        number: DeclaredWorker(
            family_name=one.family_name.lower() + "E",
            given_name=one.given_name,
            birth_date=one.birth_date,
            gender=one.gender,
        )
        for number, one in enumerate(people)
    }
    async with transaction(pool) as tx:
        await tx.connection.execute("SELECT 1")
        before = time.perf_counter()
        found = await store.load_candidates(
            tx.connection, {number: search_keys(worker) for number, worker in declared.items()}
        )
        chosen = [best(worker, found[number])[0] for number, worker in declared.items()]
        seconds = time.perf_counter() - before
    assert all(one in found[number] for number, one in enumerate(people))
    assert all(one in (None, right) for one, right in zip(chosen, people, strict=True))
    assert sum(one is not None for one in chosen) > 150  # the others have a similar person
    assert seconds < 10  # well below one on an idle machine; this one may have much else to do
    print(f"{seconds * 1000:.0f} ms for 256 workers, {sum(map(len, found.values()))} candidates")  # noqa: T201


@pytest.mark.parametrize("statement", ["_BY_NUMBER", "_BY_KEY"])
async def test_no_search_reads_the_whole_register(pool: Pool, statement: str) -> None:
    arguments: list[Any] = [["50020312345"]] if statement != "_BY_KEY" else [[1], ["1950-02-03"], [False]]
    async with transaction(pool) as tx:
        await tx.connection.execute("SET LOCAL enable_seqscan = off")  # a plan with one then has no other way
        plan = await tx.connection.fetchval(
            f"EXPLAIN (FORMAT JSON) {getattr(store, statement)}",
            *arguments,
        )
    scans = json.dumps(json.loads(plan))
    assert '"Relation Name": "persons"' in scans
    assert "Seq Scan" not in scans


async def test_numbers_are_followed_both_ways(pool: Pool) -> None:
    """First to second to third; a cycle and an unknown end lead to no person."""
    row = person(0).model_copy(update={"family_name": "Keten"})

    def numbered(serial: int, replaced_by: int | None = None) -> RegisterEntry:
        after = None if replaced_by is None else make_ssin("1920-01-01", 1, replaced_by)
        return row.model_copy(
            update={
                "ssin": make_ssin("1920-01-01", 1, serial),
                "replaced_by": after,
                "birth_date": "1920-01-01",
            }
        )

    chain = [numbered(0, 1), numbered(1, 2), numbered(2), numbered(3, 4), numbered(4, 3), numbered(5, 6)]
    first, second, third, circle, _, lost = (one.ssin for one in chain)
    async with transaction(pool) as tx:
        await store.store_persons(tx, [(2, one) for one in chain])
        behind = await store.load_persons(tx.connection, [first, second, third, circle, lost])
        assert {asked: entry.ssin for asked, entry in behind.items()} == dict.fromkeys(
            [first, second, third], third
        )
        assert {entry.former_ssins for entry in behind.values()} == {(second, first)}
        found = await store.load_candidates(
            tx.connection, {1: ("1920-01-01",), 2: ("1920-00-00", "1920KETEN"), 3: ()}
        )
        assert [[one.ssin for one in found[number]] for number in (1, 2, 3)] == [[third], [third], []]
        await store.store_persons(tx, [(1, numbered(2, 0))])  # older than the stored change
        assert (await store.load_persons(tx.connection, [first]))[first].ssin == third


async def test_the_latest_change_of_a_career_counts_in_any_order(pool: Pool) -> None:
    """An older change that comes later, or in the batch of the latest, is ignored."""
    full, none, abroad = QuarterFacts(Decimal(1)), QuarterFacts(Decimal(0)), Decimal("0.2345")
    ssin, other = make_ssin("1921-01-01", 1, 0), make_ssin("1921-01-01", 1, 1)
    asked = {(ssin, "2025Q2"), (ssin, "2025Q3"), (other, "2025Q2")}

    def told(sequence: int, facts: QuarterFacts, quarter: str = "2025Q2") -> tuple[int, Career]:
        return sequence, Career(ssin=ssin, quarter=quarter, **asdict(facts))

    async with transaction(pool) as tx:
        assert await store.load_careers(tx.connection, asked) == {}
        known = await tx.connection.fetchval("SELECT count(*) FROM careers")
        assert await store.are_careers_loaded(tx.connection) is (known > 0)
        await store.store_careers(tx, [told(5, full), told(4, none), told(5, full, "2025Q3")])
        assert await store.load_careers(tx.connection, asked) == {
            (ssin, "2025Q2"): full,
            (ssin, "2025Q3"): full,
        }
        await store.store_careers(tx, [told(6, none)])
        await store.store_careers(tx, [told(5, full)])
        assert await store.load_careers(tx.connection, asked) == {
            (ssin, "2025Q2"): none,
            (ssin, "2025Q3"): full,
        }
        await store.store_careers(tx, [told(7, QuarterFacts())])
        assert await store.load_careers(tx.connection, asked) == {(ssin, "2025Q3"): full}
        retired = QuarterFacts(Decimal("0.1"), abroad, pensioner=True)
        await store.store_careers(tx, [told(8, retired)])
        assert (await store.load_careers(tx.connection, asked))[ssin, "2025Q2"] == retired
        await store.store_careers(tx, [told(9, QuarterFacts(pensioner=True))])
        assert (await store.load_careers(tx.connection, asked))[ssin, "2025Q2"].worked is None
        assert await store.load_careers(tx.connection, ()) == {}
        assert await store.are_careers_loaded(tx.connection)
