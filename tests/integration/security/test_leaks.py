"""No data of a person is in logs, metrics or headers, and no text of a client is in SQL.

Threats T21, T26.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import asyncpg
import pytest

from deploy.local import postgres
from deploy.local.demo.people import DemoPerson
from deploy.local.deployment import ROOT, Endpoints
from deploy.local.processes import wait_until
from deploy.local.stack import Stack
from shared.envelope import carrier
from shared.messages import IdentificationEnded
from shared.runtime.bursts import CARRIER_TYPE, Outgoing, Sent
from shared.runtime.database import Connection
from shared.runtime.publishing import Publisher
from shared.topology import CONSUMING, SERVICES, exchange_hearing, parking_of
from tests.foreign.events import INTERMEDIATE, PATIENCE, PROBLEM, REPLY
from tests.integration.clients import declare, engage, integrator, result, unused
from tests.leaks import files, labels, names, ssins
from tests.rest import CONSULT, DECLARANT
from tests.tokens import bearer
from tests.web import ask

pytestmark = pytest.mark.stack

WEIRD = {
    "familyName": "Zwetsloot-Vanquickenborne",
    "givenName": "Xanthippe",
    "placeOfBirth": "Quaregnonville",
}
EVIL = (
    "'; DROP TABLE intake.problems; --",
    "' OR '1'='1",
    "$1); SELECT pg_sleep(10); --",
    '"; DELETE FROM personnel_file.periods; /*',
    "\\'; TRUNCATE intake.results; --",
    "{0} %s %(ssin)s ${ssin} $$x$$",
)


def get(url: str, path: str) -> str:
    with closing(http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)) as connection:
        connection.request("GET", path)
        return connection.getresponse().read().decode()


def written(stack: Stack, endpoints: Endpoints) -> dict[str, str]:
    """Return all that services and servers have written about their work, by place."""
    found = files(stack.folder / "logs")
    found |= {f"rabbitmq/{name}": text for name, text in files(stack.folder / "rabbitmq" / "log").items()}
    found |= {
        f"postgres/{file.name}": file.read_text(errors="replace")
        for file in postgres.home_of(stack.folder).glob("*.log")
    }
    for service in SERVICES:
        found[f"{service}/metrics"] = labels(get(endpoints.ops_url(service), "/metrics"))
        for path in ("/readyz", "/health"):
            found[service + path] = get(endpoints.ops_url(service), path)
    for vhost in (endpoints.deployment.public, endpoints.deployment.internal):
        for service in CONSUMING:
            found[f"{vhost}/{parking_of(service)}"] = json.dumps(headers(stack, vhost, parking_of(service)))
    return found


def headers(stack: Stack, vhost: str, queue: str) -> list[Any]:
    """Return the properties of the messages in a queue, without removing the messages."""
    status, answer = stack.rabbitmq.management.request(
        "POST", f"/api/queues/{quote(vhost, safe='')}/{quote(queue, safe='')}/get",
        {"count": 1000, "ackmode": "ack_requeue_true", "encoding": "auto"},
    )  # fmt: skip
    return [row["properties"] for row in json.loads(answer)] if status == 200 else []


async def publish_internal(endpoints: Endpoints, key: str, body: bytes) -> None:
    """Publish an internal message as operator."""
    publisher = Publisher(endpoints.operator_url, endpoints.deployment.internal, "test")
    session = asyncio.create_task(publisher.run())
    try:
        await asyncio.wait_for(publisher.connected.wait(), PATIENCE)
        sent = await publisher.publish(Outgoing("test", exchange_hearing(key), key, key, body, CARRIER_TYPE))
        assert sent is Sent.CONFIRMED
    finally:
        session.cancel()
        await asyncio.gather(session, return_exceptions=True)


def over_rest(endpoints: Endpoints, documents: Sequence[dict[str, Any]], numbers: Collection[str]) -> None:
    """Check that the first answer over REST contains no data of a person, in head or body (decision D27)."""
    token = bearer(endpoints, endpoints.data.client_of("bakery").client_id, DECLARANT, CONSULT, level=0)
    url = f"{endpoints.api_url('intake')}/REST/dimona/v2/declarations"
    answers = [ask(url, "POST", token, document) for document in documents]
    assert {answer.status for answer in answers} == {201, 400}
    answers.append(ask(f"{url}/{documents[0]['worker']['ssin']}", "GET", token))
    assert answers[-1].status == 404
    said = json.dumps([[dict(answer.headers), answer.body.decode()] for answer in answers])
    assert [number for number in numbers if number in said] == []


def spoiled(ssin: str) -> bytes:
    """Return a carrier with one unreadable event, full of personal data."""
    data = {"declaration": {"number": ssin, "declared": {"worker": {"ssin": ssin, **WEIRD}}}, "worker": ssin}
    event = {"id": "1c3f8f3a-0000-4000-8000-000000000001", "type": IdentificationEnded.TYPE, "data": data}
    return carrier([json.dumps(event)]).encode()


async def test_no_data_of_a_person_is_written(stack: Stack, served: Endpoints) -> None:
    people = unused(served, 20)
    stranger = {**served.data.strangers[5].identity(), **WEIRD}
    async with integrator(served) as client:
        accepted = await declare(client, *(engage(served, person, 1) for person in people))
        assert {result(event) for event in accepted} == {"A"}
        bad: list[dict[str, Any]] = [
            engage(served, people[0], 1),
            engage(served, {"ssin": people[0].ssin[:-1] + "0"}),
            engage(served, {"ssin": people[1].ssin, **WEIRD}, 40),
            engage(served, people[2], 60, startHour=people[2].ssin),
            engage(served, people[3], 60, features={"workerType": people[3].ssin}),
            {**engage(served, people[4], 60), "employer": {"enterpriseNumber": people[4].ssin}},
            {**engage(served, people[5], 60), people[5].ssin: "unknown property"},
            engage(served, people[6], 60, startDate=people[6].ssin),
            {"dimonaOut": {"periodId": int(people[7].ssin), "endDate": "2020-01-01"}},
        ]
        await declare(client, *bad)
        await client.answer(await client.declare(engage(served, stranger)), INTERMEDIATE)
        client.source = f"urn:{WEIRD['familyName']}"
        await client.ends([await client.declare(engage(served, people[8], 90), people[8].ssin)])
    await asyncio.to_thread(
        over_rest, served, [engage(served, people[12], 1), *bad], {person.ssin for person in people}
    )
    parking, internal = parking_of("personnel_file"), served.deployment.internal
    before = len(headers(stack, internal, parking))
    await publish_internal(served, f"{IdentificationEnded.TYPE}.0", spoiled(people[9].ssin))
    await publish_internal(served, f"{IdentificationEnded.TYPE}.1", people[10].ssin.encode())

    def both_are_parked() -> bool:
        return len(headers(stack, internal, parking)) == before + 2

    await asyncio.to_thread(wait_until, both_are_parked, 60, "two parked")
    assert all(row["headers"]["reason"] for row in headers(stack, internal, parking))

    said = written(stack, served)
    assert len(said) > 20
    assert any("received" in text for text in said.values())
    assert {where: found for where, text in said.items() if (found := ssins(text))} == {}
    whose = {person.family_name for person in people} | set(WEIRD.values())
    assert {where: found for where, text in said.items() if (found := names(text, whose))} == {}


def test_control_a_planted_leak_is_found(stack: Stack, served: Endpoints) -> None:
    """A number or name of a person is found in a log line, a metric and a file."""
    person = served.data.people[0]
    number = person.ssin
    human = f"{number[:2]}.{number[2:4]}.{number[4:6]}-{number[6:9]}.{number[9:]}"
    for leak in (f'{{"event": "settled", "ssin": "{number}"}}', f"x={number};", f"worker {human} is late"):
        assert ssins(leak) == [number]
    assert ssins(labels(f'dimona_x{{queue="q",worker="{number}"}} 1.0')) == [number]
    assert names(f"failed for {person.family_name.upper()}!", [person.family_name])
    planted = stack.folder / "logs" / "planted.log"
    planted.write_text(f"row ({number}, x)\n")
    try:
        assert [where for where, text in written(stack, served).items() if ssins(text)] == ["planted.log"]
    finally:
        planted.unlink()


@pytest.fixture
async def database(served: Endpoints) -> AsyncIterator[Connection]:
    connection = await asyncpg.connect(served.superuser_dsn)
    yield connection
    await connection.close()


def poisoned(endpoints: Endpoints, evil: str, worker: DemoPerson) -> list[dict[str, Any]]:
    """Return one declaration per text field, with the evil text in that field."""
    identity = endpoints.data.strangers[6].identity()
    address = identity["address"]
    place = {"name": evil, "address": {**address, "street": evil}}
    user = {"jointCommissionNumber": evil, "name": evil, "enterpriseNumber": evil, "address": address}
    workers: list[dict[str, Any]] = [
        {"ssin": evil},
        {"ssin": worker.ssin, "familyName": evil},
        *({**identity, name: evil} for name in ("familyName", "givenName", "initial", "placeOfBirth")),
        *(
            {**identity, "address": {**address, n: evil}}
            for n in ("street", "houseNumber", "boxNumber", "postCode")
        ),
        {**identity, "address": {**address, "municipality": {"code": 1, "name": evil}}},
        {**identity, "birthDate": evil},
    ]
    features = [
        {"jointCommissionNumber": evil, "workerType": "OTH"},
        {"jointCommissionNumber": "XXX", "workerType": evil},
        {"jointCommissionNumber": "XXX", "workerType": "OTH", "subEntityNumber": evil},
        {"jointCommissionNumber": "322", "workerType": "OTH", "usingEmployer": user},
    ]
    blocks: list[dict[str, Any]] = [
        {"startHour": evil}, {"endHour": evil}, {"startDate": evil}, {"studentPlaceOfWork": place},
        {"constructionControlCards": {"firstMonthC32ANumber": evil, "nextMonthC32ANumber": evil}},
        {"smallStatutesInformation": {"employmentNature": evil, "workerStatus": evil}},
    ]  # fmt: skip
    return [
        *(engage(endpoints, each) for each in workers),
        *(engage(endpoints, worker, features=each) for each in features),
        *(engage(endpoints, worker, 300, **each) for each in blocks),
        {**engage(endpoints, worker), "employer": {"enterpriseNumber": evil}},
        {"dimonaUpdate": {"periodId": 1, "startHour": evil, "endHour": evil}},
    ]


async def failures(endpoints: Endpoints) -> dict[str, str]:
    """Return the lines of the metrics that count failed attempts and parked messages."""
    pattern = r"^(dimona_(?:db_errors|message_dead_letters)_total\{[^}]*\}) (.+)$"
    bodies = [get(endpoints.ops_url(service), "/metrics") for service in SERVICES]
    return {f"{n} {name}": value for n, body in enumerate(bodies)
            for name, value in re.findall(pattern, body, re.MULTILINE)}  # fmt: skip


async def test_sql_in_a_field_is_an_ordinary_text(served: Endpoints, database: Connection) -> None:
    """In every field it ends as an anomaly, a problem or a result, and no service fails (threat T26)."""
    tables = "SELECT count(*) FROM pg_class WHERE relkind = 'r'"
    before = await failures(served), await database.fetchval(tables)
    periods = await database.fetchval("SELECT count(*) FROM personnel_file.periods")
    async with integrator(served) as client:
        ids = [
            await client.declare(declaration)
            for evil, person in zip(EVIL, unused(served, len(EVIL)), strict=True)
            for declaration in poisoned(served, evil, person)
        ]
        (person,) = unused(served, 1)
        for evil in EVIL:
            client.source = evil
            ids.append(await client.declare(engage(served, person), evil))
        answered = await client.ends(ids, REPLY, PROBLEM, INTERMEDIATE)
        assert len(answered) == len(ids) > 100
        numbers = [event.data for event in answered if event.type == REPLY]
        assert {row["declarationStatus"]["result"] for row in numbers} <= {"A", "W", "B"}
    assert (await failures(served), await database.fetchval(tables)) == before
    assert await database.fetchval("SELECT count(*) FROM personnel_file.periods") >= periods
    kept = await database.fetchval(
        "SELECT count(*) FROM intake.declarations WHERE message_id = ANY($1)", list(EVIL)
    )
    assert kept == len(EVIL)  # as they were written, quotes and all


async def test_control_such_texts_in_a_built_statement_do_harm(database: Connection) -> None:
    """Two of the texts in a statement that is built by hand."""
    statement = "SELECT count(*) FROM platform.clock WHERE moved_by::text = '{}'"
    transaction = database.transaction()
    await transaction.start()
    assert await database.fetchval(statement.format("x")) == 0
    assert await database.fetchval(statement.format(EVIL[1])) == 1
    await database.execute(statement.format(EVIL[0]))
    assert await database.fetchval("SELECT to_regclass('intake.problems')::text") is None
    await transaction.rollback()
    assert await database.fetchval("SELECT to_regclass('intake.problems')::text") == "intake.problems"


def test_no_statement_is_built_from_values(tmp_path: Path) -> None:
    """Ruff's S608 finds none in production code, and finds a planted one (threat T26)."""
    ruff = [str(Path(sys.executable).with_name("ruff")), "check", "--isolated", "--select", "S608"]
    clean = subprocess.run(
        [*ruff, "shared", "services"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert clean.returncode == 0, clean.stdout
    planted = tmp_path / "store.py"
    planted.write_text("def find(c, name):\n    return c.fetch(f\"SELECT * FROM t WHERE name = '{name}'\")\n")
    found = subprocess.run([*ruff, planted], capture_output=True, text=True, check=False)
    assert "S608" in found.stdout
