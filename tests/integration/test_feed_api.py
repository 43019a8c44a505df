"""The API of the feed: tokens, and the inscriptions of workers with their state."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio

from deploy.local.stack import Stack
from services.feed.pushing.store import take_states
from services.feed.token import SCOPE
from shared.domain.calendar import local_date
from shared.runtime.database import Transaction
from shared.runtime.request_queue import RequestQueue
from tests.asgi import call
from tests.integration.feed_api import Api, periods, served
from tests.integration.feeding import DAY, NISS, NOW, OTHER

pytestmark = [pytest.mark.stack, pytest.mark.asyncio(loop_scope="module")]

_FILE = "/inscriptions/file-1"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def module_api(stack: Stack) -> AsyncIterator[Api]:
    """Make the API over a database of its own."""
    async with served(stack, "feedapi") as api:
        yield api


@pytest_asyncio.fixture(loop_scope="module")
async def api(module_api: Api) -> AsyncIterator[Api]:
    """Yield the API; the feed is empty."""
    await module_api.rules.owner.execute("DELETE FROM personnel_file.feed; DELETE FROM feed.inscriptions")
    yield module_api


def inscription(ssin: str = NISS, **more: str) -> dict[str, str]:
    return {"ssin": ssin, "capacity": "insured", "beginsOn": str(local_date(NOW) - 5 * DAY), **more}


def lines(*rows: dict[str, str]) -> bytes:
    return b"\n".join(json.dumps(row).encode() for row in rows)


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
    rows[1]["endsOn"] = str(local_date(NOW))
    assert (await api.ask("POST", "/inscriptions", name, lines(*rows))).json() == {"changed": 1}
    due = "SELECT count(*) FROM feed.states_due WHERE institution_id = $1"
    assert await api.rules.owner.fetchval(due, name) == 2


async def test_a_second_inscription_does_not_move_the_state_of_the_first(api: Api) -> None:
    """The state comes on the first day of each inscription."""
    name, first = await api.rules.authorized(all_workers=False), local_date(NOW) - DAY
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
    for body in (inscription(), inscription(), inscription(endsOn=str(local_date(NOW)))):
        assert (await api.ask("PUT", _FILE, name, body)).status == 204
    assert (await api.ask("DELETE", _FILE, name)).status == 204
    rows = await api.rules.owner.fetch(
        "SELECT change, ends_on FROM feed.inscription_history WHERE institution_id = $1 ORDER BY place", name
    )
    today = local_date(NOW)
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
    """403 for each operation, also for a client of no institution, and 401 without a token."""
    name = await api.rules.institution()
    await api.rules.event()
    requests = (
        ("GET", "/events", b""), ("GET", "/events/days/2026-01-01", b""), ("GET", "/snapshot", b""),
        ("GET", "/inscriptions", b""),
        ("PUT", _FILE, inscription()), ("DELETE", _FILE, b""), ("POST", "/inscriptions", lines()),
    )  # fmt: skip
    for method, path, body in requests:
        assert (await api.ask(method, path, name, body)).status == 403
        assert (await api.ask(method, path, "unknown", body)).status == 403
        assert (await call(api.face, method, path, body=body)).status == 401


async def test_a_token_has_a_term_and_a_scope_and_ends_with_its_client(api: Api) -> None:
    """As at the other APIs: 401 after the term and for a blocked client, 403 without the scope."""
    name = await api.rules.authorized()
    await api.rules.event()

    async def problem(token: str) -> tuple[int, str, str]:
        answer = await call(api.face, "GET", "/events", {"authorization": f"Bearer {token}"})
        assert answer.headers["content-type"] == "application/problem+json"
        assert b"specversion" not in answer.body
        return answer.status, answer.json()["type"].rpartition(":")[2], answer.headers["www-authenticate"]

    expired = await problem(api.token(name, exp=int(time.time()) - 60))
    assert (expired[:2], "invalid_token" in expired[2]) == ((401, "expiredAccessToken"), True)
    lacking = await problem(api.token(name, "scope:dimona:declaration:consult"))
    assert (lacking[:2], SCOPE in lacking[2]) == ((403, "missingScope"), True)
    await api.rules.owner.execute("INSERT INTO access.client_block VALUES ($1, TRUE)", name)
    assert (await problem(api.token(name)))[:2] == (401, "invalidAccessToken")
    await api.rules.owner.execute("DELETE FROM access.client_block")
    revoked = str(uuid4())
    await api.rules.owner.execute(
        "INSERT INTO access.revocation (id, expires_at) VALUES ($1, now() + interval '1 hour')", revoked
    )
    assert (await problem(api.token(name, jti=revoked)))[:2] == (401, "invalidAccessToken")
    assert len((await api.read("/events", name))["items"]) == 1


async def test_requests_of_an_institution_count_for_its_rate(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond its share the answer is 429 with `Retry-After`; another institution still reads."""
    names = [await api.rules.authorized() for _ in range(2)]
    monkeypatch.setattr(api.face.state, "queue", RequestQueue(rate=1e-6, burst=1))
    answers = [await api.ask("GET", "/events", name) for name in (*names[:1], *names)]
    assert [answer.status for answer in answers] == [200, 429, 200]
    assert int(answers[1].headers["retry-after"]) > 0
