"""An institution gets a day again byte for byte; a new authorization gives the events since its begin."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio

from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from services.feed.disclosure.rules import digest_of
from services.feed.event.rules import STATE
from services.feed.pushing.heartbeat import HEARTBEAT
from shared.domain.calendar import local_date
from shared.topology import institution_queue
from tests.connecting import connected
from tests.integration.disclosing import (
    OPENED,
    READER,
    Database,
    get,
    pulled,
    texts,
    until_pushed,
    write_events,
)
from tests.serving import serving
from tests.tokens import of_institution
from tests.web import ask

pytestmark = [pytest.mark.stack, pytest.mark.asyncio(loop_scope="module")]

WORKER = "93051822361"
LONG_AGO = datetime(1999, 6, 1, tzinfo=UTC)  #: before the authorizations of the demo begin
_FILE = "/inscriptions/file-1"
_NEXT_VERSION = """
INSERT INTO access.institution_authorization (authorization_id, version, institution_id, recipient_class,
    legal_basis, purpose, fields, all_workers, all_workers_basis, begins_at, country, contact, granted_by,
    confirmed_by)
SELECT CASE WHEN a.ended_at IS NULL THEN a.authorization_id ELSE $2 END, a.version + 1, a.institution_id,
    a.recipient_class, a.legal_basis, a.purpose, $3, $4::text IS NOT NULL, $4, $5, a.country, a.contact,
    'operator:a', 'operator:b'
FROM access.institution_authorization a WHERE a.institution_id = $1 ORDER BY a.place DESC LIMIT 1"""
_END = """UPDATE access.institution_authorization SET ended_by = 'operator:a', end_reason = 'test'
WHERE institution_id = $1 AND ended_at IS NULL"""
_NARROW = ["relation", "version", "periodId", "status"]


@pytest.fixture(scope="module")
def own(stack: Stack) -> Iterator[Endpoints]:
    """Serve a deployment of its own: the feed, and the directory, which has the keys of tokens."""
    with serving(stack, "repeated", ("access", "feed")) as endpoints:
        yield endpoints


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def owner(own: Endpoints) -> AsyncIterator[Database]:
    connection = await asyncpg.connect(own.postgres_dsn)
    yield connection
    await connection.close()


@dataclass(frozen=True)
class Item:
    """An item of `GET /disclosures`: its facts, and its events byte for byte; None without events."""

    facts: dict[str, Any]
    events: list[str] | None

    @classmethod
    def of(cls, text: str) -> Item:
        facts, mark = json.loads(text), ', "events": ['
        if "events" not in facts:
            return cls(facts, None)
        return cls(facts, texts(text[text.index(mark) + len(mark) - 1 :].encode()))


def day_of(own: Endpoints) -> list[Item]:
    """Return all items of today but the repeats, page by page."""
    found, after = list[Item](), 0
    while True:
        answer = get(own, f"/disclosures?day={local_date(datetime.now(UTC))}&after={after}")
        assert answer.status == 200, answer.body
        found += map(Item.of, texts(answer.body[answer.body.index(b"[") :]))
        following = answer.json().get("next")
        if following is None:
            return [item for item in found if item.facts["way"] != "repeat"]
        after = following


def snapshot(own: Endpoints) -> list[list[str]]:
    """Return the states of each page of a snapshot that has one, byte for byte."""
    pages, after = list[list[str]](), ""
    while True:
        answer = get(own, f"/snapshot{after}")
        assert answer.status == 200, answer.body
        if page := texts(answer.body[answer.body.index(b"[") :]):
            pages.append(page)
        if "next" not in answer.json():
            return pages
        after = f"?after={answer.json()['next']}"


async def from_queue(own: Endpoints, most: int) -> list[str]:
    """Take messages from the queue of the reader until it has this many events; return these."""
    found = list[str]()
    name = institution_queue(READER)
    url = own.document()["institutions"][READER]["amqp_url"]
    async with await connected(url) as connection, asyncio.timeout(60):
        queue = await (await connection.channel()).get_queue(name, ensure=False)
        while len(found) < most:
            message = await queue.get(no_ack=True, fail=False)
            if message is None:
                await asyncio.sleep(0.1)
            else:
                body = message.body
                whole = texts(body) if body.startswith(b"[") else [body.decode()]
                found += [text for text in whole if json.loads(text)["type"] != HEARTBEAT]
    return found


async def authorize(
    owner: Database, fields: list[str], begins_at: datetime, basis: str | None = "law"
) -> None:
    """Put the next version for the reader in force: of a new authorization, if the last one was ended."""
    await owner.execute(_NEXT_VERSION, READER, uuid4(), fields, basis, begins_at)


async def put(own: Endpoints, path: str, ssin: str) -> None:
    """Inscribe a worker."""
    body = {"ssin": ssin, "capacity": "insured", "beginsOn": "2020-01-01"}
    answer = await asyncio.to_thread(
        ask, f"{own.api_url('feed')}{path}", "PUT", of_institution(own, READER), body
    )
    assert answer.status == 204


async def delete(own: Endpoints, path: str) -> None:
    """Delete an inscription."""
    answer = await asyncio.to_thread(
        ask, f"{own.api_url('feed')}{path}", "DELETE", of_institution(own, READER)
    )
    assert answer.status == 204


def ways(items: list[Item], *names: str) -> list[list[str]]:
    """Return the events of the items of these ways."""
    found = [item for item in items if item.facts["way"] in names]
    assert all(item.events is not None for item in found), found
    return [item.events or [] for item in found]


async def last_pull(own: Endpoints) -> Item:
    """Return the last page of `GET /events` of today."""
    items = await asyncio.to_thread(day_of, own)
    return [item for item in items if item.facts["way"] == "pull"][-1]


async def until_sent(owner: Database) -> None:
    """Wait until the queue has all that is in the log: no delivery and no state waits."""
    query = """SELECT (SELECT count(*) FROM feed.deliveries WHERE lane = $2)
        + (SELECT count(*) FROM feed.states_due WHERE institution_id = $1)
        + (SELECT count(*) FROM feed.positions WHERE institution_id = $1 AND states_after IS NOT NULL)"""
    async with asyncio.timeout(30):
        while await owner.fetchval(query, READER, institution_queue(READER)):  # noqa: ASYNC110 - of a process
            await asyncio.sleep(0.1)


async def test_a_day_equals_the_record_of_the_reader(own: Endpoints, owner: Database) -> None:
    """Pages, batches, states and snapshots, byte for byte, also after the reader may no longer see them.

    A state may be of before the authorization, and the inscription and the fields of that time may be gone.
    """
    await write_events(owner, 2, WORKER, at=LONG_AGO, period=7)
    new = await write_events(owner, 5)
    await put(own, _FILE, WORKER)
    pages = await asyncio.to_thread(pulled, own, 2)
    states = await asyncio.to_thread(snapshot, own)
    await until_pushed(owner, new)
    queue = await from_queue(own, len(new) + 1)
    assert [json.loads(text)["data"]["periodId"] for page in states for text in page] == [7, 1]
    assert sorted(json.loads(text)["data"]["periodId"] for text in queue) == [1] * 5 + [7]

    async def agrees() -> None:
        items = await asyncio.to_thread(day_of, own)
        assert ways(items, "pull") == pages
        assert ways(items, "snapshot") == states
        assert [text for part in ways(items, "push", "state") for text in part] == queue
        assert all(
            item.facts["digest"] == digest_of(item.events or ()).hex()
            and item.facts["count"] == len(item.events or ())
            for item in items
        )

    await agrees()
    await delete(own, _FILE)
    await authorize(owner, _NARROW, datetime.now(UTC), basis=None)
    await agrees()
    await owner.execute(_END, READER)
    day = f"/disclosures?day={local_date(datetime.now(UTC))}"
    refused = await asyncio.to_thread(get, own, day)
    assert (refused.status, b"specversion" in refused.body) == (403, False)
    await authorize(owner, _NARROW, datetime.now(UTC))
    assert await asyncio.to_thread(pulled, own, 100) == []
    await agrees()


async def test_disclosures_about_a_worker_are_found(own: Endpoints, owner: Database) -> None:
    """By the institution, with the events of this worker only; by the worker and agents as looks.

    By each way, and under each number of the worker.
    """
    worker, former = "85010112387", "29111114418"
    ids = await write_events(owner, 1, former, period=3)
    ids += await write_events(owner, 1, worker, period=3)
    ids += await write_events(owner, 1)
    await put(own, "/inscriptions/file-2", worker)
    await until_pushed(owner, ids)
    await until_sent(owner)
    await asyncio.to_thread(pulled, own, 100)
    await asyncio.to_thread(snapshot, own)
    await owner.execute("INSERT INTO personnel_file.former_numbers VALUES ($1, $2, '{}', 1)", former, worker)
    answers = [
        await asyncio.to_thread(
            ask,
            f"{own.api_url('feed')}/disclosures/search",
            "POST",
            of_institution(own, READER),
            {"ssin": number},
        )
        for number in (worker, former)
    ]
    for answer in answers:
        assert answer.status == 200, answer.body
        items = [Item.of(text) for text in texts(answer.body[answer.body.index(b"[") :])]
        assert {item.facts["way"] for item in items} >= {"push", "pull", "snapshot", "state"}
        for item in items:
            found = [json.loads(text) for text in item.events or ()]
            assert {event["data"]["periodId"] for event in found} <= {3}
            assert (item.facts["way"] == "repeat") == (not found)
        pushed = [item.events or [] for item in items if item.facts["way"] == "push"]
        assert [json.loads(text)["id"] for part in pushed for text in part] == ids[:2]
    codes = await owner.fetch(
        """SELECT DISTINCT unnest(d.workers) AS code FROM feed.disclosures d
        JOIN personnel_file.feed f ON d.events = ARRAY[f.id] WHERE f.ssin = ANY($1)""",
        [worker, former],
    )
    looks = await owner.fetch(
        "SELECT DISTINCT operation FROM feed.looks_at_person($1, platform.now(), 200)",
        [row["code"] for row in codes],
    )
    assert {row["operation"] for row in looks} >= {"push", "pull", "snapshot", "state"}
    await owner.execute("DELETE FROM personnel_file.former_numbers")
    await delete(own, "/inscriptions/file-2")
    await owner.execute("DELETE FROM personnel_file.feed WHERE ssin = ANY($1)", [worker, former])


async def test_a_repeat_lacks_only_events_that_were_removed(own: Endpoints, owner: Database) -> None:
    """An event that was removed after its term is counted; a changed event is not given as sent."""
    await write_events(owner, 3)
    (page,) = await asyncio.to_thread(pulled, own, 100)
    ids = [json.loads(text)["id"] for text in page]
    await owner.execute("DELETE FROM personnel_file.feed WHERE event_id = $1::uuid", ids[1])
    item = await last_pull(own)
    kept = [text for place, text in enumerate(page) if place != 1]
    assert (item.events, item.facts["removed"], item.facts["count"]) == (kept, 1, len(page))
    (page,) = await asyncio.to_thread(pulled, own, 100)
    await owner.execute(
        "UPDATE personnel_file.feed SET data = replace(data, 'OPEN', 'CLOSED') WHERE event_id = $1::uuid",
        ids[2],
    )
    item = await last_pull(own)
    assert (item.events, item.facts["count"]) == (None, len(page))
    await owner.execute("DELETE FROM personnel_file.feed WHERE event_id = $1::uuid", ids[2])


async def test_a_new_authorization_begins_with_the_first_event_since_its_begin(
    own: Endpoints, owner: Database
) -> None:
    """By push and by pull: also the events that were purged, and those of the time between.

    The states of inscribed workers come again, too. Fields are those of the version that counted then.
    """
    await owner.execute(_END, READER)
    await owner.execute("DELETE FROM personnel_file.feed")
    begin = datetime.now(UTC) - timedelta(days=3)
    await write_events(owner, 1, at=begin - timedelta(hours=1))
    old = await write_events(owner, 1, WORKER, at=begin + timedelta(hours=1), period=2)
    await authorize(owner, ["worker", *_NARROW], datetime.now(UTC))
    await put(own, _FILE, WORKER)
    purged = await write_events(owner, 2)
    await until_pushed(owner, purged)
    await until_sent(owner)
    await owner.execute(_END, READER)
    between = await write_events(owner, 2)
    name = institution_queue(READER)
    async with await connected(own.amqp_url("operator", own.deployment.vhost_of(name))) as connection:
        queue = await (await connection.channel()).get_queue(name, ensure=False)
        await queue.purge()  # as the provisioner does
    refused = await asyncio.to_thread(get, own, "/events")
    assert refused.status == 403
    await authorize(owner, [*_NARROW, "employer"], begin)
    after = await write_events(owner, 1)
    expected = [*old, *purged, *between, *after]
    queued = [json.loads(text) for text in await from_queue(own, len(expected) + 1)]
    events = [event for event in queued if event["type"] == OPENED]
    assert [event["id"] for event in events] == expected
    assert [event["data"]["periodId"] for event in queued if event["type"] == STATE] == [2]
    (page,) = await asyncio.to_thread(pulled, own, 100)
    assert [json.loads(text) for text in page] == events
    # `old` is of the time of the authorization of the demo, which names the worker, too.
    assert [event["id"] for event in events if "worker" in event["data"]] == [*old, *purged]
