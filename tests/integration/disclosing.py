"""The log of disclosures on a running feed: events, requests and answers, for tests."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

from deploy.local.deployment import Endpoints
from services.feed.disclosure.handler import check_chain
from services.feed.disclosure.rules import Break, Fault
from tests.asgi import Answer
from tests.tokens import of_institution
from tests.web import ask

NISS = "90021999251"
OPENED = "be.nsso.dimona.v1.periods.notify.opened"
READER, OTHER = "onem", "onva"
Database = Any  # asyncpg-stubs make it generic, asyncpg does not


async def write_events(
    owner: Database, count: int, ssin: str = NISS, *, at: datetime | None = None, period: int = 1
) -> list[str]:
    """Write events of one period, each in its own transaction, and return their ids in order.

    Wait until all are visible: an event is hidden as long as any older transaction of the server runs.
    """
    ids = [uuid4() for _ in range(count)]
    for place, id_ in enumerate(ids):
        state = {
            "relation": {"id": 1}, "version": place, "periodId": period, "worker": {"ssin": ssin},
            "status": "OPEN",
        }  # fmt: skip
        await owner.execute(
            """INSERT INTO personnel_file.feed (event_id, type, data, occurred_at, ssin)
            VALUES ($1, $2, $3, $4, $5)""",
            id_, OPENED, json.dumps(state), at or datetime.now(UTC), ssin,
        )  # fmt: skip
    hidden = """SELECT count(*) FROM personnel_file.feed
        WHERE event_id = ANY($1::uuid[]) AND xid >= pg_snapshot_xmin(pg_current_snapshot())"""
    async with asyncio.timeout(30):
        while await owner.fetchval(hidden, ids):  # noqa: ASYNC110 - only the server knows
            await asyncio.sleep(0.02)
    return [str(id_) for id_ in ids]


def get(own: Endpoints, path: str, institution: str = READER) -> Answer:
    """Ask the feed with the token of an institution."""
    return ask(f"{own.api_url('feed')}{path}", "GET", of_institution(own, institution))


def texts(items: bytes) -> list[str]:
    """Return the events of the array that follows `[` in a text, byte for byte."""
    text, decoder, found = items.decode(), json.JSONDecoder(), []
    place = 1
    while text[place] != "]":
        end = decoder.raw_decode(text, place)[1]
        found.append(text[place:end])
        place = end + (2 if text[end] == "," else 0)
    return found


def pulled(own: Endpoints, limit: int, institution: str = READER) -> list[list[str]]:
    """Read the feed from its begin, and return the events of each page, byte for byte."""
    pages, after = list[list[str]](), ""
    while True:
        answer = get(own, f"/events?limit={limit}{after}", institution)
        assert answer.status == 200, answer.body
        page = texts(answer.body[answer.body.index(b"[") :])
        if page:
            pages.append(page)
        if not answer.json()["more"]:
            return pages
        after = f"&after={answer.json()['cursor']}"


async def until_pushed(owner: Database, ids: list[str], institution: str = READER) -> None:
    """Wait until the log says that these events were pushed."""
    query = """SELECT count(*) FROM feed.disclosures d, unnest(d.events) AS e
        JOIN personnel_file.feed f ON f.id = e
        WHERE d.way = 'push' AND d.institution_id = $2 AND f.event_id = ANY($1::uuid[])"""
    async with asyncio.timeout(30):
        while await owner.fetchval(query, ids, institution) < len(ids):  # noqa: ASYNC110 - of a process
            await asyncio.sleep(0.1)


@asynccontextmanager
async def unwritable(owner: Database) -> AsyncIterator[None]:
    """Take from the feed the right to add rows to the log, inside the context."""
    await owner.execute("REVOKE INSERT ON feed.disclosures FROM dimona_feed")
    try:
        yield
    finally:
        await owner.execute("GRANT INSERT ON feed.disclosures TO dimona_feed")


#: Name of a change → the statement, with the institution as $1. Its chain has at least five rows.
CHANGES: Final = {
    "changed": "UPDATE feed.disclosures SET version = version + 1 WHERE institution_id = $1 AND seq = 3",
    "removed": "DELETE FROM feed.disclosures WHERE institution_id = $1 AND seq = 3",
    "reordered": """UPDATE feed.disclosures SET seq = CASE seq WHEN 3 THEN 4 ELSE 3 END
        WHERE institution_id = $1 AND seq IN (3, 4)""",
    "cut off": """DELETE FROM feed.disclosures WHERE institution_id = $1
        AND seq = (SELECT max(seq) FROM feed.disclosures WHERE institution_id = $1)""",
}


async def breaks_after(owner: Database, institution: str, change: str) -> set[Fault]:
    """Anchor the chain of an institution, change it, check it, and undo the change. Return the faults found.

    Fail if the chain had a fault before, or if the change concerned no row.
    """
    transaction = owner.transaction()
    await transaction.start()
    try:
        head, whole = await check_chain(owner, institution, whole=True)
        assert list(whole) == list[Break]()
        await owner.execute("SELECT feed.anchor_disclosures($1, $2, $3)", institution, head.seq, head.hash)
        done = await owner.execute(CHANGES[change], institution)
        assert done not in ("UPDATE 0", "DELETE 0")
        _, found = await check_chain(owner, institution, whole=True)
    finally:
        await transaction.rollback()
    return {each.fault for each in found}
