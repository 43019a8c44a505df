"""One employer from its registration to the day on which it revokes its mandate.

Through public interfaces only: persons log in and use the APIs, programs use the queue and REST, an operator
uses the commands. The clock alone is moved by the test (decision D24).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from secrets import token_hex
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import pytest_asyncio
from typer.testing import CliRunner

from deploy.local.demo.data import DemoData
from deploy.local.stack import Stack
from services.cli.main import commands
from shared.domain.calendar import first_day, local_date
from tests.asgi import Answer
from tests.directory import later, make_person, registration
from tests.foreign.integrator import Integrator
from tests.oauth import parameters_of
from tests.portal import LEVEL, Portal
from tests.prove.checker import check
from tests.prove.observe import observe, quiet
from tests.prove.world import Relation, World, cancel, opened, outcome
from tests.rest import Rest
from tests.serving import serving
from tests.web import ask

pytestmark = [pytest.mark.stack, pytest.mark.asyncio(loop_scope="session")]

SCOPES = "openid scope:dimona:access scope:dimona:mandates scope:dimona:ebox"
NEXT = later(1)


@dataclass(frozen=True, slots=True)
class Person:
    """A logged-in user, with a password and an authenticator."""

    document: dict[str, Any]
    token: str

    def ask(self, method: str, path: str, body: Any = b"", service: str = "access") -> Answer:
        """Return the answer of a service to the user."""
        headers = {"Authorization": f"Bearer {self.token}"}
        return ask(f"{self.document['api'][service]}{path}", method, headers, body)

    async def do(self, method: str, path: str, body: Any = b"", service: str = "access") -> Any:
        """Return the answer of a service; check that the request is granted."""
        answer = await asyncio.to_thread(self.ask, method, path, body, service)
        assert answer.status in (200, 201), answer.body
        return answer.json()


@dataclass(slots=True)
class Story:
    """The world of the scenario, and its employer."""

    world: World
    document: dict[str, Any]
    folder: Path
    data: DemoData
    workers: Iterator[str]
    number: str = ""  #: of the employer
    mandate: str = ""
    persons: dict[str, Person] = field(default_factory=dict)
    deposits: list[tuple[str, int, str]] = field(default_factory=list)  #: e-Box, declaration, type of message

    @property
    def secretariat(self) -> str:
        """Return the number of the approved secretariat."""
        return self.data.organizations["secretariat"].enterprise_number

    async def operate(self, *command: str, typed: str = "") -> str:
        """Run a command of the operator, check that it succeeds, and return its output."""
        file = self.folder / "endpoints.json"
        file.write_text(json.dumps(self.document))
        line = [*command, "--endpoints", str(file)]
        done = await asyncio.to_thread(CliRunner().invoke, commands, line, typed)
        assert done.exit_code == 0, done.output
        return done.output

    def account(self, client_id: str, password: str) -> Path:
        """Return the operator's file of accounts, with one more."""
        accounts = json.loads(Path(self.document["accounts"]).read_text())
        file = self.folder / "accounts.json"
        file.touch(mode=0o600)
        file.write_text(
            json.dumps(accounts | {f"client:{client_id}": {"name": client_id, "password": password}})
        )
        return file

    async def enroll(self, name: str, user_id: str) -> None:
        """Let the operator create password and authenticator of a registered user, and log in."""
        password = token_hex(12)
        await self.operate("user", "password", name, "--person", user_id, typed=f"{password}\n")
        address = (await self.operate("user", "totp", name)).strip()
        (secret,) = parse_qs(urlsplit(address).query)["secret"]
        self.document["users"][name] = {"user_name": name, "password": password, "totp_secret": secret}
        await self.log_in(name)

    async def log_in(self, name: str) -> None:
        """Log in through the portal with a password and an authenticator."""
        self.persons[name] = Person(self.document, await asyncio.to_thread(_logged_in, self.document, name))

    def engage(self) -> dict[str, Any]:
        """Build an IN for the employer from tomorrow on, of a worker without relations."""
        return self.world.engage(Relation("", self.number, next(self.workers)))

    async def declare(self, role: str, document: dict[str, Any], *, ends: str, told: str) -> int:
        """Declare; check the result and the e-Box of the notification; return the number."""
        client = self.world[role]
        id_ = await client.declare(document)
        await client.finals([id_])
        assert outcome(client.answered(id_)) == ends
        number = await client.number(id_)
        assert await self.addressee(number) == told
        self.deposits.append((told, number, "dimonaPositive" if ends == "A" else "dimonaNegative"))
        return number

    async def denied(self, document: dict[str, Any]) -> None:
        """Declare over REST as the secretariat; check 403, no number, and the audit row (decision D4)."""
        written = "SELECT count(*) FROM intake.denials WHERE enterprise_number = $1"
        received = "SELECT count(*) FROM intake.declarations"
        statements = ((written, self.number), (received,))
        noted, before = [await self.world.database.value(*one) for one in statements]
        answer = await Rest(self.world, "secretariat").post(document)
        assert (answer.status, answer.json()["type"]) == (403, "urn:problem-type:belgif:missingPermission")
        assert [await self.world.database.value(*one) for one in statements] == [noted + 1, before]

    async def seen(self, name: str, box: str, query: str = "pageSize=200") -> list[tuple[int, str]]:
        """Return the declarations and types of message that a user sees in an e-Box."""
        page = await self.persons[name].do("GET", f"/eboxes/{box}/messages?{query}", service="notifier")
        return [(item["declarationId"], item["messageType"]) for item in page["items"]]

    async def addressee(self, number: int) -> str:
        """Wait for the notification of a declaration, and return in which of two e-Boxes it is."""
        boxes = {"reader": self.number, "secretariat.clerk": self.secretariat}
        async with asyncio.timeout(30):
            while True:
                for name, box in boxes.items():
                    if await self.seen(name, box, f"declarationId={number}"):
                        return box
                await asyncio.sleep(0.1)


def _logged_in(document: dict[str, Any], name: str) -> str:
    portal = Portal(document)
    portal.begin(scope=SCOPES, acr_values=f"{LEVEL}400")
    portal.password(name)
    answer = portal.redeem(parameters_of(portal.totp(name))["code"])
    assert answer.status == 200, answer.body
    token: str = answer.json()["access_token"]
    return token


@pytest.fixture(scope="module")
def document(stack: Stack) -> Iterator[dict[str, Any]]:
    """Return the endpoints of a deployment of its own, with all services running."""
    with serving(stack, "scenario") as endpoints:
        yield endpoints.document()


@pytest_asyncio.fixture(loop_scope="session")
async def story(
    document: dict[str, Any], data: DemoData, tmp_path: Path
) -> AsyncIterator[tuple[Story, AsyncExitStack]]:
    """Connect all clients, with room for one more program."""
    async with opened(document) as world, AsyncExitStack() as programs:
        yield Story(world, document, tmp_path, data, iter(document["workers"])), programs


async def test_from_registration_to_a_revoked_mandate(
    story: tuple[Story, AsyncExitStack],
) -> None:
    """Without the mandate: 90256-155 on the queue, 403 over REST."""
    told, programs = story
    await registered(told)
    await appointed(told)
    await programs.enter_async_context(await connected(told))
    await mandated(told)
    await before_the_boundary(told)
    await quarter_passed(told.world)
    await after_the_boundary(told)
    await mandate_taken_back(told)
    # Each notification lies in one e-Box, and there is nothing else.
    for reader, box in (("reader", told.number), ("secretariat.clerk", told.secretariat)):
        deposited = [(number, type_) for at, number, type_ in told.deposits if at == box]
        assert await told.seen(reader, box, "pageSize=200&sort=depositedAt") == deposited
    await quiet(told.world)
    assert check(await observe(told.world)) == []


async def registered(story: Story) -> None:
    """Register the employer by its legal representative; it has an e-Box from then on."""
    await story.log_in("studio.representative")
    representative = story.persons["studio.representative"]
    employer = await representative.do("POST", "/employers", registration())
    story.number = employer["enterpriseNumber"]


async def appointed(story: Story) -> None:
    """Name principal access manager, local manager and user, each by the previous one."""
    responsible = {"ssin": story.data.users["studio.representative"].ssin, "phone": "+3225115151"}
    designation = {"enterpriseNumber": story.number, "person": make_person(), "responsible": responsible}
    principal = await story.persons["studio.representative"].do(
        "POST", "/principalAccessManagers", designation
    )
    await story.enroll("principal", principal["userId"])
    users = f"/organizations/{story.number}/users"
    for manager, name, *rights in (
        ("principal", "local", {"right": "userManagement"}),
        ("local", "reader", {"right": "ebox"}),
        ("local", "filter", {"right": "ebox", "messageType": "dimonaNegative"}),
    ):
        named = {"person": make_person(), "rights": rights}
        user = await story.persons[manager].do("POST", users, named)
        assert user["rights"] == rights
        await story.enroll(name, user["id"])


async def connected(story: Story) -> Integrator:
    """Add the employer's program: registered by its manager, let in by the operator (decision D18)."""
    clients = f"/organizations/{story.number}/clients"
    client = await story.persons["principal"].do("POST", clients, {"queue": True})
    password, id_ = token_hex(16), client["id"]
    file = story.account(id_, password)
    await story.operate("topology", "apply", "--accounts", str(file))
    broker = urlsplit(next(iter(story.document["integrators"].values()))["amqp_url"])
    at = f"{id_}:{password}@{broker.hostname}:{broker.port}"
    program = Integrator(broker._replace(netloc=at).geturl(), id_)
    story.world.clients["employer"] = program
    return program


async def mandated(story: Story) -> None:
    """Prepare from next quarter: affiliation, and mandates for Dimona and the quarterly declaration."""
    await story.log_in("secretariat.principal")
    await story.log_in("secretariat.clerk")
    principal, theirs = story.persons["principal"], story.persons["secretariat.principal"]
    choice = {"employer": story.number, "secretariat": story.secretariat, "beginQuarter": NEXT}
    await principal.do("POST", "/affiliations", choice)
    for group in ("dimona", "dmfa"):
        parties = {"mandator": story.number, "mandatary": story.secretariat}
        proposed = {**parties, "applicationGroup": group, "beginQuarter": NEXT}
        proposal = await principal.do("POST", "/mandates", proposed)
        assert proposal["status"] == "toFinalize"
        mandate = await theirs.do("POST", f"/mandates/{proposal['id']}/validations")
        assert mandate["status"] == "active"
        if group == "dimona":
            story.mandate = mandate["id"]
    for person, party in (("principal", story.number), ("secretariat.clerk", story.secretariat)):
        listed = await story.persons[person].do("GET", f"/organizations/{party}/mandates?pageSize=1000")
        groups = {m["applicationGroup"] for m in listed["items"] if m["mandator"] == story.number}
        assert groups == {"dimona", "dmfa"}, "what it keeps is mandated to nobody; both parties see that"


async def before_the_boundary(story: Story) -> None:
    """Check that the employer declares and is notified itself; the secretariat may not yet."""
    await story.declare("employer", story.engage(), ends="A", told=story.number)
    await story.declare("secretariat", story.engage(), ends="B 90256-155", told=story.secretariat)
    await story.denied(story.engage())
    assert await story.seen("filter", story.number) == [], "he sees what was refused: nothing of theirs was"


async def quarter_passed(world: World) -> None:
    """Move to the second day of the next quarter. Tokens have the real time, which is not moved."""
    by = first_day(NEXT) - world.today + timedelta(1)
    await world.database.fetch("UPDATE platform.clock SET moved_by = moved_by + $1", by)
    world.today = local_date(await world.database.value("SELECT platform.now()"))


async def after_the_boundary(story: Story) -> None:
    """Check that both declare, and that the secretariat is notified of both."""
    await story.declare("secretariat", story.engage(), ends="A", told=story.secretariat)
    await story.declare("employer", story.engage(), ends="A", told=story.secretariat)


async def mandate_taken_back(story: Story) -> None:
    """Check that IN and change of the secretariat are refused; the employer's are accepted."""
    theirs, document = story.secretariat, story.engage()
    period = await story.declare("secretariat", story.engage(), ends="A", told=theirs)
    revoked = await story.persons["principal"].do("POST", f"/mandates/{story.mandate}/revocations")
    assert revoked["status"] == "closed"
    await story.declare("secretariat", document, ends="B 90256-155", told=theirs)
    await story.denied(document)
    await story.declare("secretariat", cancel(period), ends="B 00913-354", told=theirs)
    fed = [event.data for one in story.world.institutions.values() for event in one.events.values()]
    assert document["worker"]["ssin"] not in json.dumps(fed)
    await story.declare("employer", cancel(period), ends="A", told=theirs)
    await story.declare("employer", document, ends="A", told=theirs)
