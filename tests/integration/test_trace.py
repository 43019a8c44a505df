"""`dimona trace` on running services: a declaration of each kind and end gets the right verdict, soon."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import asyncpg
import pytest

from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from shared.domain.calendar import quarter
from tests.commands import dimona
from tests.days import today
from tests.foreign.events import INTERMEDIATE, PATIENCE
from tests.foreign.integrator import Integrator
from tests.integration.clients import declare, engage, integrator, result
from tests.integration.parking import Database, begin, broken, listed, operator_account, settled_once
from tests.prove.world import FLEXI, cancel, change, register_day
from tests.serving import serving

pytestmark = pytest.mark.stack

MOST_SECONDS = 20.0
_LOSE = """
INSERT INTO intake.declarations (number, client_id, organization, channel, message_id, message_source, kind,
    declared, received_at, late_after, order_key)
VALUES (101, 'c', '0200881159', 'queue', $1, 'urn:test', 'in', '{}', platform.now() - interval '1 minute',
    platform.now(), 'of no other')"""


@pytest.fixture(scope="module")
def own(stack: Stack) -> Iterator[Endpoints]:
    """Serve a deployment of its own, because messages are parked and a declaration is lost here."""
    with serving(stack, "traced") as endpoints:
        yield endpoints


@pytest.fixture(scope="module")
def operator(own: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Yield the file of endpoints of an operator without rights of the owner."""
    with operator_account(own, "traced.alice", tmp_path_factory.mktemp("traced")) as file:
        yield file


async def traced(file: Path, id_: str | int) -> dict[str, Any]:
    """Trace one declaration, and return its story; the exit code says whether a person has to act."""
    began = time.monotonic()
    ran = await dimona(file, "trace", str(id_), "--json")
    assert time.monotonic() - began < MOST_SECONDS
    (story,) = json.loads(ran.stdout)
    assert ran.exit_code == int(story["needsAction"])
    return dict(story)


def events(story: dict[str, Any]) -> list[str]:
    """Return the events of a story in their order."""
    return [fact["event"] for fact in story["facts"]]


async def final(client: Integrator, database: Database, declaration: dict[str, Any]) -> tuple[int, str]:
    """Declare, wait for the end everywhere, and return the number and the result."""
    id_, number = await begin(client, declaration)
    (event,) = await client.ends([id_])
    if result(event) != "B":
        await settled_once(database, number)
    return number, result(event)


@dataclass(frozen=True, slots=True)
class Told:
    """Declarations of earlier rows of ENDS, by kind, to which a row refers."""

    own: Endpoints
    numbers: dict[str, int]

    def day(self, days: int) -> str:
        """Return a date; days are counted from today."""
        return str(today() + timedelta(days))

    def update(self, of: str, days: int) -> dict[str, Any]:
        """Build an UPDATE of the first day of a period."""
        return change(self.numbers[of], startDate=self.day(days))

    def out(self, of: str, days: int) -> dict[str, Any]:
        """Build an OUT of a period on this day."""
        return {"dimonaOut": {"periodId": self.numbers[of], "endDate": self.day(days)}}

    def cancel(self, of: str) -> dict[str, Any]:
        """Build a CANCEL of a period."""
        return cancel(self.numbers[of])

    def flexi(self) -> dict[str, Any]:
        """Build the IN of a flexi-job over several days."""
        first = flexi_day()
        return engage(self.own, self.own.data.people[9], first, first + FLEXI_DAYS, features=FLEXI)

    def registered(self, of: str) -> dict[str, Any]:
        """Build the daily registration of the first day of a flexi-job."""
        return register_day(self.numbers[of], self.day(flexi_day()))


FLEXI_DAYS: Final = 9


def flexi_day() -> int:
    """Return the first day of a flexi-job within one quarter, counted from today."""
    days = ((n, today() + timedelta(n), today() + timedelta(n + FLEXI_DAYS)) for n in range(1, 32))
    return next(n for n, first, last in days if quarter(first) == quarter(last))


#: Each kind with each end, in an order in which a period exists before it is changed: the name of the row,
#: the kind that the story tells, the declaration, and the result.
ENDS: Final[Sequence[tuple[str, str, Callable[[Told], dict[str, Any]], str]]] = (
    ("period", "in", lambda told: engage(told.own, told.own.data.people[0]), "A"),
    ("late", "in", lambda told: engage(told.own, told.own.data.people[2], -1), "W"),
    ("backwards", "in", lambda told: engage(told.own, told.own.data.people[3], 1, 0), "B"),
    ("flexi", "in", lambda told: told.flexi(), "A"),
    ("update", "update", lambda told: told.update("period", 1), "A"),
    ("late update", "update", lambda told: told.update("period", -1), "W"),
    ("out", "out", lambda told: told.out("period", 2), "A"),
    ("out of yesterday", "out", lambda told: told.out("late", -1), "A"),
    ("day", "daily", lambda told: told.registered("flexi"), "A"),
    ("day again", "daily", lambda told: told.registered("flexi"), "B"),
    ("cancel", "cancel", lambda told: told.cancel("period"), "A"),
    ("update of nothing", "update", lambda told: told.update("period", 3), "B"),
    ("out of nothing", "out", lambda told: told.out("period", 3), "B"),
    ("cancel of nothing", "cancel", lambda told: told.cancel("period"), "B"),
)  # fmt: skip


async def test_each_kind_and_end(own: Endpoints, operator: Path, database: Database) -> None:
    """IN, UPDATE, OUT, CANCEL and daily, accepted, with a warning, and refused: the story ends with it."""
    told, letters = Told(own, {}), dict[str, str]()
    async with integrator(own) as client:
        for name, kind, declaration, _ in ENDS:
            number, letter = await final(client, database, declaration(told))
            told.numbers[name], letters[name] = number, letter
            story = await until_complete(operator, number)
            assert story["facts"][0]["event"] == "received", name
            assert story["facts"][0]["detail"].split()[0] == kind, name
            facts = {(fact["event"], fact["detail"]) for fact in story["facts"]}
            assert ("final result", letter) in facts, name
            assert story["cause"] == f"final with {letter}, notified, and in the e-Box", name
    assert letters == {name: letter for name, _, _, letter in ENDS}


async def test_a_declaration_is_found_by_each_of_its_ids(
    own: Endpoints, operator: Path, database: Database
) -> None:
    async with integrator(own) as client:
        number, _ = await final(client, database, engage(own, own.data.people[10]))
    story = await until_complete(operator, number)
    assert events(story).index("settled") < events(story).index("final notification")
    notified = next(fact["detail"] for fact in story["facts"] if fact["event"] == "final notification")
    message = await database.fetchval("SELECT message_id FROM intake.declarations WHERE number = $1", number)
    for id_ in (notified.split()[1], message):
        assert (await traced(operator, id_))["number"] == number


async def until_complete(file: Path, number: int) -> dict[str, Any]:
    """Trace a declaration with a final result until its notification is in the e-Box."""
    return await until_state(file, number, "complete")


async def until_state(file: Path, number: int, state: str) -> dict[str, Any]:
    """Trace a declaration until it has a state, and return its story."""
    end = time.monotonic() + PATIENCE
    while (story := await traced(file, number))["state"] != state:
        assert story["state"] in {"under_way", "undelivered"}, story
        assert time.monotonic() < end
        await asyncio.sleep(0.2)
    return story


async def test_an_identification_and_its_follower_wait_and_are_woken(
    own: Endpoints, operator: Path, database: Database
) -> None:
    """The first waits for its case, the second for the first; afterwards both are complete."""
    async with integrator(own) as client:
        first, number = await begin(client, engage(own, own.data.strangers[0]))
        await client.answer(first, INTERMEDIATE)
        second, follower = await begin(client, {"dimonaCancel": {"periodId": number}})
        waits = await until_state(operator, number, "waits_for_identification")
        assert waits["advice"] == f"dimona case show {number}"
        behind = await until_state(operator, follower, "waits_for_predecessor")
        assert behind["advice"] == f"dimona trace {number}"
        assert (await dimona(operator, "case", "resolve", str(number), "--give-up")).exit_code == 0
        await client.ends([first, second])
        await settled_once(database, number, follower)
    for each in (number, follower):
        await until_complete(operator, each)
    assert "case given_up" in events(await traced(operator, number))


async def test_a_parked_declaration_is_found_in_its_queue(
    own: Endpoints, operator: Path, database: Database
) -> None:
    worker = own.data.people[1]
    async with integrator(own) as client:
        async with broken(database, "personnel_file.relations", f"ssin <> '{worker.ssin}'"):
            id_, number = await begin(client, engage(own, worker))
            (row,) = await listed(operator, 1)
            story = await traced(operator, number)
            assert story["state"] == "parked"
            assert story["parked"] == [{"id": row["id"], "queue": row["origin"], "reason": row["reason"]}]
            shown = await dimona(operator, "trace", str(number))
            assert worker.ssin not in shown.stdout
            assert f"dimona parked show {row['id']}" in shown.stdout
        assert (await dimona(operator, "parked", "discard", row["id"], "--reason", "a test")).exit_code == 0
        await client.ends([id_])
        await settled_once(database, number)
    assert "discarded" in events(await until_complete(operator, number))


async def test_a_lost_declaration_is_broken(own: Endpoints, operator: Path) -> None:
    owner = await asyncpg.connect(own.superuser_dsn)
    await owner.execute(_LOSE, str(uuid4()))
    await owner.close()
    story = await traced(operator, 101)
    assert (story["state"], story["cause"].split(";")[0]) == ("broken", "broken promise: final")


async def test_an_unknown_number_is_said(operator: Path) -> None:
    ran = await dimona(operator, "trace", "999999999999")
    assert ran.exit_code == 2
    assert "no declaration has this number" in ran.stderr


async def test_each_declaration_of_a_batch_is_traced(own: Endpoints, operator: Path) -> None:
    """Declarations back to back, each of another worker: none is in doubt after its final reply."""
    async with integrator(own) as client:
        replies = await declare(client, *(engage(own, worker) for worker in own.data.people[4:8]))
    for reply in replies:
        await until_complete(operator, int(reply.data["declarationStatus"]["declarationId"]))
