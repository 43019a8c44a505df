"""The log of disclosures on a running feed: no row, no data; every change of a row is found."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from typer.testing import CliRunner

from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from services.cli.main import commands
from services.contact.report.store import load_institutions
from services.feed.disclosure.handler import anchor_chains, check_chain
from services.feed.disclosure.rules import EMPTY, Fault, Way, digest_of
from services.feed.disclosure.store import load_chain
from shared.domain.calendar import local_date
from shared.runtime.database import Lock, Transaction
from shared.topology import institution_queue
from tests.integration.disclosing import (
    CHANGES,
    NISS,
    OTHER,
    READER,
    Database,
    breaks_after,
    get,
    pulled,
    until_pushed,
    unwritable,
    write_events,
)
from tests.serving import serving

pytestmark = [pytest.mark.stack, pytest.mark.asyncio(loop_scope="module")]


@pytest.fixture(scope="module")
def own(stack: Stack) -> Iterator[Endpoints]:
    """Serve a deployment of its own, with the feed and the issuer of tokens."""
    with serving(stack, "disclosed", ("access", "feed")) as endpoints:
        yield endpoints


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def owner(own: Endpoints) -> AsyncIterator[Database]:
    connection = await asyncpg.connect(own.postgres_dsn)
    yield connection
    await connection.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def feed(own: Endpoints) -> AsyncIterator[Database]:
    connection = await asyncpg.connect(own.dsns["feed"])
    yield connection
    await connection.close()


async def rows_of(owner: Database, way: Way, institution: str = READER) -> list[Any]:
    query = """SELECT seq, events, digest FROM feed.disclosures WHERE institution_id = $1 AND way = $2
        ORDER BY seq"""
    found: list[Any] = await owner.fetch(query, institution, way)
    return found


async def test_the_events_of_a_day_equal_those_that_were_read(own: Endpoints, owner: Database) -> None:
    """Byte for byte, page by page; and the pushed events have equal digests."""
    ids = await write_events(owner, 7)
    pages = await asyncio.to_thread(pulled, own, 3)
    read = [text for page in pages for text in page]
    assert [json.loads(text)["id"] for text in read][-7:] == ids
    answer = get(own, f"/disclosures?day={local_date(datetime.now(UTC))}")
    assert answer.status == 200, answer.body
    rows = [row for row in answer.json()["items"] if row["way"] == "pull"]
    assert [row["count"] for row in rows] == [len(page) for page in pages]
    assert [row["digest"] for row in rows] == [digest_of(page).hex() for page in pages]
    body = answer.body.decode()
    assert all(text in body for text in read)
    assert [[json.dumps(event) for event in row["events"]] for row in rows] == pages
    await until_pushed(owner, ids)
    pushed = [row for row in await rows_of(owner, Way.PUSH) if len(row["events"]) == 7]
    assert all(row["digest"] == digest_of(read[-7:]) for row in pushed)
    again = get(own, f"/disclosures?day={local_date(datetime.now(UTC))}").json()["items"]
    repeats = [row for row in again if row["way"] == "repeat"]
    assert repeats
    assert all("events" not in row for row in repeats)
    assert get(own, "/disclosures?day=2020-02-30").status == 400
    assert get(own, "/disclosures?day=2020-02-03").json() == {"items": []}


async def test_without_a_row_nothing_is_sent(own: Endpoints, owner: Database) -> None:
    """A request is answered with 503 and without an event; events and states to push stay where they are."""
    position = "SELECT xid::text, id FROM feed.positions WHERE institution_id = $1"
    waiting = "SELECT count(*) FROM feed.deliveries WHERE lane = $1"
    due = "SELECT count(*) FROM feed.states_due WHERE institution_id = $1"
    lane = institution_queue(READER)
    await until_pushed(owner, await write_events(owner, 1))
    states = len(await rows_of(owner, Way.STATE))
    async with unwritable(owner):
        before = await owner.fetchrow(position, READER)
        ids = await write_events(owner, 2)
        await owner.execute(
            "INSERT INTO feed.states_due VALUES ($1, $2, $3)", READER, NISS, local_date(datetime.now(UTC))
        )
        day = f"/disclosures?day={local_date(datetime.now(UTC))}"
        for path in ("/events?limit=1000", "/snapshot", day):
            answer = await asyncio.to_thread(get, own, path)
            assert (answer.status, b"specversion" in answer.body) == (503, False), path
        await asyncio.sleep(0.5)  # ten turns of the push
        assert await owner.fetchrow(position, READER) == before
        assert await owner.fetchval(waiting, lane) == 0
        assert await owner.fetchval(due, READER) == 1
        assert len(await rows_of(owner, Way.STATE)) == states
    await until_pushed(owner, ids)
    async with asyncio.timeout(30):
        while len(await rows_of(owner, Way.STATE)) == states:  # noqa: ASYNC110 - of a process
            await asyncio.sleep(0.1)


async def test_concurrent_readers_of_one_institution_make_one_chain(
    own: Endpoints, owner: Database, feed: Database
) -> None:
    await write_events(owner, 3)
    before = len(await rows_of(owner, Way.PULL, OTHER))
    with ThreadPoolExecutor(8) as executor:
        answers = list(executor.map(lambda _: get(own, "/events?limit=2", OTHER), range(24)))
    served = sum(answer.status == 200 for answer in answers)
    assert served > 1
    assert len(await rows_of(owner, Way.PULL, OTHER)) == before + served
    head, found = await check_chain(feed, OTHER, whole=True)
    assert found == []
    assert head.seq == await owner.fetchval(
        "SELECT count(*) FROM feed.disclosures WHERE institution_id = $1", OTHER
    )


async def test_the_rows_about_a_worker_are_found_by_code(owner: Database) -> None:
    """One code for all institutions, and no number in the log."""
    worker = "93051822361"
    ids = await write_events(owner, 1, worker)
    for institution in (READER, OTHER):
        await until_pushed(owner, ids, institution)
    event = await owner.fetchval("SELECT id FROM personnel_file.feed WHERE event_id = $1::uuid", ids[0])
    query = "SELECT DISTINCT workers FROM feed.disclosures WHERE events = ARRAY[$1::bigint]"
    ((codes,),) = await owner.fetch(query, event)
    found = await owner.fetch("SELECT * FROM feed.looks_at_person($1, platform.now(), 50)", codes)
    assert {row["reader"] for row in found} == {READER, OTHER}
    assert {row["operation"] for row in found} >= {"push"}
    assert all(json.loads(row["subject"])["words"] for row in found), "the purpose of the authorization"
    assert worker not in repr(await owner.fetch("SELECT * FROM feed.disclosures"))


async def test_an_error_of_one_institution_does_not_stop_the_others(owner: Database, feed: Database) -> None:
    """The chain of the first one is locked, so that its transaction fails."""
    async with feed.transaction():
        await feed.execute("SELECT pg_advisory_xact_lock($1, hashtext($2))", Lock.DISCLOSURES, READER)
        ids = await write_events(owner, 1)
        await until_pushed(owner, ids, OTHER)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(until_pushed(owner, ids, READER), 0.5)
    await until_pushed(owner, ids, READER)


async def test_a_repeat_tells_no_institution_of_a_correction(own: Endpoints, owner: Database) -> None:
    """The person sees only the institutions that got an event after the correction of the error."""
    (before,) = await write_events(owner, 1, worker := "93051822361")
    for institution in (READER, OTHER):
        await until_pushed(owner, [before], institution)
    row = await owner.fetchrow(
        """SELECT d.seq, d.workers FROM feed.disclosures d JOIN personnel_file.feed f ON f.id = ANY(d.events)
        WHERE d.way = 'push' AND d.institution_id = $1 AND f.event_id = $2::uuid""",
        READER, before,
    )  # fmt: skip
    corrected_at = datetime.now(UTC)
    repeats = len(await rows_of(owner, Way.REPEAT))
    day = local_date(corrected_at)
    answer = await asyncio.to_thread(get, own, f"/disclosures?day={day}&after={row['seq'] - 1}")
    assert before.encode() in answer.body
    assert len(await rows_of(owner, Way.REPEAT)) == repeats + 1
    tx = Transaction(owner, corrected_at)
    found = await load_institutions(tx, row["workers"], corrected_at)
    assert [(name, since) for name, since, _ in found] == [(READER, None), (OTHER, None)]
    after = await write_events(owner, 1, worker)
    for institution in (READER, OTHER):
        await until_pushed(owner, after, institution)
    found = await load_institutions(tx, row["workers"], corrected_at)
    assert [name for name, since, _ in found if since] == [READER, OTHER]


#: Change of the log → a fault that the check finds.
_FAULTS = {
    "changed": Fault.CHANGED,
    "removed": Fault.MISSING,
    "reordered": Fault.ORDER,
    "cut off": Fault.ANCHOR,
}


@pytest.mark.parametrize("change", CHANGES)
async def test_every_change_of_the_log_is_found(
    own: Endpoints, owner: Database, feed: Database, change: str
) -> None:
    """The roles of services cannot make it; the owner can, and the check of all rows tells."""
    await until_pushed(owner, await write_events(owner, 1), OTHER)
    for _ in range(5):
        assert get(own, "/events?limit=1", OTHER).status == 200
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await feed.execute(CHANGES[change], OTHER)
    assert _FAULTS[change] in await breaks_after(owner, OTHER, change)


async def test_anchors_are_kept_once_and_a_broken_chain_gets_none(owner: Database, feed: Database) -> None:
    async with feed.transaction():
        await anchor_chains(Transaction(feed))
        await anchor_chains(Transaction(feed))
    query = "SELECT count(*) FROM feed.disclosure_anchors WHERE institution_id = $1"
    kept = await owner.fetchval(query, OTHER)
    assert kept >= 1
    rows = await load_chain(feed, OTHER, EMPTY)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await feed.execute("INSERT INTO feed.disclosure_anchors VALUES ('x', 1, '')")
    await owner.execute("SELECT feed.anchor_disclosures($1, 1, $2)", OTHER, bytes(32))
    assert await owner.fetchval(query, OTHER) == kept, "the hash is not that of the row"
    assert rows[0].previous == EMPTY.hash


async def test_an_officer_checks_and_lists_the_log(own: Endpoints, tmp_path: Path) -> None:
    file = tmp_path / "endpoints.json"
    file.write_text(json.dumps(own.document()))
    endpoints = ["--endpoints", str(file)]
    line = ["disclosures", "verify", *endpoints]
    done = await asyncio.to_thread(CliRunner().invoke, commands, line)
    assert (done.exit_code, "0 fault(s)" in done.stdout) == (0, True), done.output
    day = str(local_date(datetime.now(UTC)))
    line = ["disclosures", "show", READER, "--day", day, *endpoints]
    done = await asyncio.to_thread(CliRunner().invoke, commands, line)
    assert done.exit_code == 0, done.output
    assert "pull" in done.stdout
    assert NISS not in done.stdout
