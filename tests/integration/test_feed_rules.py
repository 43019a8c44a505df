"""An institution sees what its authorizations allow: the database, asked by the role of the feed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio

from deploy.local.stack import Stack
from services.feed.event.store import BETWEEN, Place, enter, find_piece, load_rows
from shared.domain.calendar import local_date
from shared.domain.feed_fields import FEED_FIELDS
from shared.runtime.migrations import collect
from shared.topology import Deployment
from tests.days import today
from tests.integration.feeding import CLASSES, DAY, FORMER, NISS, NOW, OPENED, OTHER, REGISTERED, SOME, Rules

pytestmark = [pytest.mark.stack, pytest.mark.asyncio(loop_scope="module")]

CANCELED = "be.nsso.dimona.v1.periods.notify.canceled"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def database(stack: Stack) -> AsyncIterator[Rules]:
    """Connect to a database of its own, as owner and as the role of the feed."""
    endpoints = await asyncio.to_thread(stack.provision, Deployment("feedrules"), "feedrules")
    rules = Rules(
        await asyncpg.connect(endpoints.postgres_dsn), await asyncpg.connect(endpoints.dsns["feed"])
    )
    yield rules
    await rules.owner.close()
    await rules.feed.close()


@pytest_asyncio.fixture(loop_scope="module")
async def rules(database: Rules) -> AsyncIterator[Rules]:
    """Yield the connections; the feed is empty."""
    await database.owner.execute("DELETE FROM personnel_file.feed")
    yield database


async def test_without_a_context_there_is_no_event(rules: Rules) -> None:
    """Neither through the view nor in the table; and the context ends with its transaction."""
    event, name = await rules.event(), await rules.authorized()
    assert await rules.seen(name) == await rules.seen(name, "personnel_file.feed") == [event]
    for relation in ("feed.events", "personnel_file.feed"):
        assert await rules.feed.fetch(f"SELECT FROM {relation}") == []
        assert await rules.seen("", relation) == []


async def test_the_owner_of_a_view_lends_its_rights_to_no_reader(rules: Rules) -> None:
    """Row-level security holds for the owner, too, when a view of the owner is read by another role."""
    await rules.event()
    await rules.owner.execute(
        "CREATE VIEW feed.leak AS SELECT * FROM personnel_file.feed; GRANT SELECT ON feed.leak TO dimona_feed"
    )
    try:
        assert await rules.feed.fetchval("SELECT count(*) FROM feed.leak") == 0
        assert await rules.owner.fetchval("SELECT count(*) FROM feed.leak") == 1
    finally:
        await rules.owner.execute("DROP VIEW feed.leak")


#: Name of a case → the values of the authorization, and whether its institution sees an event of now.
CASES: dict[str, tuple[dict[str, Any] | None, bool]] = {
    "no basis": (None, False),
    "valid": ({}, True),
    "not confirmed": ({"confirmed_by": None}, False),
    "future": ({"begins_at": NOW + DAY}, False),
    "expired": ({"expires_at": NOW - DAY}, False),
    "ended": ({"ended_by": "operator:c", "end_reason": "over", "ended_at": NOW}, False),
    "outside the EEA": ({"country": "US"}, False),
    "outside the EEA with guarantee": ({"country": "US", "guarantee": "standard clauses"}, True),
}


@pytest.mark.parametrize("recipient", CLASSES)
@pytest.mark.parametrize("case", CASES)
async def test_an_authorization_must_be_in_force(rules: Rules, recipient: str, case: str) -> None:
    values, sees = CASES[case]
    name = await rules.institution()
    if values is not None:
        await rules.authorize(name, recipient_class=recipient, **values)
    await rules.event(at=datetime.now(UTC) - DAY / 24)
    assert len(await rules.seen(name)) == sees


async def test_an_event_needs_an_authorization_of_its_time_too(rules: Rules) -> None:
    """A subscriber sees events from the begin of its authorization on."""
    name = await rules.authorized(begins_at=NOW - 2 * DAY)
    await rules.event(at=NOW - 3 * DAY)
    assert await rules.seen(name) == [] != [event := await rules.event(at=NOW - DAY)]
    assert await rules.seen(name) == [event]


async def test_each_event_has_the_fields_of_its_time(rules: Rules) -> None:
    """A version with other fields counts from its confirmation on, and not for events before it."""
    old = await rules.event(at=NOW - DAY)
    name = await rules.authorized(fields=SOME)
    await rules.authorize(name, begins_at=NOW - 5 * DAY)
    new = await rules.event(at=datetime.now(UTC))
    async with rules.feed.transaction():
        await rules.feed.execute("SELECT set_config('dimona.institution', $1, true)", name)
        rows = await rules.feed.fetch("SELECT event_id::text AS id, fields FROM feed.events ORDER BY xid, id")
    assert [(row["id"], set(row["fields"])) for row in rows] == [(old, set(SOME)), (new, set(FEED_FIELDS))]


async def test_a_new_authorization_gives_the_events_since_its_begin(rules: Rules) -> None:
    """Those of before and after the one that expired, too; each has the fields of the version of its time."""
    name = await rules.authorized(begins_at=NOW - 9 * DAY, expires_at=NOW - 5 * DAY)
    before, during, after = [await rules.event(at=NOW - days * DAY) for days in (10, 7, 3)]
    assert await rules.seen(name) == []
    await rules.authorize(name, begins_at=NOW - 11 * DAY, fields=SOME)
    async with rules.feed.transaction():
        await rules.feed.execute("SELECT set_config('dimona.institution', $1, true)", name)
        rows = await rules.feed.fetch("SELECT event_id::text AS id, fields FROM feed.events ORDER BY xid, id")
    fields = {before: set(SOME), during: set(FEED_FIELDS), after: set(SOME)}
    assert {row["id"]: set(row["fields"]) for row in rows} == fields
    assert len(rows) == len(fields)


async def test_events_of_before_the_begin_of_the_authorization_in_force_are_not_seen(rules: Rules) -> None:
    """Also those that an earlier authorization allowed; another version of it continues."""
    name, id_ = await rules.institution(), uuid4()
    await rules.authorize(name, authorization_id=id_, begins_at=NOW - 9 * DAY, expires_at=NOW - 5 * DAY)
    old, new = [await rules.event(at=NOW - days * DAY) for days in (7, 3)]
    await rules.authorize(name, begins_at=NOW - 4 * DAY, expires_at=NOW + DAY)
    assert await rules.seen(name) == [new]
    await rules.authorize(name, authorization_id=id_, version=2, begins_at=NOW - 2 * DAY)
    assert await rules.seen(name) == [old, new]


async def test_the_place_before_an_instant_is_found(rules: Rules) -> None:
    """Within a day before its first event, also over numbers without a row; else the begin of the feed."""
    ids = [await rules.event(at=NOW - (40 - day) * DAY) for day in range(40)]
    await rules.owner.execute("DELETE FROM personnel_file.feed WHERE event_id = ANY($1::uuid[])", ids[10:19])
    after = """SELECT e.event_id::text FROM feed.place_before($1) p, personnel_file.feed e
        WHERE (e.xid, e.id) > (p.xid, p.id) ORDER BY e.xid, e.id LIMIT 1"""
    for days, first in ((41, 0), (40, 0), (38, 1), (25, 19), (10, 29), (1, 38)):
        assert await rules.owner.fetchval(after, NOW - days * DAY) == ids[first], days
    assert await rules.owner.fetchval(after, NOW + 9 * DAY) is None


async def test_kinds_and_fields_limit_the_types_of_events(rules: Rules) -> None:
    opened, day = await rules.event(), await rules.event(type_=REGISTERED)
    assert await rules.seen(await rules.authorized()) == [opened, day]
    assert await rules.seen(await rules.authorized(kinds=[REGISTERED])) == [day]
    assert await rules.seen(await rules.authorized(fields=SOME)) == [opened]
    assert await rules.seen(await rules.authorized(fields=SOME, kinds=[REGISTERED])) == []


async def test_an_institution_sees_inscribed_workers_only(rules: Rules) -> None:
    """Within the days of the inscription, and nothing of other workers or other institutions."""
    name, other = [await rules.authorized(all_workers=False) for _ in range(2)]
    before, event, foreign = (
        await rules.event(at=NOW - 3 * DAY), await rules.event(at=NOW - DAY), await rules.event(OTHER)
    )  # fmt: skip
    assert await rules.seen(name) == []
    await rules.inscribe(name, NISS, local_date(NOW - 2 * DAY), today())
    assert await rules.seen(name) == [event]
    assert await rules.seen(other) == []
    await rules.inscribe(other, OTHER, date(2000, 1, 1))
    assert await rules.seen(other) == [foreign]
    await rules.inscribe(other, NISS, date(2000, 1, 1))
    assert await rules.seen(other) == [before, event, foreign]


async def test_a_replaced_number_keeps_its_inscription(rules: Rules) -> None:
    """An inscription under a former number counts for events under the number in force, and the reverse."""
    former, later = await rules.event(FORMER), await rules.event(NISS)
    names = [await rules.authorized(all_workers=False) for _ in range(2)]
    for name, ssin in zip(names, (FORMER, NISS), strict=True):
        await rules.inscribe(name, ssin, date(2000, 1, 1))
    assert [await rules.seen(name) for name in names] == [[former], [later]]
    await rules.owner.execute(
        "INSERT INTO personnel_file.former_numbers VALUES ($1, $2, '{}', 1)", FORMER, NISS
    )
    try:
        assert [await rules.seen(name) for name in names] == [[former, later]] * 2
    finally:
        await rules.owner.execute("DELETE FROM personnel_file.former_numbers")


async def test_a_place_counts_events_that_the_institution_may_not_see(rules: Rules) -> None:
    """The place after 2 of 3 rows is given without their content."""
    for _ in range(3):
        await rules.event(OTHER)
    last = await rules.owner.fetchval("SELECT max(id) FROM personnel_file.feed")
    row = await rules.feed.fetchrow("SELECT * FROM feed.place_after('0'::xid8, 0, 2)")
    assert row is not None
    assert (row["id"], row["rows"]) == (last - 1, 2)
    head = await rules.feed.fetchrow("SELECT * FROM feed.head()")
    assert head is not None
    assert head["id"] == last


async def test_events_of_hidden_types_are_not_read(rules: Rules) -> None:
    """The place goes over all of them at once, and only rows of the other types are fetched."""
    name = await rules.authorized(kinds=[REGISTERED])
    await rules.owner.execute(
        """INSERT INTO personnel_file.feed (event_id, type, data, occurred_at, ssin)
        SELECT gen_random_uuid(), $1, '{}', $2, $3 FROM generate_series(1, 3000)""",
        OPENED, NOW, NISS,
    )  # fmt: skip
    days = [await rules.event(type_=REGISTERED) for _ in range(2)]
    await rules.event()
    last = await rules.owner.fetchval("SELECT max(id) FROM personnel_file.feed")
    fetched = """SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables
        WHERE relid = 'personnel_file.feed'::regclass"""
    async with rules.feed.transaction():
        await rules.feed.execute("SET LOCAL enable_seqscan = off")
        await enter(rules.feed, name)
        piece = await find_piece(rules.feed, Place(), 2000)
        assert piece is not None
        assert (piece.until.id, piece.more, len(piece.ids or ())) == (last, False, 2)
        rows = await load_rows(rules.feed, Place(), piece, 100)
        assert [str(row["event_id"]) for row in rows] == days
        assert await find_piece(rules.feed, piece.until, 2000) is None
        # Rows of the other types, and the first row of each type, some of them once more before a vacuum.
        assert await rules.feed.fetchval(fetched) < 300


@pytest.mark.parametrize("most", [1, 2, 3])
async def test_pieces_of_some_types_have_each_row_once(rules: Rules, most: int) -> None:
    """Also where rows of several types alternate, and a piece ends between them."""
    name = await rules.authorized(kinds=[REGISTERED, CANCELED])
    types = [REGISTERED, OPENED, CANCELED, OPENED, REGISTERED, CANCELED, OPENED]
    wanted = [id_ for type_ in types if (id_ := await rules.event(type_=type_)) and type_ != OPENED]
    found, after = list[str](), Place()
    async with rules.feed.transaction():
        await enter(rules.feed, name)
        while (piece := await find_piece(rules.feed, after, most)) is not None:
            rows = await load_rows(rules.feed, after, piece, 100)
            found += [str(row["event_id"]) for row in rows]
            after = piece.until
    assert found == wanted


async def test_the_conditions_of_a_page_reach_the_index_under_row_security(rules: Rules) -> None:
    """A condition that is not leakproof would be checked after the rule, for every row of the feed."""
    async with rules.feed.transaction():
        await rules.feed.execute(f"PREPARE page (text, bigint, text, bigint, int) AS {BETWEEN}")
        await rules.feed.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        await rules.feed.execute("SET LOCAL enable_seqscan = off")
        await rules.feed.execute("SET LOCAL enable_bitmapscan = off")
        text = await rules.feed.fetchval("EXPLAIN (FORMAT JSON) EXECUTE page('1', 2, '3', 4, 100)")
    nodes = nodes_of(json.loads(text)[0]["Plan"])
    read = {node["Relation Name"]: node for node in nodes if "Relation Name" in node}
    assert (read["feed"]["Index Name"], "xid" in read["feed"]["Index Cond"]) == ("feed_xid_id_idx", True)
    assert read["inscriptions"]["Index Name"] == "inscriptions_ssin_institution_id_idx"


def nodes_of(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every node of a plan."""
    yield node
    for child in node.get("Plans", ()):
        yield from nodes_of(child)


async def test_deliveries_of_before_are_sent_by_the_feed(rules: Rules) -> None:
    """The migration deletes those to institutions, and moves the positions of these before their events."""
    names = [await rules.authorized() for _ in range(2)]
    await rules.event(at=NOW - 3 * DAY)
    waited = [await rules.event(at=NOW - DAY) for _ in range(2)]
    last = await rules.owner.fetchrow(
        "SELECT xid::text, id FROM personnel_file.feed ORDER BY personnel_file.feed.xid DESC, id DESC LIMIT 1"
    )
    assert last is not None
    for name in names:
        await rules.owner.execute(
            "INSERT INTO feed.positions VALUES ($1, $2::text::xid8, $3, gen_random_uuid())", name, *last
        )
    for lane in (f"institution.{names[0]}", "dimona.reply"):
        await rules.owner.execute(
            """INSERT INTO personnel_file.deliveries (id, lane, routing_key, type, body, created_at, due_at)
            VALUES (gen_random_uuid(), $1, $1, 't', '{}', $2, $2)""",
            lane, NOW - DAY,
        )  # fmt: skip
    (migration,) = (each for each in collect() if each.name == "0005_deliveries_of_before.sql")
    await rules.owner.execute(migration.up)
    after = """SELECT p.institution_id, e.event_id::text AS id FROM feed.positions p
        LEFT JOIN personnel_file.feed e ON (e.xid, e.id) > (p.xid, p.id) ORDER BY e.xid, e.id"""
    rows = await rules.owner.fetch(after)
    found = {name: [row["id"] for row in rows if row["institution_id"] == name] for name in names}
    assert found == {names[0]: waited, names[1]: [None]}
    lanes = await rules.owner.fetch("DELETE FROM personnel_file.deliveries RETURNING lane")
    assert [row["lane"] for row in lanes] == ["dimona.reply"]


async def test_the_feed_reads_no_other_table(rules: Rules) -> None:
    """Its role has the events, the epoch, the authorizations, the clients of tokens and its own schema."""
    rows = await rules.owner.fetch(
        """SELECT DISTINCT table_schema || '.' || table_name AS name FROM information_schema.table_privileges
        WHERE grantee = 'dimona_feed' AND table_schema <> 'feed'"""
    )
    assert {row["name"] for row in rows} == {
        "personnel_file.feed", "personnel_file.epoch", "access.institutions",
        "access.institution_authorizations", "access.institution_clients", "access.revoked",
        "access.organizations_of_clients",
    }  # fmt: skip
    for statement in ("DELETE FROM personnel_file.feed", "UPDATE personnel_file.feed SET ssin = NULL"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await rules.feed.execute(statement)
