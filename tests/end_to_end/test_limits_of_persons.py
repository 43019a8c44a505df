"""One person cannot hold up the others: limits on requests for own data, and on open reports (ADR 36)."""

from __future__ import annotations

from typing import Any

import pytest

from deploy.local.deployment import Endpoints
from services.contact.person.api import data
from services.contact.report.rules import MOST_OPEN
from tests.end_to_end.planted import Face, log_in
from tests.end_to_end.registers import make_person
from tests.prove.world import World

pytestmark = [
    pytest.mark.stack,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.usefixtures("sound"),
]
#: Far more requests than the limit: some are added while a busy machine is slow.
_ENOUGH = 300


async def until_limited(face: Face, method: str, path: str, body: Any = b"") -> int:
    """Repeat a request until it gets 429; return the number of those before."""
    for count in range(_ENOUGH):
        answer = await face.ask(method, path, body)
        if answer.status == 429:
            assert int(answer.headers["retry-after"]) > 0
            return count
        assert answer.status in (200, 201), answer.body
    raise AssertionError("no request was limited")


async def test_a_person_that_asks_too_often_waits_and_others_do_not(deployment: Endpoints) -> None:
    person, other = [await log_in(deployment, make_person()["ssin"]) for _ in range(2)]
    assert await until_limited(person, "GET", "/person/data") >= data.RATE[1]
    assert await until_limited(person, "GET", "/person/export") < data.RATE[1], "both share one limit"
    assert (await person.ask("GET", "/person/looks")).status == 200, "looks have a limit of their own"
    assert (await other.ask("GET", "/person/data")).status == 200


async def test_reports_are_limited_over_time(deployment: Endpoints) -> None:
    person = await log_in(deployment, make_person()["ssin"])
    assert await until_limited(person, "POST", "/person/reports", {"description": "Wrong."}) == MOST_OPEN


async def test_a_person_with_many_open_reports_waits_for_an_answer(
    world: World, deployment: Endpoints
) -> None:
    ssin = make_person()["ssin"]
    person = await log_in(deployment, ssin)
    await world.database.fetch(
        """WITH opened AS (
            INSERT INTO contact.cases (case_id, kind, said, opened_at, opened_by, due_on)
            SELECT gen_random_uuid(), 'report', 's', platform.now(), 'p', $2::date + 30
            FROM generate_series(1, $3::int) RETURNING case_id)
        INSERT INTO contact.reports (case_id, ssin) SELECT case_id, $1 FROM opened""",
        ssin, world.today, MOST_OPEN,
    )  # fmt: skip
    answer = await person.ask("POST", "/person/reports", {"description": "One more."})
    assert (answer.status, str(MOST_OPEN) in answer.json()["detail"]) == (409, True)
    await world.database.fetch(
        """UPDATE contact.cases SET state = 'rejected', answer = 'a', ended_at = platform.now()
        WHERE case_id IN (SELECT case_id FROM contact.reports WHERE ssin = $1)""", ssin,
    )  # fmt: skip
    assert (await person.ask("POST", "/person/reports", {"description": "One more."})).status == 201
