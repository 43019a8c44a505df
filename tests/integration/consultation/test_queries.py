"""Searches by queue, against the real database: pages, rights, records and limits."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from functools import partial
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio

from deploy.local.stack import Stack
from services.personnel_file.consultation import handler, store
from services.personnel_file.consultation.channels.queue import COMMANDS, PROBLEM, REPLY, Command
from services.personnel_file.consultation.handler.queries import Queries
from services.personnel_file.consultation.rules import Level, Order
from shared.domain.identifiers import pseudonym
from shared.messages import Delivery
from shared.runtime.database import Pool, open_pool, transaction
from shared.runtime.incoming import Incoming
from shared.topology import QUERIES, QUERY_PERIODS, Deployment, reply_queue
from tests.contracts.contract import complaints, strictly
from tests.integration.consultation import oracle

pytestmark = [pytest.mark.stack, pytest.mark.asyncio(loop_scope="module")]

MADE = oracle.relations(5)
BASE = "https://services.example.be/REST/dimona/v2"
CODE = partial(pseudonym, b"x" * 16)
LOOKS = "SELECT * FROM consultations WHERE reader = $1 ORDER BY seq DESC LIMIT 1"


class File:
    """A personnel file with random rows of the organization of a client."""

    def __init__(self, pool: Pool, client: str, stranger: str) -> None:
        self.pool, self.client, self.stranger = pool, client, stranger
        self.queries = Queries(BASE, CODE)

    async def answers(self, *commands: Command) -> list[Any]:
        """Return the events in answer to commands, each of which fits the contract."""
        async with transaction(self.pool, timed=False) as tx:
            replies = await self.queries.answer(tx, commands)
        return [event_of(reply) for reply in replies]

    async def answer(self, data: Any, client: str | None = None) -> Any:
        """Return the event in answer to one query."""
        return (await self.answers(command(data, client or self.client)))[0]


def event_of(reply: Delivery) -> Any:
    event = json.loads(reply.body)
    assert complaints(strictly(reply.type), event) == []
    return event


def command(data: Any, client: str, **attributes: Any) -> Command:
    """Return a command as it comes from the broker."""
    event = {
        "specversion": "1.0", "id": str(uuid4()), "source": "urn:test", "type": QUERY_PERIODS,
        "service": "be.nsso.dimona.v1", "data": data, **attributes,
    }  # fmt: skip
    incoming = Incoming(QUERIES.name, json.dumps(event).encode(), QUERY_PERIODS, None, client, 0, None, 0, 1)
    (item,) = COMMANDS.read(incoming)
    value: Command = item.value  # type: ignore[union-attr]
    return value


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def file(stack: Stack) -> AsyncIterator[File]:
    """Give the largest random employer to the organization of a client."""
    endpoints = await asyncio.to_thread(stack.provision, Deployment("queried"), "queried")
    data = endpoints.data
    owner = await asyncpg.connect(endpoints.superuser_dsn)
    await oracle.store(owner, MADE)
    bakery = data.organizations["bakery"].enterprise_number
    for table in ("relations", "periods"):
        await owner.execute(
            f"UPDATE personnel_file.{table} SET employer = $1 WHERE employer = $2",  # noqa: S608 - our tables
            bakery, oracle.EMPLOYERS[0],
        )  # fmt: skip
    await owner.close()
    async with await open_pool(endpoints.dsns["personnel_file"], "personnel_file") as pool:
        yield File(pool, data.client_of("bakery").client_id, "nobody")


@pytest.mark.parametrize("order", Order)
@pytest.mark.parametrize("level", Level)
async def test_all_pages_together_are_the_whole_result(file: File, level: Level, order: Order) -> None:
    """Without employer the organization of the client is searched; `after` leads to the next page."""
    given: Mapping[str, Any] = {"employer": oracle.EMPLOYERS[0], "worker_type": ("STU", "FLX")}
    expected = oracle.found(MADE, level, given, order)
    criteria = {"features": {"workerType": ["STU", "FLX"]}}
    query = {"level": level, "sort": order, "pageSize": 7, "criteria": criteria, "total": True}
    found: list[int] = []
    while True:
        event = await file.answer(query)
        assert event["type"] == REPLY
        assert (event["data"]["total"], event["data"]["isTotalComplete"]) == (len(expected), True)
        found += [item[f"{level}Id"] for item in event["data"]["items"]]
        if "after" not in event["data"]:
            break
        query = {**query, "after": event["data"]["after"]}
    assert found == expected
    assert len(expected) > 7


async def test_a_look_by_queue_is_recorded_like_one_over_rest(file: File) -> None:
    ssin = next(each.ssin for each in MADE if each.periods and each.employer == oracle.EMPLOYERS[0])
    event = await file.answer({"criteria": {"worker": {"ssin": ssin}}})
    (look,) = await file.pool.fetch(LOOKS, file.client)
    assert (look["operation"], look["criteria"], look["refused"]) == ("queryPeriods", ["worker"], None)
    assert look["relations"] == sorted({item["relationId"] for item in event["data"]["items"]})
    assert (look["worker"], ssin in str(look)) == (CODE(ssin), False)


async def test_a_foreign_employer_and_an_unknown_client_are_refused_and_recorded(file: File) -> None:
    foreign = {"criteria": {"employer": {"enterpriseNumber": oracle.EMPLOYERS[1]}}}
    for client, data in ((file.client, foreign), (file.stranger, foreign), (file.stranger, {"criteria": {}})):
        event = await file.answer(data, client)
        assert (event["type"], event["data"]["status"]) == (PROBLEM, 403)
        (look,) = await file.pool.fetch(LOOKS, client)
        assert look["refused"] == handler.REFUSED


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ({}, "data.criteria"),
        ({"criteria": {"worker": {"ssin": "1"}}}, "data.criteria.worker.ssin"),
        ({"criteria": {}, "pageSize": 101}, "data.pageSize"),
        ({"criteria": {}, "level": "person"}, "data.level"),
        ({"criteria": {}, "after": {"startDate": 1, "number": 1}}, "data.after.startDate"),
        ({"criteria": {}, "page": 2}, "data.page"),
    ],
)
async def test_an_unreadable_query_names_its_field(file: File, data: Any, name: str) -> None:
    event = await file.answer(data)
    assert event["type"] == PROBLEM
    assert [issue["name"] for issue in event["data"]["issues"]] == [name]


async def test_one_message_has_one_query(file: File) -> None:
    two = json.dumps([{}, {}]).encode()
    incoming = Incoming(QUERIES.name, two, QUERY_PERIODS, "x", file.client, 0, None, 0, 1)
    (event,) = await file.answers(*(item.value for item in COMMANDS.read(incoming)))  # type: ignore[union-attr]
    assert (event["data"]["status"], event["data"]["limit"], event["relatedto"]) == (413, 1, "x")


async def test_a_search_that_takes_too_long_ends_alone(file: File, monkeypatch: pytest.MonkeyPatch) -> None:
    """It gets a problem. The others of its transaction get their pages."""

    async def slow(tx: Any, *_: object) -> Any:
        await tx.connection.execute("SET LOCAL statement_timeout = '50ms'")
        await tx.connection.execute("SELECT pg_sleep(5)")

    search, before = store.search, await file.pool.fetchval("SELECT count(*) FROM consultations")
    turns: Iterator[Any] = iter([slow, search])

    async def in_turn(*arguments: Any) -> Any:
        return await next(turns)(*arguments)

    monkeypatch.setattr(store, "search", in_turn)
    first, second = await file.answers(*(command({"criteria": {}}, file.client) for _ in range(2)))
    assert (first["type"], second["type"]) == (PROBLEM, REPLY)
    assert first["data"]["status"] == 503
    assert await file.pool.fetchval("SELECT count(*) FROM consultations") == before + 1


async def test_searches_beyond_the_rate_are_refused(file: File) -> None:
    """Those of another client are not."""
    limited = File(file.pool, file.client, file.stranger)
    limited.queries = Queries(BASE, CODE, rate=0.01, burst=2)
    events = await limited.answers(*(command({"criteria": {}}, file.client) for _ in range(4)))
    assert [event["type"] for event in events] == [REPLY, REPLY, PROBLEM, PROBLEM]
    assert events[3]["data"]["status"] == 429
    assert events[3]["data"]["retryAfterSec"] > 1
    other = await limited.answer({"criteria": {}}, file.stranger)
    assert other["data"]["status"] == 403, "searched, and refused for another reason"


async def test_a_client_that_does_not_read_gets_no_more_pages(file: File) -> None:
    waiting = """INSERT INTO deliveries (id, lane, routing_key, type, body, due_at)
        SELECT gen_random_uuid(), $1, $1, 't', '{}', now() + interval '1 hour' FROM generate_series(1, $2)"""
    lane = reply_queue(file.client)
    await file.pool.execute(waiting, lane, 499)
    assert (await file.answer({"criteria": {}}))["type"] == REPLY
    await file.pool.execute(waiting, lane, 1)
    assert (await file.answer({"criteria": {}}))["data"]["status"] == 429
    await file.pool.execute("DELETE FROM deliveries WHERE lane = $1", lane)


async def test_an_equal_message_has_an_equal_reply_id(file: File) -> None:
    """After a crash the page comes a second time; the client skips it."""
    first, second = (command({"criteria": {}}, file.client, id="one") for _ in range(2))
    other = command({"criteria": {}, "total": True}, file.client, id="one")
    ids = [event["id"] for event in await file.answers(first, second, other)]
    assert ids[0] == ids[1] != ids[2]
