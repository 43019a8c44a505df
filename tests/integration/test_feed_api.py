"""The API of the feed: inscriptions, the state of their workers, snapshots, and the pages of events."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import pytest
import pytest_asyncio

from deploy.local.stack import Stack
from services.feed.api import app
from services.feed.event.rules import STATE
from services.feed.pushing.store import take_states
from services.feed.settings import FeedSettings
from shared.runtime.database import Transaction, open_pool
from shared.runtime.outgoing import OutgoingTable
from shared.runtime.stage import Gate, Stage
from shared.topology import Deployment
from tests.asgi import Answer, call
from tests.integration.feeding import DAY, FORMER, NISS, NOW, OTHER, Rules

pytestmark = [pytest.mark.stack, pytest.mark.asyncio(loop_scope="module")]

BRUSSELS = ZoneInfo("Europe/Brussels")
_FILE = "/inscriptions/file-1"


class Api:
    """The API of the feed, and the connections to its database."""

    def __init__(self, face: Any, rules: Rules) -> None:
        self._face, self.rules = face, rules

    async def ask(self, method: str, path: str, token: str, body: bytes | Any = b"") -> Answer:
        """Send a request with the token of an institution."""
        return await call(self._face, method, path, {"authorization": f"Bearer {token}"}, body)

    async def read(self, path: str, token: str) -> dict[str, Any]:
        """Return the document of a successful request."""
        answer = await self.ask("GET", path, token)
        assert answer.status == 200, answer.body
        found: dict[str, Any] = answer.json()
        return found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served(stack: Stack) -> AsyncIterator[Api]:
    """Make the API over a database of its own."""
    endpoints = await asyncio.to_thread(stack.provision, Deployment("feedapi"), "feedapi")
    settings = FeedSettings(
        database_dsn=endpoints.dsns["feed"], amqp_url="x://nowhere", key="00" * 32, most_inscriptions=3
    )
    rules = Rules(
        await asyncpg.connect(endpoints.postgres_dsn), await asyncpg.connect(endpoints.dsns["feed"])
    )
    async with await open_pool(endpoints.dsns["feed"], "feed", part=".api") as pool:
        nothing: OutgoingTable = None  # type: ignore[assignment] # no request sends a message
        face = app(settings, Stage("feed", endpoints.dsns["feed"], pool, nothing, nothing, {}, Gate()))
        yield Api(face, rules)
    await rules.owner.close()
    await rules.feed.close()


@pytest_asyncio.fixture(loop_scope="module")
async def api(served: Api) -> AsyncIterator[Api]:
    """Yield the API; the feed is empty."""
    await served.rules.owner.execute("DELETE FROM personnel_file.feed; DELETE FROM feed.inscriptions")
    yield served


def inscription(ssin: str = NISS, **more: str) -> dict[str, str]:
    return {"ssin": ssin, "capacity": "insured", "beginsOn": str(NOW.date() - 5 * DAY), **more}


def lines(*rows: dict[str, str]) -> bytes:
    return b"\n".join(json.dumps(row).encode() for row in rows)


def periods(document: dict[str, Any]) -> list[tuple[str, int, int]]:
    """Return worker, period and version of each event."""
    found = [event["data"] for event in document["items"]]
    return [(data["worker"]["ssin"], data["periodId"], data["version"]) for data in found]


async def test_an_inscribed_worker_is_read_and_no_other(api: Api) -> None:
    name = await api.rules.authorized(all_workers=False)
    await api.rules.event()
    await api.rules.event(OTHER)
    assert (await api.read("/events", name))["items"] == []
    for _ in range(2):
        assert (await api.ask("PUT", _FILE, name, inscription())).status == 204
    assert periods(await api.read("/events", name)) == [(NISS, 1, 1)]
    assert await api.read("/inscriptions", name) == {"items": [{"reference": "file-1", **inscription()}]}
    assert [(await api.ask("DELETE", _FILE, name)).status for _ in range(2)] == [204, 404]
    assert (await api.read("/events", name))["items"] == []


async def test_a_wrong_inscription_changes_nothing(api: Api) -> None:
    """A number of a person is no reference; a wrong line of a file is named, and no line counts."""
    name = await api.rules.authorized(all_workers=False)
    wrong = (
        inscription("90021999252"), inscription(endsOn="2000-01-01"), inscription(more="-"),
        inscription() | {"capacity": ""},
    )  # fmt: skip
    for body in wrong:
        assert (await api.ask("PUT", _FILE, name, body)).status == 400
    for reference in (NISS, f"N{NISS}", "R-90.02.19-992.51"):
        assert (await api.ask("PUT", f"/inscriptions/{reference}", name, inscription())).status == 400
    part = lines({"reference": "a", **inscription()}, {"reference": "b", **wrong[0]})
    answer = await api.ask("POST", "/inscriptions", name, part)
    assert (answer.status, "Line 2" in answer.json()["detail"]) == (400, True)
    assert await api.read("/inscriptions", name) == {"items": []}


async def test_a_part_of_a_file_that_comes_twice_has_no_second_effect(api: Api) -> None:
    name = await api.rules.authorized(all_workers=False)
    rows = [{"reference": f"file-{n}", **inscription(ssin)} for n, ssin in enumerate((NISS, OTHER))]
    for changed in (2, 0):
        answer = await api.ask("POST", "/inscriptions", name, lines(*rows))
        assert (answer.status, answer.json()) == (200, {"changed": changed})
    rows[1]["endsOn"] = str(NOW.date())
    assert (await api.ask("POST", "/inscriptions", name, lines(*rows))).json() == {"changed": 1}
    due = "SELECT count(*) FROM feed.states_due WHERE institution_id = $1"
    assert await api.rules.owner.fetchval(due, name) == 2


async def test_a_second_inscription_does_not_move_the_state_of_the_first(api: Api) -> None:
    """The state comes on the first day of each inscription."""
    name, first = await api.rules.authorized(all_workers=False), NOW.date() - DAY
    for reference, day in (("a", first), ("b", first + 9 * DAY)):
        body = inscription(beginsOn=str(day))
        assert (await api.ask("PUT", f"/inscriptions/{reference}", name, body)).status == 204
    due = "SELECT due_on FROM feed.states_due WHERE institution_id = $1 ORDER BY due_on"
    assert [row["due_on"] for row in await api.rules.owner.fetch(due, name)] == [first, first + 9 * DAY]
    async with api.rules.feed.transaction():
        await api.rules.feed.execute("SET LOCAL search_path TO feed, platform")
        assert await take_states(Transaction(api.rules.feed, NOW), name, 64) == [NISS]
    assert [row["due_on"] for row in await api.rules.owner.fetch(due, name)] == [first + 9 * DAY]


async def test_every_change_of_an_inscription_stays(api: Api) -> None:
    """The service cannot change this history, and the person sees it."""
    name = await api.rules.authorized(all_workers=False)
    for body in (inscription(), inscription(), inscription(endsOn=str(NOW.date()))):
        assert (await api.ask("PUT", _FILE, name, body)).status == 204
    assert (await api.ask("DELETE", _FILE, name)).status == 204
    rows = await api.rules.owner.fetch(
        "SELECT change, ends_on FROM feed.inscription_history WHERE institution_id = $1 ORDER BY place", name
    )
    today = NOW.date()
    assert [tuple(row) for row in rows] == [("added", None), ("changed", today), ("deleted", today)]
    shown = await api.rules.owner.fetch(
        "SELECT item FROM feed.data_of_person($1, '{}', '{}') WHERE place = 'feed.inscription_history'",
        [NISS],
    )
    changes = [each["change"] for row in shown if (each := json.loads(row["item"]))["institution"] == name]
    assert sorted(changes) == ["added", "changed", "deleted"]
    for table in ("inscription_history", "inscription_counts"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await api.rules.feed.execute(f"DELETE FROM feed.{table}")  # noqa: S608 - our own names


async def test_an_institution_has_a_limited_number_of_inscriptions(api: Api) -> None:
    """At the limit it can change and delete them; a file beyond the limit changes nothing."""
    name = await api.rules.authorized(all_workers=False)
    rows = [{"reference": f"file-{letter}", **inscription()} for letter in "abcd"]
    assert (await api.ask("POST", "/inscriptions", name, lines(*rows[:2]))).json() == {"changed": 2}
    answer = await api.ask("POST", "/inscriptions", name, lines(*rows[2:]))
    assert (answer.status, answer.json()["title"]) == (409, "Conflict")
    assert len((await api.read("/inscriptions", name))["items"]) == 2
    assert (await api.ask("PUT", "/inscriptions/file-c", name, inscription())).status == 204
    assert (await api.ask("PUT", "/inscriptions/file-d", name, inscription())).status == 409
    assert (await api.ask("PUT", "/inscriptions/file-c", name, inscription(OTHER))).status == 204
    assert (await api.ask("DELETE", "/inscriptions/file-a", name)).status == 204
    assert (await api.ask("PUT", "/inscriptions/file-d", name, inscription())).status == 204


async def test_an_institution_without_authorization_reads_nothing(api: Api) -> None:
    """403 for each operation, and 401 without the token of an institution."""
    name = await api.rules.institution()
    await api.rules.event()
    requests = (
        ("GET", "/events", b""), ("GET", "/events/days/2026-01-01", b""), ("GET", "/snapshot", b""),
        ("GET", "/inscriptions", b""),
        ("PUT", _FILE, inscription()), ("DELETE", _FILE, b""), ("POST", "/inscriptions", lines()),
    )  # fmt: skip
    for method, path, body in requests:
        assert (await api.ask(method, path, name, body)).status == 403
        assert (await api.ask(method, path, "unknown", body)).status == 401


async def test_a_snapshot_has_the_last_state_of_each_period(api: Api) -> None:
    """Of all workers, or of those with an inscription of today; also under a former number."""
    every = await api.rules.authorized()
    some, ended = [await api.rules.authorized(all_workers=False) for _ in range(2)]
    for period, version in ((1, 1), (2, 2), (1, 3)):
        await api.rules.event(FORMER, period=period, version=version, at=NOW - 20 * DAY)
    await api.rules.event(OTHER, period=3)
    await api.rules.inscribe(some, NISS, NOW.date() - DAY)
    await api.rules.inscribe(ended, OTHER, NOW.date() - 9 * DAY, NOW.date() - 2 * DAY)
    await api.rules.owner.execute(
        "INSERT INTO personnel_file.former_numbers VALUES ($1, $2, '{}', 1)", FORMER, NISS
    )
    try:
        whole = await api.read("/snapshot", every)
        assert {event["type"] for event in whole["items"]} == {STATE}
        assert sorted(periods(whole)) == [(FORMER, 1, 3), (FORMER, 2, 2), (OTHER, 3, 1)]
        assert sorted(periods(await api.read("/snapshot", some))) == [(FORMER, 1, 3), (FORMER, 2, 2)]
        assert periods(await api.read("/snapshot", ended)) == []
    finally:
        await api.rules.owner.execute("DELETE FROM personnel_file.former_numbers")


async def test_snapshot_and_tail_have_every_period(api: Api) -> None:
    """Also the ones that change between two pages. A page can be read again, by its institution only."""
    name, other = await api.rules.authorized(), await api.rules.authorized()
    workers = [f"{number:011}" for number in range(1, 121)]
    for period, ssin in enumerate(workers):
        await api.rules.event(ssin, period=period)
    latest, after = dict.fromkeys(range(120), 1), ""
    found: dict[int, int] = {}
    first = await api.read("/snapshot", name)
    for _ in range(3):
        document = await api.read(f"/snapshot{after}", name)
        found |= {period: version for _, period, version in periods(document)}
        for period in (0, 60, 119):
            latest[period] += 1
            await api.rules.event(workers[period], period=period, version=latest[period])
        if "next" in document:
            after = f"?after={document['next']}"
            assert (await api.ask("GET", f"/snapshot{after}", other)).status == 400
    assert "next" not in document
    assert found != latest
    tail = await api.read(f"/events?limit=1000&after={first['cursor']}", name)
    for _, period, version in periods(tail):
        found[period] = max(version, found[period])
    assert found == latest


async def test_pages_go_on_over_events_that_are_not_seen(api: Api) -> None:
    """A page reads a bounded part of the feed; its cursor goes on, and `more` tells that there is more."""
    name = await api.rules.authorized(all_workers=False)
    await api.rules.owner.execute(
        """INSERT INTO personnel_file.feed (event_id, type, data, occurred_at, ssin)
        SELECT gen_random_uuid(), 'test', '{}', $1, $2 FROM generate_series(1, 2500)""",
        NOW, OTHER,
    )  # fmt: skip
    await api.rules.event()
    await api.rules.inscribe(name, NISS, NOW.date() - timedelta(days=1))
    first = await api.read("/events", name)
    assert (first["items"], first["more"]) == ([], True)
    second = await api.read(f"/events?after={first['cursor']}", name)
    assert (periods(second), second["more"]) == ([(NISS, 1, 1)], False)
    third = await api.read(f"/events?after={second['cursor']}", name)
    assert (third["items"], third["cursor"]) == ([], second["cursor"])


async def test_each_page_is_in_the_log_and_no_page_comes_without_it(api: Api) -> None:
    """A log that takes no row gives 503, and no event."""
    name = await api.rules.authorized()
    await api.rules.event()
    pages = [await api.read(path, name) for path in ("/events", "/snapshot")]
    rows = await api.rules.owner.fetch(
        """SELECT way, cardinality(events) AS n, digest FROM feed.disclosures
        WHERE institution_id = $1 ORDER BY seq""",
        name,
    )
    assert [(row["way"], row["n"]) for row in rows] == [("pull", 1), ("snapshot", 1)]
    texts = [(await api.ask("GET", path, name)).body for path in ("/events", "/snapshot")]
    for page, text, row in zip(pages, texts, rows, strict=True):
        (event,) = page["items"]
        body = text[text.index(b'{"specversion"') : text.index(b"}], ") + 1]
        assert json.loads(body) == event
        assert hashlib.sha256(body + b"\n").digest() == row["digest"]
    await api.rules.owner.execute("REVOKE INSERT ON feed.disclosures FROM dimona_feed")
    try:
        answers = [await api.ask("GET", path, name) for path in ("/events", "/snapshot")]
    finally:
        await api.rules.owner.execute("GRANT INSERT ON feed.disclosures TO dimona_feed")
    assert [answer.status for answer in answers] == [503, 503]
    assert not any(NISS.encode() in answer.body for answer in answers)


async def test_a_missing_event_changes_the_digest_of_its_day(api: Api) -> None:
    """A reader finds the digest of its own events, until one of them is missing."""
    name, some = await api.rules.authorized(), await api.rules.authorized(all_workers=False)
    noon = datetime(NOW.year, NOW.month, NOW.day, 11, tzinfo=UTC) - 2 * DAY
    ids = {await api.rules.event(at=noon) for _ in range(5)}
    await api.rules.event(at=noon - DAY)
    path = f"/events/days/{noon.date()}"
    told = await api.read(path, name)
    assert told == {"day": str(noon.date()), "events": 5, "digest": digest(ids), "complete": True}
    assert told["digest"] != digest(ids - {ids.pop()})
    assert (await api.read(path, some))["events"] == 0
    today = await api.read(f"/events/days/{NOW.astimezone(BRUSSELS).date()}", name)
    assert (today["events"], today["digest"], today["complete"]) == (0, digest(()), False)


def digest(ids: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(sorted(ids)).encode()).hexdigest()
