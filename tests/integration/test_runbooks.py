"""The SQL of the runbooks on a real database, and the page of tables against it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio

from deploy.local.deployment import ROOT, Endpoints
from deploy.local.stack import Stack
from shared.topology import Deployment

pytestmark = [pytest.mark.stack, pytest.mark.asyncio(loop_scope="module")]

_BLOCK: Final = re.compile(r"^ *```sql\n(.+?)^ *```", re.MULTILINE | re.DOTALL)
_RUNBOOKS: Final = ROOT / "docs" / "runbooks.md"
_OPERATIONS: Final = ROOT / "docs" / "operations.md"
_RECEIVE: Final = """
INSERT INTO intake.declarations (number, client_id, organization, channel, message_id, message_source, kind,
    declared, received_at, late_after, order_key)
VALUES ($1, 'c', '0200881159', 'queue', $2, 'urn:test', 'in', '{}', platform.now() - interval '2 minutes',
    platform.now(), $3)"""
_OPEN: Final = """
INSERT INTO intake.open
SELECT number, received_at, order_key, $2 FROM intake.declarations WHERE number = $1"""
_CONCLUDE: Final = """
INSERT INTO intake.results (number, final, result, answer, recorded_at)
VALUES ($1, true, 'A', '{}', platform.now())"""
_NOTIFY: Final = """
INSERT INTO notifier.notifications (notification_id, declaration_id, provisional, result, addressee,
    issued_at, available_at) VALUES ($2, $1, false, 'A', '0200881159', platform.now(), platform.now())"""
_CASE: Final = """
INSERT INTO identification.cases (declaration_id, state, declaration, opened_at, deadline)
VALUES ($1, 'open', '{}', platform.now(), platform.now() + interval '10 days')"""
_TABLES: Final = """
SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
    AND n.nspname <> ALL ('{pg_catalog,information_schema}')"""
#: Every service has these: the page names each once.
_PIPELINE: Final = ("outbox", "deliveries", "set_aside", "inbox", "suspects")


def sections() -> dict[str, list[str]]:
    """Return the SQL blocks of the runbooks by heading, without the ends of transactions."""
    parts = re.split(r"^## (.+)$", _RUNBOOKS.read_text(), flags=re.MULTILINE)[1:]
    found = {heading: _BLOCK.findall(text) for heading, text in zip(parts[::2], parts[1::2], strict=True)}
    return {
        heading: [re.sub(r"^(BEGIN|COMMIT);\n", "", block, flags=re.MULTILINE) for block in blocks]
        for heading, blocks in found.items()
        if blocks
    }


SECTIONS: Final = sections()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def endpoints(stack: Stack) -> Endpoints:
    """Yield a deployment without processes."""
    return await asyncio.to_thread(stack.provision, Deployment("runbooks"), "runbooks")


@pytest_asyncio.fixture(loop_scope="module")
async def owner(endpoints: Endpoints) -> AsyncIterator[asyncpg.Connection]:
    """Connect as the owner of the database; undo the changes of the test."""
    connection = await asyncpg.connect(endpoints.postgres_dsn)
    change = connection.transaction()
    await change.start()
    yield connection
    await change.rollback()
    await connection.close()


async def receive(owner: asyncpg.Connection, number: int, key: str, *, provisional: bool = False) -> int:
    """Store a declaration that was received two minutes ago and is open."""
    await owner.execute(_RECEIVE, number, str(uuid4()), key)
    await owner.execute(_OPEN, number, provisional)
    return number


@pytest.mark.parametrize("heading", SECTIONS)
async def test_the_database_takes_each_statement(owner: asyncpg.Connection, heading: str) -> None:
    for block in SECTIONS[heading]:
        await owner.execute(block.replace("'…'", f"'{uuid4()}'"))


async def test_the_waiting_are_not_listed_as_unaccounted(owner: asyncpg.Connection) -> None:
    lost = await receive(owner, 201, "lost")
    await receive(owner, 202, "waits", provisional=True)
    await receive(owner, 203, "waits")
    (statement,) = SECTIONS["Declarations unaccounted"]
    assert [row["number"] for row in await owner.fetch(statement)] == [lost]


async def test_the_ledger_lists_each_broken_promise_and_no_other(owner: asyncpg.Connection) -> None:
    unfinished = await receive(owner, 301, "unfinished")
    waiting = await receive(owner, 302, "waits")
    await owner.execute(_CASE, waiting)
    await receive(owner, 303, "waits")
    silent, undelivered = [await receive(owner, number, str(number)) for number in (304, 305)]
    for number in (silent, undelivered):
        await owner.execute(_CONCLUDE, number)
    await owner.execute(_NOTIFY, undelivered, uuid4())
    (statement,) = SECTIONS["Ledger"]
    found = {
        row["number"]: (row["result"], row["notified"], row["deposited"])
        for row in await owner.fetch(statement)
    }
    assert found == {
        unfinished: (None, None, False), silent: ("A", None, False), undelivered: ("A", "A", False)
    }  # fmt: skip


async def test_rows_of_the_default_partitions_move_to_their_month(owner: asyncpg.Connection) -> None:
    """A row of this month lies in each default partition, and the partitions of the month are missing."""
    month = f"{datetime.now(UTC):%Y_%m}"
    tables = ("intake.readings", "personnel_file.consultations")
    for table in tables:
        await owner.execute(f"DROP TABLE {table}_{month}")
    await owner.execute(
        "INSERT INTO intake.readings (read_at, client_id, number, found) VALUES (now(), 'c', 1, false)"
    )
    await owner.execute(
        "INSERT INTO personnel_file.consultations (read_at, operation, reader, criteria, relations, counted)"
        " VALUES (now(), '-', '-', '{}', '{}', false)"
    )
    count, move = SECTIONS["Partition missing"]
    assert [tuple(row) for row in await owner.fetch(count)] == [(1, 1)]
    await owner.execute(move)
    assert [tuple(row) for row in await owner.fetch(count)] == [(0, 0)]
    for table in tables:
        lies_in = f"SELECT tableoid::regclass::text FROM {table}"  # noqa: S608  # a name of this test
        assert await owner.fetchval(lies_in) == f"{table}_{month}"


_GIVEN_UP: Final = """
INSERT INTO intake.phone_results (number, gateway, language, state, due_at)
VALUES (605114838201, 'city', 'fr', 'exhausted', now())"""
_BLOCKED: Final = """
INSERT INTO intake.phone_attempts (number_code, attempts, blocked_until)
VALUES (sha256('blocked'), 5, now() + interval '1 hour'), (sha256('free'), 2, NULL)"""


@pytest.mark.parametrize(
    ("statement", "rows"),
    [
        (re.search(r"`(DELETE FROM intake\.phone_results .+?)`", _RUNBOOKS.read_text()), _GIVEN_UP),
        (re.search(r"`(DELETE FROM intake\.phone_attempts .+?)`", _OPERATIONS.read_text()), _BLOCKED),
    ],
    ids=["results by SMS that were given up", "blocks of phones"],
)
async def test_a_statement_ends_phones_that_wait(
    owner: asyncpg.Connection, statement: re.Match[str], rows: str
) -> None:
    await receive(owner, 605114838201, "sms")
    await owner.execute(rows)
    assert await owner.execute(statement[1]) == "DELETE 1"


async def test_the_page_names_exactly_the_tables(owner: asyncpg.Connection) -> None:
    """A name that begins with a point belongs to the schema before it."""
    page = _OPERATIONS.read_text().partition("\n## Tables\n")[2].partition("\n## ")[0]
    named: list[str] = []
    for row in re.findall(r"^\| (`.+?) \|", page, re.MULTILINE):
        schema = ""
        for name in re.findall(r"`([^`]+)`", row):
            schema = name.partition(".")[0] or schema
            named.append(f"{schema}.{name.rpartition('.')[2]}")
    pipeline = {f"<service>.{table}" for table in _PIPELINE}
    found = {row[0] for row in await owner.fetch(_TABLES)}
    assert set(named) == {name for name in found if name.rpartition(".")[2] not in _PIPELINE} | pipeline
    assert len(named) == len(set(named)), "each table has one row"
