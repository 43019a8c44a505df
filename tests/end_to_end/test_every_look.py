"""A person sees every reading: each operation that shows data about a person is played (ADR 36).

A new operation of `tests/contracts/looks.py` fails here until it is played or has a reason.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import pytest
import pytest_asyncio

from deploy.local.demo.data import DemoData
from deploy.local.demo.numbers import make_enterprise_number
from deploy.local.deployment import Endpoints
from tests.asgi import Answer
from tests.contracts.looks import RECORDED
from tests.directory import registration
from tests.end_to_end.planted import AGENT, EBOX, Face, Planted, log_in
from tests.end_to_end.reads import ELSEWHERE, NAMES
from tests.end_to_end.registers import make_person
from tests.end_to_end.test_consultation import sent
from tests.end_to_end.test_late import listed
from tests.foreign.journal import page
from tests.integration.omission.importing import run, write
from tests.oauth import feed_token
from tests.prove.world import FLEXI, Relation, World, register_day
from tests.rest import Rest, outcome
from tests.tokens import bearer
from tests.web import ask

pytestmark = [
    pytest.mark.stack,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.usefixtures("sound"),
]

DIRECTORY: Final = "scope:dimona:access"
CONTACT: Final = "scope:dimona:contact"
CONSULT: Final = "scope:dimona:declaration:consult"


class Scenario:
    """The readers of the data of one person, and the operations that they have played."""

    def __init__(self, world: World, endpoints: Endpoints, data: DemoData, planted: Planted) -> None:
        self.world, self.endpoints, self.data, self.planted = world, endpoints, data, planted
        self.bakery = data.organizations["bakery"].enterprise_number
        self.rest = Rest(world, "bakery")
        self.played: set[tuple[str, str]] = set()

    def face(self, name: str, scope: str, service: str) -> Face:
        """Return the API of a service for a user of the demo."""
        return Face(self.endpoints, self.data.users[name].user_id, scope, service)

    async def play(
        self, contract: str, operation: str, face: Face, method: str, path: str, body: Any = b""
    ) -> Answer:
        """Play an operation of a person, which has to succeed; return the answer."""
        return self._played(contract, operation, await face.ask(method, path, body))

    async def play_rest(
        self, contract: str, operation: str, method: str, path: str, body: Any = b""
    ) -> Answer:
        """Play an operation of the technical client of the bakery; return the answer."""
        return self._played(contract, operation, await sent(self.rest, method, path, body))

    def _played(self, contract: str, operation: str, answer: Answer) -> Answer:
        assert answer.status in (200, 201, 202), (operation, answer.body)
        self.played.add((contract, operation))
        return answer

    async def value(self, statement: str, *values: Any) -> Any:
        """Return a value of the database."""
        return await self.world.database.value(statement, *values)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def scenario(
    world: World,
    deployment: Endpoints,
    data: DemoData,
    planted: Planted,
    endpoints_file: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Scenario:
    """Play every operation."""
    scenario = Scenario(world, deployment, data, planted)
    for play in (
        _consult,
        _read_results,
        _read_files,
        _use_directory,
        _read_cases,
        _read_messages,
        _act_as_agent,
    ):
        await play(scenario)
    await _read_omissions(scenario, endpoints_file, tmp_path_factory.mktemp("findings"))
    await _read_feed(scenario)
    await _list_late(scenario, endpoints_file, tmp_path_factory.mktemp("late"))
    return scenario


async def _consult(scenario: Scenario) -> None:
    about = {"employer": {"enterpriseNumber": scenario.bakery}}
    worker = {**about, "worker": {"ssin": scenario.planted.ssin}}
    await scenario.play_rest("consultation", "searchPeriods", "POST", "/periods/search", worker)
    found = await scenario.play_rest("consultation", "searchRelations", "POST", "/relations/search", worker)
    relation = found.json()["items"][0]["relationId"]
    period = f"/periods/{scenario.planted.period}"
    await scenario.play_rest("consultation", "getPeriod", "GET", period)
    await scenario.play_rest("consultation", "getPeriodChanges", "GET", f"{period}/changes")
    export = {"format": "jsonl", "criteria": {**about, "relationId": relation}}
    made = await sent(scenario.rest, "POST", "/exports", export)
    content = f"{made.headers['location'].removeprefix(scenario.rest.url)}/content"
    await scenario.play_rest("consultation", "getExportContent", "GET", content)
    world, first = scenario.world, scenario.world.days_in_one_quarter(9)
    flexi = world.engage(Relation("bakery", scenario.bakery, scenario.planted.ssin), first, first + 9, FLEXI)
    numbers: list[int] = []
    for declaration in (flexi, None):
        declared = declaration or register_day(numbers[0], world.day(first))
        numbers.append(await scenario.rest.declare(declared))
        assert outcome(await scenario.rest.answer(numbers[-1]))[0] in "AW"
    await scenario.play_rest(
        "consultation", "getDailyRegistration", "GET", f"/dailyRegistrations/{numbers[1]}"
    )


async def _read_results(scenario: Scenario) -> None:
    number = scenario.planted.period
    await scenario.play_rest("declarations", "getDeclaration", "GET", f"/declarations/{number}")
    search = {"employer": {"enterpriseNumber": scenario.bakery}, "declarationId": number}
    await scenario.play_rest("declarations", "searchDeclarations", "POST", "/declarations/search", search)


async def _read_files(scenario: Scenario) -> None:
    (row,) = await scenario.world.database.fetch(
        """SELECT f.client_id, a.ticket, a.name FROM files.forms m JOIN files.results r USING (ticket, number)
        JOIN files.answers a ON a.answer = r.answer JOIN files.files f ON f.ticket = a.ticket
        WHERE strpos(m.form, $1) > 0 LIMIT 1""",
        scenario.planted.former,
    )
    token = bearer(scenario.endpoints, row["client_id"], CONSULT, level=0)
    url = f"{scenario.endpoints.api_url('files')}/files/{row['ticket']}/answers/{row['name']}"
    answer = await asyncio.to_thread(ask, url, "GET", token)
    scenario._played("files", "getFileAnswer", answer)


async def _use_directory(scenario: Scenario) -> None:
    manager = scenario.face("bakery.local", DIRECTORY, "access")
    agent = scenario.face("authority.agent", DIRECTORY, "access")
    person = {
        "ssin": scenario.planted.ssin, "familyName": "Verstraeten", "givenName": "Godelieve",
        "language": "nl",
    }  # fmt: skip
    users = f"/organizations/{scenario.bakery}/users"
    new = {"person": person, "rights": [{"right": "ebox"}]}
    await scenario.play("access", "addUser", manager, "POST", users, new)
    await scenario.play("access", "listUsers", manager, "GET", users)
    await scenario.play("access", "readUser", manager, "GET", f"{users}/{scenario.planted.person.subject}")
    registrant = Face(scenario.endpoints, scenario.planted.person.subject, DIRECTORY, "access")
    employer = registration(enterpriseNumber=make_enterprise_number(70_001))
    pending = await registrant.ask("POST", "/employers", employer)
    path = f"/registrations/{pending.json()['id']}"
    await scenario.play("access", "listRegistrations", agent, "GET", "/registrations?pageSize=1000")
    await scenario.play("access", "readRegistration", agent, "GET", path)
    await scenario.play(
        "access", "decideRegistration", agent, "POST", f"{path}/decisions", {"accepted": False}
    )


async def _read_cases(scenario: Scenario) -> None:
    case = await scenario.value(
        """SELECT c.case_id FROM contact.cases c JOIN contact.notifications n USING (notification_id)
        WHERE n.ssin = $1""", scenario.planted.former,
    )  # fmt: skip
    employer = scenario.face("bakery.declarer", CONTACT, "contact")
    await scenario.play("contact", "getContestations", employer, "GET", "/contestations?pageSize=200")
    await scenario.play("contact", "getContestation", employer, "GET", f"/contestations/{case}")
    agent = scenario.planted.agent
    await scenario.play("contact", "getCase", agent, "GET", f"/cases/{case}")
    search = {"ssin": scenario.planted.former, "reason": "A call."}
    await scenario.play("contact", "searchCases", agent, "POST", "/cases/search", search)


async def _read_messages(scenario: Scenario) -> None:
    hotel = scenario.data.organizations["hotel"].enterprise_number
    id_ = await scenario.value(
        """SELECT message_id FROM notifier.messages
        WHERE strpos(data, $1) > 0 AND enterprise_number = $2 LIMIT 1""", scenario.planted.former, hotel,
    )  # fmt: skip
    reader = scenario.face("hotel.all", EBOX, "notifier")
    message = f"/eboxes/{hotel}/messages/{id_}"
    found = await scenario.play("ebox", "getMessage", reader, "GET", message)
    name = found.json()["attachments"][0]["name"]
    await scenario.play("ebox", "getAttachment", reader, "GET", f"{message}/attachments/{name}")


async def _act_as_agent(scenario: Scenario) -> None:
    agent, request = scenario.planted.agent, scenario.planted.request()
    for operation, path in (
        ("readDataOfPerson", "data"), ("readStatementOfPerson", "statement"), ("readLooksAtPerson", "looks"),
    ):  # fmt: skip
        await scenario.play("person", operation, agent, "POST", f"/persons/{path}", request)
    looks = {
        "ssin": scenario.planted.ssin, "words": "A complaint.", "since": "2020-01-01T00:00:00Z",
        "until": "2100-01-01T00:00:00Z",
    }  # fmt: skip
    await scenario.play("person", "searchLooks", agent, "POST", "/looks/search", looks)
    report = {**request, "description": "The hours are wrong."}
    opened = await scenario.play("person", "reportErrorOfPerson", agent, "POST", "/persons/reports", report)
    path = f"/persons/reports/{opened.json()['reportId']}"
    await scenario.play("person", "readReport", agent, "GET", path)
    await scenario.play("person", "claimReport", agent, "POST", f"{path}/claims")
    answer = {"state": "rejected", "answer": "They are right."}
    await scenario.play("person", "answerReport", agent, "POST", f"{path}/answers", answer)
    for operation, path in (
        ("readMyData", "data"), ("readMyStatement", "statement"), ("readMyLooks", "looks"),
        ("exportMyData", "export"),
    ):  # fmt: skip
        await scenario.play("person", operation, scenario.planted.person, "GET", f"/person/{path}")


async def _read_omissions(scenario: Scenario, endpoints: Path, folder: Path) -> None:
    finding = {
        "enterpriseNumber": scenario.data.organizations["nursery"].enterprise_number,
        "ssin": scenario.planted.ssin, "day": scenario.world.day(-5), "source": "inspector",
        "reference": "R-look", "foundAt": (datetime.now(UTC) - timedelta(minutes=1)).isoformat(),
    }  # fmt: skip
    done = await run(endpoints, "import", str(write(folder, [finding])))
    assert done.exit_code == 0, done.output
    number = "SELECT max(case_id) FROM personnel_file.omission_cases WHERE ssin = $1"
    await scenario.world.database.until(f"{number} HAVING count(*) > 0", scenario.planted.ssin)
    case = await scenario.value(number, scenario.planted.ssin)
    agent = scenario.face("authority.agent", AGENT, "personnel_file")
    await scenario.play("omissions", "getOmissions", agent, "GET", f"/omissions?after={case - 1}")
    await scenario.play("omissions", "getOmission", agent, "GET", f"/omissions/{case}")
    await scenario.play("locks", "getLocks", agent, "GET", f"/periods/{scenario.planted.period}/locks")


async def _read_feed(scenario: Scenario) -> None:
    for name, row in scenario.world.document["institutions"].items():
        cursor, token = None, feed_token(scenario.world.document, name)
        while True:
            events, cursor = await asyncio.to_thread(page, row["events_url"], token, cursor, 1000)
            if any(scenario.planted.ssin in str(event) for event in events):
                scenario.played.add(("events", "listEvents"))
                return
            if not events:
                break


async def _list_late(scenario: Scenario, endpoints: Path, folder: Path) -> None:
    world, client = scenario.world, scenario.world["nursery"]
    employer = scenario.data.organizations["nursery"].enterprise_number
    late = await client.declare(world.engage(Relation("nursery", employer, scenario.planted.ssin), -10))
    await client.finals([late])
    done = await listed(
        endpoints, "--format", "csv", "--file", str(folder / "late.csv"), "--reason", "a test"
    )
    assert done.exit_code == 0, done.output


async def looks_of(planted: Planted) -> list[dict[str, Any]]:
    """Return all looks at the person."""
    found, path = list[dict[str, Any]](), "/person/looks?pageSize=200"
    while True:
        answer = (await planted.person.ask("GET", path)).json()
        found += answer["items"]
        if "nextBefore" not in answer:
            return found
        path = f"/person/looks?pageSize=200&before={quote(answer['nextBefore'])}"


async def test_every_operation_with_a_record_is_played(scenario: Scenario) -> None:
    recorded = {(contract, operation) for contract, names in RECORDED.items() for operation in names}
    assert recorded == scenario.played | ELSEWHERE.keys()
    assert not scenario.played & ELSEWHERE.keys()


async def test_the_person_sees_every_operation_that_was_played(scenario: Scenario) -> None:
    looks = await looks_of(scenario.planted)
    seen = {(look["source"], look["operation"]) for look in looks}
    played = {
        (RECORDED[contract][operation], NAMES.get((contract, operation), operation))
        for contract, operation in scenario.played
    }
    assert played - seen == set()
    assert ("personnel_file.late_readings", "lateList") in seen


async def test_another_person_sees_none_of_them(scenario: Scenario, deployment: Endpoints) -> None:
    other = await log_in(deployment, make_person()["ssin"])
    assert (await other.ask("GET", "/person/looks")).json()["items"] == []
