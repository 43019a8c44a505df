"""The export of a person with very many rows is written in bounded memory (ADR 36)."""

from __future__ import annotations

import asyncio
import json
import tracemalloc
from typing import Final

import asyncpg
import pytest
import pytest_asyncio

from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from services.contact.person import handler
from services.contact.person.rules.asking import Person
from services.contact.person.rules.words import TextWriter
from shared.topology import Deployment

pytestmark = [pytest.mark.stack, pytest.mark.asyncio(loop_scope="module")]

PERSON: Final = Person("70010100188")
DECLARATIONS, LOOKS = 20_000, 4_000
#: Bytes of memory at most, and bytes of the export at least.
MOST_MEMORY, LEAST_EXPORT = 6_000_000, 12_000_000
_PLANT: Final = """
INSERT INTO intake.declarations (number, client_id, organization, channel, message_id, message_source, kind,
    declared, received_at, late_after, ssin)
SELECT n, 'c', '0990101368', 'queue', n::text, 's', 'in', json_build_object('padding', repeat('x', 500)),
    now(), now(), $1
FROM generate_series(1, $2::int) AS n"""
_PLANT_LOOKS: Final = """
INSERT INTO contact.person_looks (looked_at, looker, client_id, operation, worker, found)
SELECT now() - n * interval '1 second', 'a', 'c', 'readMyData', $1, 1 FROM generate_series(1, $2::int) AS n"""


def code_of(ssin: str) -> str:
    return f"code of {ssin}"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def large(stack: Stack) -> Endpoints:
    """Make a deployment without processes, with a person of very many rows."""
    endpoints = await asyncio.to_thread(stack.provision, Deployment("large"), "large")
    owner = await asyncpg.connect(endpoints.postgres_dsn)
    await owner.execute(_PLANT, PERSON.ssin, DECLARATIONS)
    await owner.execute(_PLANT_LOOKS, code_of(PERSON.ssin), LOOKS)
    await owner.execute("ANALYZE intake.declarations, contact.person_looks")
    await owner.close()
    return endpoints


async def connected(endpoints: Endpoints) -> asyncpg.Connection:
    settings = {"search_path": "contact,platform"}
    return await asyncpg.connect(endpoints.dsns["contact"], server_settings=settings)


async def test_the_export_is_whole_and_its_memory_is_bounded(large: Endpoints) -> None:
    connection = await connected(large)
    size, rows, looks = 0, 0, 0
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            now = await connection.fetchval("SELECT platform.now()")
            tracemalloc.start()
            async for part in handler.write_export(connection, PERSON, code_of, now):
                size += len(part)
                rows += part.count('"source":"intake.declarations"')
                looks += part.count('"source": "contact.person_looks"')
            _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        await connection.close()
    assert (rows, looks) == (DECLARATIONS, LOOKS)
    assert size > LEAST_EXPORT
    assert peak < MOST_MEMORY, peak


async def test_the_parts_are_one_document(large: Endpoints) -> None:
    """Also in plain words: a sentence for each declaration."""
    connection = await connected(large)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            now = await connection.fetchval("SELECT platform.now()")
            export = "".join([part async for part in handler.write_export(connection, PERSON, code_of, now)])
            writer = TextWriter(PERSON, now, "en")
            text = "".join([part async for part in handler.write_data(connection, PERSON, writer)])
    finally:
        await connection.close()
    found = json.loads(export)
    assert len(found["data"]["sections"]["declarations"]) == DECLARATIONS
    assert len({look["lookedAt"] for look in found["looks"]}) == LOOKS
    assert text.count(": start of a job, number ") == DECLARATIONS
