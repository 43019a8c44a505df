"""Agents propose, confirm and end authorizations by API and by command; an end takes account and queue."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aio_pika
import asyncpg
import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from services.cli.main import commands
from services.provisioner.handler import Provisioner
from services.provisioner.settings import ProvisionerSettings
from shared.definitions import Account, definitions
from shared.runtime.broker import LOST
from shared.runtime.management import Management
from shared.topology import institution_queue
from tests.connecting import connected
from tests.directory import Caller, user
from tests.integration.parking import operator_account
from tests.serving import serving

pytestmark = pytest.mark.stack

FEDRIS = "/institutions/fedris"
TERMS: dict[str, Any] = {
    "recipientClass": "social_security",
    "legalBasis": "A law",
    "purpose": "A purpose",
    "fields": ["worker", "endDate"],
    "beginsAt": "2026-01-01T00:00:00Z",
    "country": "BE",
    "contact": "feed@fedris.example",
}


@pytest.fixture(scope="module")
def endpoints(stack: Stack) -> Iterator[Endpoints]:
    """Serve the directory of a deployment of its own."""
    with serving(stack, "authorizing", ("access",)) as endpoints:
        yield endpoints


@pytest.fixture
async def owner(endpoints: Endpoints) -> AsyncIterator[asyncpg.Connection]:
    """Connect as the owner of the database."""
    connection = await asyncpg.connect(endpoints.postgres_dsn)
    yield connection
    await connection.close()


@pytest.fixture
async def institution(owner: asyncpg.Connection) -> str:
    """Return an institution without authorization."""
    await owner.execute(
        "INSERT INTO access.institution (institution_id) VALUES ('fedris') ON CONFLICT DO NOTHING"
    )
    return "fedris"


@pytest.fixture
def agent(endpoints: Endpoints) -> Caller:
    return user(endpoints, "authority.agent")


@pytest.fixture
def officer(endpoints: Endpoints) -> Caller:
    return user(endpoints, "authority.officer")


async def in_force(owner: asyncpg.Connection, institution: str) -> bool:
    found = await owner.fetchval(
        "SELECT in_force FROM access.institution_accounts WHERE institution_id = $1", institution
    )
    return bool(found)


async def test_another_agent_confirms_a_proposal(
    owner: asyncpg.Connection, institution: str, agent: Caller, officer: Caller
) -> None:
    proposed = agent.post(f"{FEDRIS}/authorizations", TERMS)
    assert proposed["fields"] == ["relation", "version", "worker", "periodId", "status", "endDate"]
    assert (proposed["status"], proposed["version"], proposed["grantedBy"]) == ("proposed", 1, agent.subject)
    named = {"authorizationId": proposed["authorizationId"], "version": 1}
    assert agent.ask("POST", f"{FEDRIS}/confirmations", named).status == 403
    assert not await in_force(owner, institution)
    confirmed = officer.post(f"{FEDRIS}/confirmations", named)
    assert (confirmed["status"], confirmed["confirmedBy"]) == ("inForce", officer.subject)
    assert await in_force(owner, institution)
    assert officer.ask("POST", f"{FEDRIS}/confirmations", named).status == 409

    # Other terms are a second version, which replaces the first at its confirmation.
    agent.post(f"{FEDRIS}/authorizations", {**TERMS, "fields": ["employer"]})
    second = agent.post(f"{FEDRIS}/authorizations", {**TERMS, "fields": ["endDate"]})
    assert (second["authorizationId"], second["version"]) == (proposed["authorizationId"], 3)
    officer.post(f"{FEDRIS}/confirmations", {**named, "version": 3})
    listed = agent.get(f"{FEDRIS}/authorizations")
    states = [(item["version"], item["status"]) for item in listed["items"]]
    assert states == [(3, "inForce"), (2, "withdrawn"), (1, "replaced")]

    ended = agent.post(f"{FEDRIS}/endings", {"reason": "The deliberation was withdrawn"})
    assert (ended["status"], ended["endedBy"]) == ("ended", agent.subject)
    assert not await in_force(owner, institution)
    assert agent.ask("POST", f"{FEDRIS}/endings", {"reason": "Again"}).status == 409
    states = [(item["version"], item["status"]) for item in agent.get(f"{FEDRIS}/authorizations")["items"]]
    assert states == [(3, "ended"), (2, "withdrawn"), (1, "replaced")]
    again = agent.post(f"{FEDRIS}/authorizations", TERMS)
    assert (again["version"], again["authorizationId"] != proposed["authorizationId"]) == (1, True)


async def test_contradictions_and_strangers_are_refused(
    endpoints: Endpoints, institution: str, agent: Caller
) -> None:
    abroad = agent.ask("POST", f"{FEDRIS}/authorizations", {**TERMS, "country": "US"})
    assert (abroad.status, abroad.json()["issues"][0]["in"]) == (400, "body")
    assert abroad.json()["issues"][0]["name"] == "guarantee"
    unknown = agent.ask("POST", f"{FEDRIS}/authorizations", {**TERMS, "fields": ["endDat"]})
    assert unknown.status == 400
    assert agent.ask("GET", "/institutions/unknown/authorizations").status == 404
    assert agent.ask("POST", "/institutions/unknown/authorizations", TERMS).status == 404
    stranger = user(endpoints, "bakery.principal")
    assert stranger.ask("GET", f"{FEDRIS}/authorizations").status == 403
    assert stranger.ask("POST", f"{FEDRIS}/endings", {"reason": "Why not"}).status == 403


async def test_the_agents_see_each_change_in_their_events(
    owner: asyncpg.Connection, institution: str, agent: Caller
) -> None:
    agent.post(f"{FEDRIS}/authorizations", TERMS)
    rows = await owner.fetch(
        "SELECT changed_by::text FROM access.history"
        " WHERE type = 'institutionAuthorizations.notify.added' ORDER BY id DESC LIMIT 1"
    )
    assert rows[0]["changed_by"] == agent.subject
    events = agent.get("/events?pageSize=1000")["items"]
    assert any(event["type"].endswith("institutionAuthorizations.notify.added") for event in events)


async def test_two_operators_authorize_by_command(
    endpoints: Endpoints,
    owner: asyncpg.Connection,
    institution: str,
    tmp_path: Path,
    agent: Caller,
    officer: Caller,
) -> None:
    """An operator confirms no proposal of an agent, and an agent none of an operator."""
    terms = tmp_path / "terms.json"
    terms.write_text(json.dumps(TERMS))
    reason, of_owner = ("--reason", "Request 12"), tmp_path / "owner.json"
    of_owner.write_text(json.dumps(endpoints.document()))
    owner_name = await owner.fetchval("SELECT session_user")

    def run(file: Path, *arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(commands, ["institution", *arguments, "--endpoints", str(file)])
        return done.exit_code, done.output

    def work() -> None:
        with operator_account(endpoints, "grant.alice", tmp_path) as alice:
            assert run(alice, "grant", institution, str(terms), *reason)[0] == 0
            found = run(alice, "show", institution)[1]
            named = next(line for line in found.splitlines() if line.endswith(": proposed"))
            authorization, version = named.removesuffix(": proposed").split()
            chosen = (institution, authorization, version, *reason)
            assert "another operator confirms" in run(alice, "confirm", *chosen)[1].replace("\n", " ")
            named_so = {"authorizationId": authorization, "version": int(version)}
            assert officer.ask("POST", f"{FEDRIS}/confirmations", named_so).status == 403
            assert run(of_owner, "confirm", *chosen)[0] == 0
            assert f"{authorization} {version}: inForce" in run(of_owner, "show", institution)[1]
            assert run(alice, "end", institution, *reason)[0] == 0
            assert run(alice, "end", institution, *reason)[0] == 2
            assert run(alice, "grant", "unheard_of", str(terms), *reason)[0] == 2
            proposed = agent.post(f"{FEDRIS}/authorizations", TERMS)
            of_agent = (institution, proposed["authorizationId"], str(proposed["version"]), *reason)
            assert "an agent confirms" in run(alice, "confirm", *of_agent)[1].replace("\n", " ")

    await asyncio.to_thread(work)
    assert not await in_force(owner, institution)
    log = await owner.fetch(
        "SELECT account, action, subject, reason FROM platform.operator_log ORDER BY entry_id DESC LIMIT 3"
    )
    assert [tuple(row) for row in reversed(log)] == [
        ("grant.alice", "institution.grant", "fedris", "Request 12"),
        (owner_name, "institution.confirm", "fedris", "Request 12"),
        ("grant.alice", "institution.end", "fedris", "Request 12"),
    ]


async def enters(url: str) -> bool:
    """Return whether the broker accepts a connection."""
    try:
        connection = await connected(url)
    except LOST:
        return False
    await connection.close()
    return True


async def waiting(endpoints: Endpoints, institution: str, *bodies: bytes) -> int:
    """Put messages into the queue of an institution, and return the number of messages in it."""
    name = institution_queue(institution)
    connection = await connected(endpoints.amqp_url("operator", endpoints.deployment.vhost_of(name)))
    async with connection, connection.channel() as channel:
        for body in bodies:
            await channel.default_exchange.publish(aio_pika.Message(body), name)
        queue = await channel.declare_queue(name, passive=True)
        return queue.declaration_result.message_count or 0


async def withheld(endpoints: Endpoints, url: str) -> None:
    """Wait until onem can neither connect nor find an event."""
    async with asyncio.timeout(30):
        while await waiting(endpoints, "onem") or await enters(url):  # noqa: ASYNC110 - the broker tells no end
            await asyncio.sleep(0.2)


async def test_an_ended_authorization_takes_account_and_queue(
    endpoints: Endpoints, owner: asyncpg.Connection
) -> None:
    """Also those made again from the accounts file. Another institution keeps both."""
    urls = {name: row["amqp_url"] for name, row in endpoints.document()["institutions"].items()}
    assert [await waiting(endpoints, name, b"event") for name in ("onem", "onva")] == [1, 1]
    lost = asyncio.Event()
    reader = await connected(urls["onem"])
    reader.close_callbacks.add(lambda *_: lost.set())
    settings = ProvisionerSettings(
        database_dsn=SecretStr(endpoints.dsns["provisioner"]),
        deployment=endpoints.deployment.name,
        management_url=SecretStr(
            (endpoints.secrets / "provisioner" / "dimona_management_url").read_text().strip()
        ),
    )
    running = asyncio.create_task(Provisioner(settings).run())
    try:
        await owner.execute(
            "UPDATE access.institution_authorization SET ended_by = 'operator:test', end_reason = 'test'"
            " WHERE institution_id = 'onem'"
        )
        await withheld(endpoints, urls["onem"])
        async with asyncio.timeout(30):
            await lost.wait()
        accounts = {
            role: Account(**row)
            for role, row in json.loads(endpoints.accounts.read_text()).items()
            if role.startswith("institution:")
        }
        again = definitions(endpoints.deployment, accounts, (), ("onem", "onva"), b"salt")
        await asyncio.to_thread(Management(endpoints.management_url).import_definitions, again)
        await waiting(endpoints, "onem", b"late event")
        await withheld(endpoints, urls["onem"])
    finally:
        running.cancel()
    assert await enters(urls["onva"])
    assert await waiting(endpoints, "onva") == 1
