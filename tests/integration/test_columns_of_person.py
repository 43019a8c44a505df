"""Every column that holds the number of a person is in the own data, or has a legal reason (ADR 36).

A row is planted for each column in which the register of processing says that a number is. The whole database
is then searched for the number, so that a column that the register does not know is found too.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any, Final

import asyncpg
import pytest
import pytest_asyncio

from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from services.contact.person.rules.asking import Person
from services.contact.person.rules.sections import SECTIONS, Row
from services.contact.person.store import read_data
from shared.domain.processing import Number
from shared.runtime.processing import load_register
from shared.topology import Deployment
from tests.contracts.test_data_of_persons import IN_TRANSIT, OUTSIDE, WITH_OTHERS
from tests.integration.planted_rows import FORMER, SSIN, plant

pytestmark = [pytest.mark.stack, pytest.mark.asyncio(loop_scope="module")]

PERSON: Final = Person(SSIN, (FORMER,))
Columns = dict[tuple[str, str], int]
_COLUMNS: Final = """
SELECT n.nspname || '.' || c.relname, a.attname::text FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'p', 'm') AND NOT c.relispartition AND n.nspname !~ '^(pg_|information_schema)'"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def held(stack: Stack) -> Endpoints:
    """Make a deployment without processes, and plant a row for each column with a number."""
    endpoints = await asyncio.to_thread(stack.provision, Deployment("planting"), "planting")
    # Parents and triggers do not matter for the search, and only a superuser may leave them out.
    connection = await asyncpg.connect(stack.postgres.dsn(endpoints.postgres_dsn.rpartition("/")[2]))
    await connection.execute("SET session_replication_role = replica")
    await plant(connection)
    await connection.close()
    return endpoints


async def my_data(endpoints: Endpoints) -> list[Row]:
    """Return the data of the person, read with the role of contact."""
    connection = await asyncpg.connect(
        endpoints.dsns["contact"], server_settings={"search_path": "contact,platform"}
    )
    try:
        async with connection.transaction(readonly=True):
            return [row async for rows in read_data(connection, PERSON) for row in rows]
    finally:
        await connection.close()


async def holding(endpoints: Endpoints) -> Columns:
    """Return how often each column has one of the numbers, as text, in JSON or in bytes."""
    connection = await asyncpg.connect(endpoints.postgres_dsn)
    found: Columns = {}
    try:
        for table, column in await connection.fetch(_COLUMNS):
            rows = await connection.fetch(f'SELECT "{column}"::text AS held FROM {table}')  # noqa: S608
            if times := sum(occurrences(row["held"] or "") for row in rows):
                found[table, column] = times
    finally:
        await connection.close()
    return found


def occurrences(text: str) -> int:
    """Return how often a text has one of the numbers, also as the hexadecimal digits of its bytes."""
    forms = [form for number in (SSIN, FORMER) for form in (number, number.encode().hex())]
    return sum(text.count(form) for form in forms)


async def shown(endpoints: Endpoints) -> dict[str, tuple[int, int]]:
    """Return for each table its rows in the data of the person, and how often they have the numbers."""
    found: dict[str, tuple[int, int]] = {}
    for row in await my_data(endpoints):
        rows, times = found.get(row.place, (0, 0))
        found[row.place] = rows + 1, times + occurrences(json.dumps(row.item))
    return found


async def test_the_register_knows_every_column_with_a_number(held: Endpoints) -> None:
    registered = {
        (table.full_name, column.name)
        for table in load_register()
        for column in table.columns
        if column.number is Number.SSIN
    }
    planted = await holding(held)
    assert registered - planted.keys() == set(), "no row was planted for these columns"
    assert planted.keys() - registered == set(), "the register does not say that these hold a number"


async def test_every_column_with_a_number_is_in_my_data(held: Endpoints) -> None:
    """The data have it as often as the table; at least once, if its rows have other persons too."""
    stored: dict[str, int] = {}
    for (table, _), times in (await holding(held)).items():
        stored[table] = stored.get(table, 0) + times
    said = await shown(held)
    missing: dict[str, Any] = {}
    for table, times in stored.items():
        if table in OUTSIDE or table.rpartition(".")[2] in IN_TRANSIT:
            continue
        rows, found = said.get(table, (0, 0))
        has_others = table in WITH_OTHERS or table.endswith(".set_aside")
        if not rows or not found or (found != times and not has_others):
            missing[table] = (times, found)
    assert missing == {}
    assert len(stored) > 30
    assert said.keys() <= {place for places in SECTIONS.values() for place in places}


async def test_a_hold_is_in_my_data_without_its_reason(held: Endpoints) -> None:
    holds = [row.item for row in await my_data(held) if row.place == "platform.holds"]
    assert [item.keys() for item in holds] == [{"heldAt", "releasedAt"}]


async def test_a_row_with_other_persons_shows_only_the_own_number(held: Endpoints) -> None:
    (enterprise,) = (row for row in await my_data(held) if row.place == "access.enterprise")
    assert enterprise.item["representatives"] == [SSIN]
