"""Searches against the real database equal a search by brute force, whatever the criteria."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from deploy.local.stack import Stack
from services.personnel_file.consultation import store
from services.personnel_file.consultation.rules import Criteria, Level, Order, Place, Query
from services.personnel_file.consultation.store import Scope, rare
from shared.runtime.database import Pool, Transaction, open_pool, transaction
from shared.topology import Deployment
from tests.integration.consultation import oracle
from tests.integration.consultation.oracle import CRITERIA, EMPLOYERS

pytestmark = [pytest.mark.stack, pytest.mark.asyncio(loop_scope="module")]

MADE = oracle.relations(11)
#: One of them anchors each search.
ANCHORS = frozenset({"employer", "worker"})


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pool(stack: Stack) -> AsyncIterator[Pool]:
    """Give connections of the personnel file to a database with the random rows."""
    endpoints = await asyncio.to_thread(stack.provision, Deployment("searched"), "searched")
    owner = await asyncpg.connect(endpoints.superuser_dsn)
    await oracle.store(owner, MADE)
    await owner.close()
    async with await open_pool(endpoints.dsns["personnel_file"], "personnel_file") as pool:
        yield pool


async def whole(tx: Transaction, query: Query, scope: Scope) -> list[int]:
    """Return the numbers on all pages of a search."""
    numbers: list[int] = []
    while True:
        page = await store.search(tx, query, scope)
        assert len(page.rows) <= query.size
        numbers += [row[f"{query.level}_id"] for row in page.rows]
        if page.rest is None:
            return numbers
        query = replace(query, after=page.rest)


def anchored(given: Mapping[str, Any], level: Level, chance: random.Random) -> dict[str, Any]:
    own = level.value
    return dict(given) if given.keys() & {*ANCHORS, own} else {**given, "employer": chance.choice(EMPLOYERS)}


async def compare(pool: Pool, sets: Sequence[Sequence[str]], orders: Sequence[Order], size: int) -> int:
    """Compare these sets of criteria at both levels; return how many searches found something."""
    chance, something = random.Random(7), 0
    async with transaction(pool) as tx:
        scope = Scope(await store.begin(tx))
        for level in Level:
            for n, names in enumerate(sets):
                for order in orders or (list(Order)[n % 3],):
                    given = {name: oracle.value(MADE, name, chance) for name in names}
                    given = anchored(given, level, chance)
                    query = Query(level, Criteria(**given), order, size=size)
                    expected = oracle.found(MADE, level, given, order)
                    assert await whole(tx, query, scope) == expected, (level, order, given)
                    counted = await store.count(tx, query, scope)
                    assert (counted.rows, counted.whole) == (len(expected), True)
                    something += bool(expected)
    return something


#: Add empty relations of an employer, so that it has this number of them with one family name.
_EMPTY_RELATION = """
INSERT INTO relations (relation_id, employer, ssin, employer_id, start_date, version, worker)
OVERRIDING SYSTEM VALUE
SELECT 900000000000 + n, r.employer, '77' || lpad(n::text, 9, '0'), r.employer_id, r.start_date, r.version,
    '{"familyName": "Leegman"}'
FROM (SELECT * FROM relations WHERE employer = $1 LIMIT 1) AS r, generate_series(1, $2) AS n
ON CONFLICT DO NOTHING"""


@pytest.fixture(params=[rare.MOST_RARE, 5], ids=["rare", "frequent"])
def most_rare(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take each criterion for one that few rows meet, and then most of them for one that many meet."""
    monkeypatch.setattr(rare, "MOST_RARE", request.param)


@pytest.mark.usefixtures("most_rare")
async def test_every_criterion_in_every_order(pool: Pool) -> None:
    found = await compare(pool, [(), *((name,) for name in CRITERIA)], list(Order), 50)
    assert found > 100, "most searches find something"


@pytest.mark.usefixtures("most_rare")
async def test_every_pair_of_criteria(pool: Pool) -> None:
    """325 pairs at two levels: 650 combinations, each together with an employer, a worker or a number.

    Each is searched twice, with and without the indexes of rare criteria.
    """
    pairs = list(combinations(CRITERIA, 2))
    assert len(pairs) == 325
    assert await compare(pool, pairs, (), 100) > 300


async def test_pages_are_whole_however_few_rows_are_examined(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page may end before it is full, and the next one begins where it ended."""
    monkeypatch.setattr(store, "WINDOWS", (2, 5))
    monkeypatch.setattr(rare, "MOST_RARE", 5)
    triples = random.Random(3).sample(list(combinations(CRITERIA, 3)), 40)
    assert await compare(pool, triples, (), 3) > 5


async def test_relations_without_periods_do_not_hide_those_of_others(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit on relations is met by empty ones: the criterion is then not rare."""
    monkeypatch.setattr(rare, "MOST_RARE", 5)
    query = Query(Level.PERIOD, Criteria(employer=EMPLOYERS[0], family_name="Leegman"), Order.NUMBER)
    async with pool.acquire() as connection:
        adding = connection.transaction()
        await adding.start()
        found = []
        for empty in (5, 6):
            await connection.execute(_EMPTY_RELATION, EMPLOYERS[0], empty)
            now = await connection.fetchval("SELECT platform.now()")
            found.append(await rare.load_rare(Transaction(connection, now), query))
        await adding.rollback()
    assert found == [[], None]


async def test_every_criterion_is_compared() -> None:
    assert set(CRITERIA) == set(Criteria.__slots__)


async def test_a_statement_of_a_search_ends_after_two_seconds(pool: Pool) -> None:
    """Only those of its transaction."""
    async with pool.acquire() as connection:
        async with connection.transaction():
            await store.begin(Transaction(connection, await connection.fetchval("SELECT platform.now()")))
            assert await connection.fetchval("SHOW statement_timeout") == "2s"
        assert await connection.fetchval("SHOW statement_timeout") == "0"


async def test_an_organization_sees_itself_and_its_mandators(pool: Pool) -> None:
    """By the number of a worker, without an employer; the mandate counts in its quarters only."""
    first, second, _ = EMPLOYERS
    (ssin, *_) = [
        relation.ssin for relation in MADE
        if relation.periods and relation.employer == second
    ]  # fmt: skip
    query = Query(Level.PERIOD, Criteria(worker=(ssin,)), size=100)
    async with transaction(pool) as tx:
        quarter = await store.begin(tx)
        for organizations, employers in (
            (None, EMPLOYERS),
            ([second], (second,)),
            ([first], (first,)),
            ([], ()),
        ):
            numbers = await whole(tx, query, Scope(quarter, organizations))
            expected = [
                number
                for employer in employers
                for number in oracle.found(
                    MADE, Level.PERIOD, {"worker": (ssin,), "employer": employer}, Order.NUMBER
                )
            ]
            assert sorted(numbers) == sorted(expected)


async def test_a_search_examines_no_period_of_a_foreign_employer(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The place of the next page would tell its day and number, and the time that it exists."""
    monkeypatch.setattr(store, "WINDOWS", (1,))
    ssin = next(r.ssin for r in MADE if len(r.periods) > 2)
    by_worker = Query(Level.PERIOD, Criteria(worker=(ssin,)))
    async with transaction(pool) as tx:
        quarter = await store.begin(tx)
        for query, organizations in (
            (by_worker, ["0400000099"]),
            (by_worker.of_employer("0400000099"), None),
        ):
            found = await store.search(tx, query, Scope(quarter, organizations))
            assert (found.rows, found.rest) == ([], None)


async def test_changes_between_pages_lose_no_row(pool: Pool) -> None:
    """In the order of numbers, rows that stay are neither skipped nor repeated when others change or come."""
    employer = EMPLOYERS[0]
    query = Query(Level.PERIOD, Criteria(employer=employer), size=10)
    before = oracle.found(MADE, Level.PERIOD, {"employer": employer}, Order.NUMBER)
    async with pool.acquire() as connection:
        transaction_ = connection.transaction()
        await transaction_.start()
        tx = Transaction(connection, await connection.fetchval("SELECT platform.now()"))
        scope = Scope(await store.begin(tx))
        first = await store.search(tx, query, scope)
        await connection.execute(
            "UPDATE periods SET start_date = start_date - 300, canceled = true "
            "WHERE period_id = ANY($1::bigint[])",
            before[5:15],
        )
        rest = await whole(tx, replace(query, after=first.rest), scope)
        assert [row["period_id"] for row in first.rows] + rest == before
        assert first.rest == Place(first.rows[-1]["start_date"], before[9])
        await transaction_.rollback()
