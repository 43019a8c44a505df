"""The personnel file over REST v2: requests of real clients, rights of readers, and audited readings."""

from __future__ import annotations

import asyncio
import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from deploy.local.demo.data import DemoData
from deploy.local.deployment import Endpoints
from services.cli.main import commands
from services.personnel_file.commands import search
from tests.asgi import Answer
from tests.contracts.openapi import contract
from tests.prove.world import FLEXI, Relation, World, cancel, register_day
from tests.rest import CONSULT, DECLARANT, UNKNOWN, Rest, kind_of, outcome
from tests.tokens import bearer
from tests.web import ask

pytestmark = [
    pytest.mark.stack,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.usefixtures("sound"),
]

_LOOKS: Final = "SELECT * FROM personnel_file.consultations WHERE reader = $1 ORDER BY seq DESC LIMIT 1"


async def sent(client: Rest, method: str, path: str, body: Any = b"", **headers: str) -> Answer:
    """Return the answer to a request at the address of the declarations."""
    url = path if path.startswith("http") else f"{client.url}{path}"
    return await asyncio.to_thread(ask, url, method, {**client.headers, **headers}, body)


def fits(name: str, answer: Answer) -> Any:
    """Return the body of an answer, which has this schema of the contract."""
    assert answer.status == 200, answer.body
    schema = contract("consultation")["components"]["schemas"][name]
    Draft202012Validator(schema).validate(answer.json())
    return answer.json()


def about(relation: Relation) -> dict[str, Any]:
    return {"employer": {"enterpriseNumber": relation.employer}, "worker": {"ssin": relation.worker}}


async def accepted(client: Rest, declaration: Mapping[str, Any]) -> int:
    """Declare, wait until it is accepted, and return the number."""
    number = await client.declare(declaration)
    assert outcome(await client.answer(number)) == "A"
    return number


async def test_client_q45_a_period_is_read_and_a_canceled_one_says_so(world: World, bakery: Rest) -> None:
    """Client Q45: one client takes each 404 for a cancellation by the authority."""
    relation = world.relation("bakery")
    number = await accepted(bakery, world.engage(relation))
    found = fits("Period", await sent(bakery, "GET", f"/periods/{number}"))
    assert found["href"] == f"{bakery.url}/periods/{number}"
    assert (found["periodId"], found["worker"]["ssin"]) == (number, relation.worker)
    assert (found["status"], found["cancelled"]) == ("OPEN", False)
    assert (found["isLate"], found["isLocked"], "dimonaCancel" in found) == (False, False, False)
    await accepted(bakery, cancel(number))
    canceled = fits("Period", await sent(bakery, "GET", f"/periods/{number}"))
    assert (canceled["status"], canceled["cancelled"]) == ("CANCELLED", True)
    assert canceled["worker"] == {"ssin": relation.worker}, "no period of the relation is left"
    assert "familyName" in found["worker"]
    for unknown in (UNKNOWN, number + 97, "x"):
        answer = await sent(bakery, "GET", f"/periods/{unknown}")
        assert (answer.status, kind_of(answer)) == (404, "resourceNotFound")


async def test_client_q46_pages_are_followed_by_next_with_the_same_body(world: World, bakery: Rest) -> None:
    """Client Q46: `page` counts from 1; `next` is absolute, takes the same body, and is absent at the end."""
    relation = world.relation("bakery")
    numbers = [
        await accepted(bakery, world.engage(relation, 10 * n + 1, 10 * n + 2)) for n in range(3)
    ]  # fmt: skip
    for path, key, expected in (("periods", "periodId", 3), ("relations", "relationId", 1)):
        page = f"{bakery.url}/{path}/search?pageSize=2&page=1"
        found: list[int] = []
        requests = 0
        while page:
            answer = await sent(bakery, "POST", page, about(relation))
            body = fits("PeriodPage" if path == "periods" else "RelationPage", answer)
            requests += 1
            assert (body["page"], body["pageSize"]) == (requests, 2)
            found += [item[key] for item in body["items"]]
            page = body.get("next", "")
            assert page == "" or page.startswith(f"{bakery.url}/{path}/search?pageSize=2&page={requests + 1}")
        assert len(found) == len(set(found)) == expected
        assert path == "relations" or sorted(found) == sorted(numbers)
    counted = fits(
        "PeriodPage",
        await sent(bakery, "POST", "/periods/search?page=2&pageSize=2&total=true", about(relation)),
    )
    assert ([item["periodId"] for item in counted["items"]], counted["total"]) == (sorted(numbers)[2:], 3)


async def test_client_q47_a_relation_is_found_by_employer_and_worker(world: World, bakery: Rest) -> None:
    """Client Q47: also with nine digits, or the employer number (clients Q17, Q18)."""
    relation = world.relation("bakery")
    await accepted(bakery, world.engage(relation, 1, 5))
    first = fits(
        "RelationPage", await sent(bakery, "POST", "/relations/search?pageSize=50&page=1", about(relation))
    )
    (item,) = first["items"]
    assert (item["worker"]["ssin"], item["startDate"], item["endDate"]) == (
        relation.worker, world.day(1), world.day(5),
    )  # fmt: skip
    employers: list[dict[str, Any]] = [
        {"enterpriseNumber": relation.employer.removeprefix("0")},
        {"employerId": item["employer"]["employerId"]},
    ]
    for employer in employers:
        body = {**about(relation), "employer": employer}
        assert (await sent(bakery, "POST", "/relations/search", body)).json()["items"] == [item]


async def test_declarations_are_found_as_they_are_read(world: World, bakery: Rest) -> None:
    """Client Q46, nightly synchronization: by employer, worker, period, kind and day; `next` to the end."""
    relation = world.relation("bakery")
    number = await accepted(bakery, world.engage(relation))
    out = await accepted(bakery, world.leave(number, 9))
    page, found = f"{bakery.url}/declarations/search?pageSize=1&page=1", []
    while page:
        answer = (await sent(bakery, "POST", page, about(relation))).json()
        found += answer["items"]
        page = answer.get("next", "")
    assert [each["declarationStatus"]["declarationId"] for each in found] == sorted((number, out))
    item = next(each for each in found if "dimonaOut" in each)
    assert item["href"] == f"{bakery.url}/declarations/{out}"
    assert item["declarationStatus"]["period"] == {"id": number, "href": f"{bakery.url}/periods/{number}"}
    today = {"startDate": world.day(0), "endDate": world.day(0)}
    searches: list[tuple[dict[str, Any], list[int]]] = [
        ({"declarationId": out}, [out]),
        ({"periodId": number, "kind": "out", "employer": about(relation)["employer"]}, [out]),
        ({**about(relation), "result": ["B", "W"]}, []),
        ({**about(relation), "features": {"workerType": "OTH"}, "receptionPeriod": today}, [number]),
        ({**about(relation), "receptionPeriod": {"endDate": world.day(-1)}}, []),
    ]
    for body, expected in searches:
        answer = await sent(bakery, "POST", "/declarations/search", body)
        numbers = [each["declarationStatus"]["declarationId"] for each in answer.json()["items"]]
        assert numbers == expected, body
        stranger = await sent(Rest(world, "nursery"), "POST", "/declarations/search", body)
        assert stranger.json()["items"] == [], body
    rows = await world.database.fetch(
        "SELECT number, found FROM intake.readings WHERE client_id = $1 ORDER BY seq DESC LIMIT 1",
        bakery.client_id,
    )
    assert [tuple(row) for row in rows] == [(0, False)], "a search without result is recorded too"


async def test_the_history_names_channel_and_sender(world: World, bakery: Rest, data: DemoData) -> None:
    """One declaration over the queue, one over REST: the channel makes no difference."""
    relation = world.relation("bakery")
    number = await world.begun(relation)
    await accepted(bakery, world.leave(number, 9))
    changes = fits("ChangeList", await sent(bakery, "GET", f"/periods/{number}/changes"))["items"]
    own = {"enterpriseNumber": data.organizations["bakery"].enterprise_number}
    assert [(each["type"], each["channel"], each["channelCode"], each["sender"]) for each in changes] == [
        ("periodOpened", "queue", 6, own), ("periodClosed", "rest", 13, own),
    ]  # fmt: skip
    assert changes[0]["declaration"]["id"] == number
    assert (await sent(bakery, "GET", f"/periods/{number}/changes?after=x")).status == 400


async def test_a_daily_registration_is_read(world: World, bakery: Rest) -> None:
    first = world.days_in_one_quarter(9)
    number = await accepted(bakery, world.engage(world.relation("bakery"), first, first + 9, FLEXI))
    day = await accepted(bakery, register_day(number, world.day(first)))
    found = fits("DailyRegistration", await sent(bakery, "GET", f"/dailyRegistrations/{day}"))
    assert (found["id"], found["period"]["id"], found["isCancelled"]) == (day, number, False)
    assert (await sent(bakery, "GET", f"/dailyRegistrations/{UNKNOWN}")).status == 404


async def test_each_sees_the_employers_of_its_rights(
    world: World, bakery: Rest, deployment: Endpoints, data: DemoData
) -> None:
    """Only the employer, its user, a mandatary within its mandate, and an agent."""
    relation = world.relation("bakery")
    number = await accepted(bakery, world.engage(relation))

    def of(name: str, level: int = 400) -> dict[str, str]:
        return bearer(deployment, data.users[name].user_id, CONSULT, level=level)

    callers: list[tuple[str, dict[str, str], int, int]] = [
        ("own user", of("bakery.declarer"), 200, 200),
        ("agent", of("authority.agent"), 200, 200),
        ("user without the right", of("bakery.reader"), 403, 404),
        ("user of another organization", of("secretariat.clerk"), 403, 404),
        ("user with a password only", of("bakery.declarer", 200), 401, 401),
        ("another client", Rest(world, "nursery").headers, 403, 404),
        ("no client", bearer(deployment, "unknown", CONSULT, level=0), 403, 404),
        ("no scope", bearer(deployment, bakery.client_id, DECLARANT, level=0), 403, 403),
        ("no token", {}, 401, 401),
    ]
    for name, headers, searched, read in callers:
        answer = await asyncio.to_thread(
            ask, f"{bakery.url}/periods/search", "POST", headers, about(relation)
        )
        assert answer.status == searched, (name, answer.body)
        answer = await asyncio.to_thread(ask, f"{bakery.url}/periods/{number}", "GET", headers)
        assert answer.status == read, (name, answer.body)
    by_worker = {"worker": {"ssin": relation.worker}}
    for role, count in (("bakery", 1), ("nursery", 0)):
        answer = await sent(Rest(world, role), "POST", "/periods/search", by_worker)
        assert len(answer.json()["items"]) == count, role
    brewery = data.organizations["brewery"].enterprise_number
    nursery = data.organizations["nursery"].enterprise_number
    for employer, status in ((brewery, 200), (nursery, 403)):  # a mandate, and one for another group
        body = {"employer": {"enterpriseNumber": employer}}
        assert (await sent(Rest(world, "secretariat"), "POST", "/periods/search", body)).status == status


async def test_each_look_is_recorded_without_a_number_of_a_person(world: World, bakery: Rest) -> None:
    """In the transaction that answers; the relation shown is named by its public identifier."""
    relation = world.relation("bakery")
    await accepted(bakery, world.engage(relation))
    found = (await sent(bakery, "POST", "/periods/search", about(relation))).json()["items"]
    (row,) = await world.database.fetch(_LOOKS, bakery.client_id)
    assert (row["operation"], row["employer"], row["criteria"]) == (
        "searchPeriods", relation.employer, ["employer", "worker"],
    )  # fmt: skip
    assert row["relations"] == [found[0]["relationId"]]
    assert relation.worker not in str(dict(row))
    await sent(Rest(world, "nursery"), "POST", "/periods/search", about(relation))
    (row,) = await world.database.fetch(_LOOKS, Rest(world, "nursery").client_id)
    assert (row["relations"], row["refused"] is not None) == ([], True)
    assert row["employer"] == relation.employer
    await accepted(bakery, world.engage(world.relation("bakery")))
    body = {"employer": {"enterpriseNumber": relation.employer}}
    answer = await sent(bakery, "POST", "/relations/search?page=2&pageSize=1", body)
    (row,) = await world.database.fetch(_LOOKS, bakery.client_id)
    assert row["relations"] == [item["relationId"] for item in answer.json()["items"]], "of the page only"


async def test_an_agent_exports_by_command(
    world: World, bakery: Rest, endpoints_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All pages of a search, as CSV for a spreadsheet and as JSON Lines; the screen shows no person."""
    monkeypatch.setattr(search, "_PAGE", 2)
    relation = world.relation("bakery")
    numbers = {await accepted(bakery, world.engage(relation, 10 * n + 1, 10 * n + 2)) for n in range(3)}
    criteria = tmp_path / "search.json"
    criteria.write_text(json.dumps(about(relation)))

    def run(*options: str) -> str:
        command = [
            "period",
            "search",
            str(criteria),
            "--reason",
            "a test",
            *options,
            "--endpoints",
            str(endpoints_file),
        ]
        done = CliRunner().invoke(commands, command)
        assert done.exit_code == 0, done.output
        return done.stdout

    shown = await asyncio.to_thread(run)
    assert all(str(number) in shown for number in numbers)
    assert relation.worker not in shown
    file = tmp_path / "periods.csv"
    await asyncio.to_thread(run, "--file", str(file))
    assert file.read_bytes().startswith("\N{BYTE ORDER MARK}periodId;".encode())
    with file.open(encoding="utf-8-sig", newline="") as opened:
        rows = list(csv.DictReader(opened, delimiter=";"))
    assert {int(row["periodId"]) for row in rows} == numbers
    assert {row["worker.ssin"] for row in rows} == {relation.worker}
    assert file.stat().st_mode & 0o777 == 0o600
    file = tmp_path / "periods.jsonl"
    await asyncio.to_thread(run, "--file", str(file), "--format", "jsonl")
    assert [json.loads(line)["periodId"] for line in file.read_text().splitlines()] == sorted(numbers)
    looks = "SELECT relations FROM personnel_file.consultations WHERE reason = 'a test'"
    assert len(await world.database.fetch(looks)) >= 5, "each page has its record"


async def test_methods_and_media_types(world: World, bakery: Rest) -> None:
    """HEAD is a GET without body; 405 lists every method; 406 and 415 are problems."""
    number = await accepted(bakery, world.engage(world.relation("bakery")))
    head = await sent(bakery, "HEAD", f"/periods/{number}")
    assert (head.status, head.body) == (200, b"")
    assert int(head.headers["content-length"]) > 0
    wrong = await sent(bakery, "PUT", f"/periods/{number}", {})
    assert (wrong.status, wrong.headers["allow"]) == (405, "GET, HEAD")
    for headers, status, kind in (
        ({"Accept": "text/html"}, 406, "notAcceptable"),
        ({"Content-Type": "text/xml"}, 415, "unsupportedMediaType"),
    ):
        answer = await sent(bakery, "POST", "/periods/search", {}, **headers)
        assert (answer.status, kind_of(answer)) == (status, kind)
        assert answer.json()["instance"] == f"urn:uuid:{answer.headers['belgov-trace-id']}"
    for path in ("periods", "relations", "declarations"):
        twice = b'{"periodId": 1, "periodId": 2}'
        answer = await sent(bakery, "POST", f"/{path}/search", twice, **{"Content-Type": "application/json"})
        assert (answer.status, kind_of(answer), "issues" in answer.json()) == (400, "badRequest", False)
    for query, body, name in (
        ("?page=0", {}, "page"),
        ("?after=x", {}, "after"),
        ("?page=1000", {}, "page"),
        ("?ssin=1", {}, "ssin"),
        ("", {"worker": {"ssin": "1"}}, "worker.ssin"),
        ("", {"employer": {}}, "employer"),
        ("", {"active": {}}, "active"),
        ("", {"startPeriod": {"endDate": 0}}, "startPeriod.endDate"),
    ):
        answer = await sent(bakery, "POST", f"/periods/search{query}", body)
        assert (answer.status, kind_of(answer)) == (400, "badRequest")
        assert answer.json()["issues"][0]["name"] == name
