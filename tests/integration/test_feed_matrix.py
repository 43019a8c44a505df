"""Each class of recipients in each state of its authorization, by push, by pull and by snapshot.

All cells are institutions of one running feed: each has a queue at the broker, a token, and a context in the
database.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import asyncpg
import pytest
import pytest_asyncio

from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from services.feed.pushing.heartbeat import HEARTBEAT
from services.feed.token import SCOPE
from shared.definitions import Account, definitions
from shared.runtime.management import Management
from shared.topology import institution_queue
from tests.connecting import connected
from tests.integration.feeding import CLASSES, DAY, NISS, NOW, OTHER, Rules
from tests.serving import serving
from tests.tokens import bearer
from tests.web import ask

pytestmark = [pytest.mark.stack, pytest.mark.asyncio(loop_scope="module")]

#: State → the terms that differ, or None without an authorization. Those that give events are in `GIVES`.
STATES: Final[Mapping[str, Mapping[str, Any] | None]] = {
    "no basis": None,
    "valid": {},
    "future": {"begins_at": NOW + DAY},
    "expired": {"expires_at": NOW - DAY},
    "ended": {},
    "outside the EEA": {"country": "US"},
    "outside the EEA with a guarantee": {"country": "US", "guarantee": "standard clauses of 2021"},
}
GIVES: Final = {"valid", "outside the EEA with a guarantee"}
#: Way → the number of events or states that an institution gets by it, and whether it is refused otherwise.
WAYS: Final = {"push": (5, False), "pull": (5, True), "snapshot": (3, True)}
#: Query of the role of the feed → the number of rows that it finds for an institution that gets events.
QUERIES: Final = {
    "feed.events": 5,
    "personnel_file.feed": 5,
    f"feed.states(ARRAY['{NISS}', '{OTHER}']::bpchar[])": 3,
    "feed.workers_after('', 10)": 2,
}
_QUEUE_SECONDS: Final = 60


@dataclass(frozen=True)
class Cell:
    """The events that one institution got."""

    texts: Mapping[str, list[str]]  #: way → CloudEvents
    statuses: Mapping[str, int]  #: way → status of the answer
    rows: Mapping[str, int]  #: query → rows that the role of the feed found in the context of the institution


@pytest.fixture(scope="module")
def own(stack: Stack) -> Iterator[Endpoints]:
    """Serve a deployment of its own: the feed, and the directory, which has the keys of tokens."""
    with serving(stack, "feedmatrix", ("access", "feed")) as endpoints:
        yield endpoints


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cells(own: Endpoints) -> Mapping[tuple[str, str], Cell]:
    """Return each cell, by class and state, after all were asked."""
    rules = Rules(await asyncpg.connect(own.postgres_dsn), await asyncpg.connect(own.dsns["feed"]))
    try:
        return await ask_all(own, rules)
    finally:
        await rules.owner.close()
        await rules.feed.close()


async def ask_all(endpoints: Endpoints, rules: Rules) -> Mapping[tuple[str, str], Cell]:
    """Make all institutions, write the events, and ask for each cell by every way."""
    names = {
        (recipient, state): await institution(rules, recipient, STATES[state])
        for recipient in CLASSES
        for state in STATES
    }
    await rules.owner.execute(
        """UPDATE access.institution_authorization SET ended_by = 'operator:c', end_reason = 'test'
        WHERE institution_id = ANY($1)""",
        [name for (_, state), name in names.items() if state == "ended"],
    )
    await asyncio.to_thread(make_queues, endpoints, list(names.values()))
    await write(rules)
    queues = await pushed(endpoints, names)
    found: dict[tuple[str, str], Cell] = {}
    for key, name in names.items():
        answers = {
            "pull": await asyncio.to_thread(get, endpoints, "/events", name),
            "snapshot": await asyncio.to_thread(get, endpoints, "/snapshot", name),
        }
        texts = {way: [json.dumps(event) for event in items] for way, (_, items) in answers.items()}
        statuses = {way: status for way, (status, _) in answers.items()}
        rows = {query: await count(rules, name, query) for query in QUERIES}
        found[key] = Cell({"push": queues[name], **texts}, statuses, rows)
    return found


async def institution(rules: Rules, recipient: str, terms: Mapping[str, Any] | None) -> str:
    """Add an institution with these terms; without terms it has no authorization."""
    name = await rules.institution()
    if terms is not None:
        await rules.authorize(name, recipient_class=recipient, **terms)
    return name


def make_queues(endpoints: Endpoints, names: list[str]) -> None:
    """Make the queue of each institution at the broker, and let the feed send to it."""
    accounts = {
        role: Account(**row)
        for role, row in json.loads(endpoints.accounts.read_text()).items()
        if role in ("service:feed", "operator")
    }
    document = definitions(endpoints.deployment, accounts, (), names, b"salt")
    Management(endpoints.management_url).import_definitions(document)


async def write(rules: Rules) -> None:
    """Write six events: one of before the begin of the authorizations, one of their past, four of today."""
    await rules.event(OTHER, NOW - 20 * DAY, period=9)
    await rules.event(NISS, NOW - 5 * DAY, period=1)
    for version in (2, 3, 4):
        await rules.event(NISS, NOW - timedelta(hours=3), period=1, version=version)
    await rules.event(OTHER, NOW - timedelta(hours=2), period=2)


async def pushed(endpoints: Endpoints, names: Mapping[tuple[str, str], str]) -> Mapping[str, list[str]]:
    """Return the messages in each queue, once those of all institutions that get events are there.

    Heartbeats do not count for these; the other institutions get none.
    """
    taken = {name: list[str]() for name in names.values()}
    due = {name for (_, state), name in names.items() if state in GIVES}
    async with asyncio.timeout(_QUEUE_SECONDS):
        for name in sorted(due):
            while len(taken[name]) < WAYS["push"][0]:
                taken[name] += await take_events(endpoints, name)
    for name in taken:
        taken[name] += await (take_events if name in due else take)(endpoints, name)
    return taken


async def take_events(endpoints: Endpoints, name: str) -> list[str]:
    """Take all messages from the queue of an institution, and return those that are no heartbeats."""
    return [body for body in await take(endpoints, name) if json.loads(body)["type"] != HEARTBEAT]


async def take(endpoints: Endpoints, name: str) -> list[str]:
    """Take all messages from the queue of an institution."""
    queue = institution_queue(name)
    bodies = list[str]()
    async with await connected(endpoints.amqp_url("operator", endpoints.deployment.vhost_of(queue))) as link:
        source = await (await link.channel()).get_queue(queue, ensure=False)
        while (message := await source.get(no_ack=True, fail=False)) is not None:
            bodies.append(message.body.decode())
    return bodies


def get(endpoints: Endpoints, path: str, client: str) -> tuple[int, list[Any]]:
    """Return the status and the items of an answer to the client of an institution, which has its name."""
    headers = bearer(endpoints, client, SCOPE, level=0, client_id=client)
    answer = ask(f"{endpoints.api_url('feed')}{path}", "GET", headers)
    return answer.status, answer.json().get("items", [])


async def count(rules: Rules, name: str, query: str) -> int:
    """Return the number of rows that the role of the feed finds in the context of an institution."""
    async with rules.feed.transaction():
        await rules.feed.execute("SELECT set_config('dimona.institution', $1, true)", name)
        rows: int = await rules.feed.fetchval(f"SELECT count(*) FROM {query}")  # noqa: S608 - our own names
    return rows


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("recipient", CLASSES)
async def test_only_an_authorization_in_force_gives_events(
    cells: Mapping[tuple[str, str], Cell], recipient: str, state: str, way: str
) -> None:
    cell, (most, refused) = cells[recipient, state], WAYS[way]
    gives = state in GIVES
    assert len(cell.texts[way]) == (most if gives else 0)
    assert cell.statuses.get(way) == ((200 if gives else 403) if refused else None)
    if way == "push":
        assert cell.texts["push"] == cell.texts["pull"]


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("recipient", CLASSES)
async def test_the_database_gives_as_much_to_the_role_of_the_feed(
    cells: Mapping[tuple[str, str], Cell], recipient: str, state: str, query: str
) -> None:
    expected = QUERIES[query] if state in GIVES else 0
    assert cells[recipient, state].rows[query] == expected
