"""The pages of the feed: snapshots, events and digests, each bounded, logged, and with its horizon."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from deploy.local.stack import Stack
from services.feed.event.rules import STATE
from services.feed.snapshot import api as snapshot
from services.ledger.commands import begin_epoch
from shared.domain.calendar import local_date
from tests.days import today
from tests.integration.feed_api import Api, periods, served
from tests.integration.feeding import DAY, FORMER, NISS, NOW, OPENED, OTHER, REGISTERED

pytestmark = [pytest.mark.stack, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def module_api(stack: Stack) -> AsyncIterator[Api]:
    """Make the API over a database of its own."""
    async with served(stack, "feedpages") as api:
        yield api


@pytest_asyncio.fixture(loop_scope="module")
async def api(module_api: Api) -> AsyncIterator[Api]:
    """Yield the API; the feed is empty."""
    await module_api.rules.owner.execute("DELETE FROM personnel_file.feed; DELETE FROM feed.inscriptions")
    yield module_api


async def test_a_snapshot_has_the_last_state_of_each_period(api: Api) -> None:
    """Of all workers, or of those with an inscription of today; also under a former number."""
    every = await api.rules.authorized()
    some, ended = [await api.rules.authorized(all_workers=False) for _ in range(2)]
    for period, version in ((1, 1), (2, 2), (1, 3)):
        await api.rules.event(FORMER, period=period, version=version, at=NOW - 20 * DAY)
    await api.rules.event(OTHER, period=3)
    await api.rules.inscribe(some, NISS, local_date(NOW) - DAY)
    await api.rules.inscribe(ended, OTHER, local_date(NOW) - 9 * DAY, local_date(NOW) - 2 * DAY)
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


async def test_a_page_of_a_very_large_worker_is_bounded_and_goes_on_inside_the_worker(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page has at most the bytes of its limit and one state; a period that changes is not lost."""
    name = await api.rules.authorized()
    await api.rules.owner.execute(
        """INSERT INTO personnel_file.feed (event_id, type, data, occurred_at, ssin)
        SELECT gen_random_uuid(), $1, json_build_object('relation', json_build_object('id', n % 700),
            'version', 1, 'periodId', n, 'worker', json_build_object('ssin', $3::text))::text, $2, $3
        FROM generate_series(1, 3000) AS n""",
        OPENED, NOW, NISS,
    )  # fmt: skip
    await api.rules.event(OTHER, period=4000)
    most = 60_000
    monkeypatch.setattr(snapshot, "MOST_BYTES", most)
    found, pages, after = dict[int, int](), 0, ""
    while True:
        answer = await api.ask("GET", f"/snapshot{after}", name)
        assert len(answer.body) < 8 * most, "envelopes of small states"
        document = answer.json()
        assert sum(len(json.dumps(event["data"])) for event in document["items"]) < most + 1000
        for _, period, version in periods(document):
            found[period] = max(version, found.get(period, 0))
        pages += 1
        if pages in (2, 4):
            await api.rules.event(period=pages, version=2)
        if "next" not in document:
            break
        after = f"?after={document['next']}"
    assert pages > 4
    assert found == {**dict.fromkeys(range(1, 3001), 1), 2: 2, 4: 2, 4000: 1}


async def test_a_worker_that_comes_between_two_pages_moves_no_other_out_of_the_snapshot(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An open page ends at a worker; the workers that do not fit any more come on the next page."""
    name = await api.rules.authorized()
    monkeypatch.setattr(snapshot, "MOST_BYTES", 1)  # a state on each page
    workers = [f"{number:011}" for number in range(2, 2 * snapshot.WORKERS + 2, 2)]
    for period, ssin in enumerate(workers):
        await api.rules.event(ssin, period=period)
    first = await api.read("/snapshot", name)
    await api.rules.event("00000000003", period=1000)
    found, document = {period for _, period, _ in periods(first)}, first
    while "next" in document:
        document = await api.read(f"/snapshot?after={document['next']}", name)
        found |= {period for _, period, _ in periods(document)}
    assert found >= set(range(len(workers)))


async def test_every_page_has_the_horizon_and_the_time_of_the_server(api: Api) -> None:
    """Also a page without events, which so tells silence from a fault; the horizon moves on without them."""
    name = await api.rules.authorized(all_workers=False)
    paths = ("/events", "/snapshot", f"/events/days/{local_date(NOW)}")
    first = [await api.read(path, name) for path in paths]
    await api.rules.event(OTHER)
    for before, path in zip(first, paths, strict=True):
        after = await api.read(path, name)
        assert int(after["horizon"].split("_")[1]) > int(before["horizon"].split("_")[1])
        assert datetime.fromisoformat(after["time"]) >= datetime.fromisoformat(before["time"])


async def test_a_cursor_of_the_future_is_refused(api: Api) -> None:
    """It would hide every event until that transaction number is reached; so would one of another epoch."""
    name = await api.rules.authorized()
    epoch = (await api.read("/events", name))["cursor"].split("_")[0]
    for cursor in (f"{epoch}_999999999999_1", "other_1_1", "1"):
        assert (await api.ask("GET", f"/events?after={cursor}", name)).status == 400


async def test_events_of_other_types_leave_no_row_and_are_passed(api: Api) -> None:
    """Neither a disclosure nor a delivery; the next request begins after them."""
    name = await api.rules.authorized(kinds=[REGISTERED])
    for _ in range(3):
        await api.rules.event()
    page = await api.read("/events", name)
    assert (page["items"], page["more"]) == ([], False)
    day = await api.rules.event(type_=REGISTERED)
    following = await api.read(f"/events?after={page['cursor']}", name)
    assert [event["id"] for event in following["items"]] == [day]
    assert page["cursor"] != following["cursor"]
    rows = "SELECT cardinality(events) AS n FROM feed.disclosures WHERE institution_id = $1"
    assert [row["n"] for row in await api.rules.owner.fetch(rows, name)] == [1]


async def test_pages_go_on_over_events_that_are_not_seen(api: Api) -> None:
    """A page reads a bounded part of the feed; its cursor goes on, and `more` tells that there is more."""
    name = await api.rules.authorized(all_workers=False)
    await api.rules.owner.execute(
        """INSERT INTO personnel_file.feed (event_id, type, data, occurred_at, ssin)
        SELECT gen_random_uuid(), 'test', '{}', $1, $2 FROM generate_series(1, 2500)""",
        NOW, OTHER,
    )  # fmt: skip
    await api.rules.event()
    await api.rules.inscribe(name, NISS, local_date(NOW) - timedelta(days=1))
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
    assert told["horizon"].split("_")[0] == (await api.read("/events", name))["cursor"].split("_")[0]
    facts = {name: told[name] for name in ("day", "events", "digest", "complete")}
    assert facts == {"day": str(noon.date()), "events": 5, "digest": digest(ids), "complete": True}
    assert told["digest"] != digest(ids - {ids.pop()})
    assert (await api.read(path, some))["events"] == 0
    now = await api.read(f"/events/days/{today()}", name)
    assert (now["events"], now["digest"], now["complete"]) == (0, digest(()), False)


def digest(ids: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(sorted(ids)).encode()).hexdigest()


async def test_a_restore_keeps_the_cursors_up_to_its_last_event(api: Api) -> None:
    """A reader with a later cursor gets the cursor with which it goes on."""
    name = await api.rules.authorized()
    kept = await api.rules.event()
    lost = await api.rules.event()
    first, second = [(await api.read(f"/events?limit={n}", name))["cursor"] for n in (1, 2)]
    await api.rules.owner.execute("DELETE FROM personnel_file.feed WHERE event_id::text = $1", lost)
    for _ in range(2):  # an operator may have to run the command again
        await begin_epoch(api.rules.owner, from_dump=False)
    later = await api.rules.event()

    assert await got(api, f"/events?after={first}", name) == [later]
    answer = await api.ask("GET", f"/events?after={second}", name)
    assert answer.status == 400
    place = re.search(r"after=([^`]+)`", answer.json()["detail"])
    assert place is not None
    assert await got(api, f"/events?after={place[1]}", name) == [later]
    assert await got(api, "/events", name) == [kept, later]

    await begin_epoch(api.rules.owner, from_dump=False)
    answer = await api.ask("GET", f"/events?after={first}", name)
    assert "start again" in answer.json()["detail"]


async def got(api: Api, path: str, name: str) -> list[str]:
    """Return the ids of a page of events."""
    return [event["id"] for event in (await api.read(path, name))["items"]]
