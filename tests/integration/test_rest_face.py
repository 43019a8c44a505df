"""The REST face of declarations on a real database: commits nobody heard of, the line, and readings."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import asyncpg
import pytest
from joserfc.jwk import ECKey
from pydantic import SecretStr

from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from services.intake import store
from services.intake.api import CONSULT, DECLARE, PATH, app
from services.intake.handler.receive import Reception
from services.intake.settings import IntakeSettings
from shared.domain.calendar import SATURDAY_AND_SUNDAY
from shared.domain.declared import Declaration
from shared.runtime import database as database_module
from shared.runtime import line, metrics
from shared.runtime.commands import Command
from shared.runtime.database import POOL_SIZE, Transaction, open_pool
from shared.runtime.line import AT_ONCE, OF_ONE_CLIENT, WAITING
from shared.runtime.outgoing import OutgoingTable
from shared.runtime.stage import Gate, Stage
from shared.runtime.tokens import Verifier
from shared.topology import MAX_MESSAGE_BYTES, Deployment
from tests.asgi import Answer, call
from tests.fault_proxy import FaultProxy, fault_proxy
from tests.rest import kind_of, number_in
from tests.tokens import bearer

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def endpoints(stack: Stack) -> Endpoints:
    """A deployment of its own, with the demo data and no services."""
    return stack.provision(Deployment("face"), "face")


@pytest.fixture
async def proxy(stack: Stack) -> AsyncIterator[FaultProxy]:
    """A proxy before PostgreSQL."""
    async with fault_proxy(stack.postgres.port) as proxy:
        yield proxy


@dataclass
class Table:
    """A table of what leaves: it takes nothing, but what the test has prepared happens before the commit."""

    before_commit: Callable[[], Awaitable[None]] | None = None
    offered: list[object] = field(default_factory=list)
    has_room: bool = True

    async def write(self, *_: object) -> list[Any]:
        """The last thing in a transaction."""
        if self.before_commit is not None:
            await self.before_commit()
        return []

    def offer(self, rows: Any) -> None:
        """After the commit."""
        self.offered.append(rows)


@dataclass
class Face:
    """The face over a connection that can break, and a view on the database that cannot."""

    endpoints: Endpoints
    stage: Stage
    table: Table
    view: asyncpg.Connection[asyncpg.Record]
    reception: Reception
    api: Any = None
    hanging: int = 0
    go: asyncio.Event | None = None

    def hang(self) -> asyncio.Event:
        """From now on requests hang in their transaction, until that event."""
        self.go = asyncio.Event()
        return self.go

    async def receive(self, tx: Transaction, command: Command[Declaration]) -> Any:
        """Receive, once that may be."""
        if self.go is not None:
            self.hanging += 1
            await self.go.wait()
        return await self.reception.receive_one(tx, command)

    def headers(self, role: str = "provider") -> Mapping[str, str]:
        """The token of the program in this role."""
        client = self.endpoints.data.client_of(role).client_id
        return bearer(self.endpoints, client, DECLARE, CONSULT, level=0)

    async def get(self, number: int, client: str = "provider") -> Answer:
        """What is known of a declaration."""
        return await call(self.api, "GET", f"{PATH}/{number}", self.headers(client))

    async def post(self, role: str = "orchard", client: str = "provider") -> Answer:
        """An IN of today for the employer in this role."""
        document = {
            "employer": {"enterpriseNumber": self.endpoints.data.organizations[role].enterprise_number},
            "worker": {"ssin": self.endpoints.data.workers[0]},
            "dimonaIn": {
                "startDate": str(self.endpoints.data.today),
                "features": {"jointCommissionNumber": "XXX", "workerType": "OTH"},
            },
        }
        return await call(self.api, "POST", PATH, self.headers(client), document)

    async def rows(self, table: str = "declarations") -> int:
        """How many rows a table of intake has."""
        return int(await self.view.fetchval(f"SELECT count(*) FROM intake.{table}"))  # noqa: S608

    async def grows(self, before: int, table: str = "declarations") -> None:
        """Wait until a table has a row more."""
        async with asyncio.timeout(10):
            while await self.rows(table) != before + 1:  # noqa: ASYNC110 - another process commits
                await asyncio.sleep(0.01)


@pytest.fixture
async def face(
    endpoints: Endpoints, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Face]:
    """The face of a reception with numbers of its own."""
    key = ECKey.import_key(json.loads(endpoints.token_key))

    async def keys(_url: str) -> Mapping[str, Any]:
        return {"keys": [{**key.as_dict(private=False), "kid": key.thumbprint()}]}

    verifier = Verifier(endpoints.api_url("access"), f"urn:{endpoints.deployment.name}", "", fetch=keys)
    monkeypatch.setattr(Verifier, "of", lambda _settings: verifier)
    dsn, table = proxy.url(endpoints.dsns["intake"]), Table()
    secret = SecretStr("ab" * 32)
    settings = IntakeSettings(database_dsn=SecretStr(dsn), amqp_url=SecretStr("amqp://"), key=secret)
    reception = Reception(settings.secret, SATURDAY_AND_SUNDAY, simulation=False)
    view = await asyncpg.connect(endpoints.superuser_dsn)
    monkeypatch.setattr(database_module, "COMMAND_TIMEOUT", 2.0)
    pool = await open_pool(dsn, "intake")
    outgoing = cast("OutgoingTable", table)
    stage = Stage("intake", dsn, pool, outgoing, outgoing, {}, Gate())
    face = Face(endpoints, stage, table, view, reception)
    face.api = app(settings, face.receive, stage)
    yield face
    pool.terminate()
    await view.close()


async def lost(face: Face, proxy: FaultProxy, *, deaf: bool, role: str = "orchard") -> asyncio.Task[Answer]:
    """A request whose COMMIT arrives without its answer (or does not arrive), until the connection breaks."""

    async def before_commit() -> None:
        if deaf:
            proxy.deaf_clients = True
        else:
            proxy.half_open()
        about.set()

    about, face.table.before_commit = asyncio.Event(), before_commit
    asked = asyncio.create_task(face.post(role))
    await asyncio.wait_for(about.wait(), 10)
    face.table.before_commit = None
    return asked


async def test_a_commit_that_took_place_unheard_is_201(face: Face, proxy: FaultProxy) -> None:
    """It is received, once, and the number is its own."""
    before = await face.rows()
    asked = await lost(face, proxy, deaf=True)
    await face.grows(before)
    proxy.heal()
    proxy.reset()
    answer = await asked
    assert answer.status == 201, answer.body
    number = await face.view.fetchval(
        "SELECT number FROM intake.declarations ORDER BY received_at DESC LIMIT 1"
    )
    assert number_in(answer) == number
    assert await face.rows() == before + 1


async def test_so_is_one_that_nobody_answered_in_time(face: Face, proxy: FaultProxy) -> None:
    """The connection is up, and silent: the command times out."""
    before = await face.rows()
    asked = await lost(face, proxy, deaf=True)
    await face.grows(before)
    proxy.deaf_clients = False
    answer = await asked
    assert answer.status == 201, answer.body
    assert await face.rows() == before + 1


async def test_a_denial_that_took_place_unheard_is_403(face: Face, proxy: FaultProxy) -> None:
    """What was decided is said: it is not received, and written down once."""
    before, received = await face.rows("refusals"), await face.rows()
    asked = await lost(face, proxy, deaf=True, role="bakery")
    await face.grows(before, "refusals")
    proxy.heal()
    proxy.reset()
    answer = await asked
    assert (answer.status, kind_of(answer)) == (403, "missingPermission")
    assert (await face.rows("refusals"), await face.rows()) == (before + 1, received)


async def test_a_commit_that_did_not_arrive_is_503(face: Face, proxy: FaultProxy) -> None:
    """Control: nothing is received, and the next one is."""
    before = await face.rows()
    asked = await lost(face, proxy, deaf=False)
    proxy.reset()
    answer = await asked
    assert (answer.status, kind_of(answer)) == (503, "serviceUnavailable")
    assert answer.headers["retry-after"]
    assert await face.rows() == before
    assert (await face.post()).status == 201


async def test_where_nobody_can_say_it_is_503(face: Face, proxy: FaultProxy) -> None:
    """It was received, and the database is away: the client is not told what we do not know."""
    before = await face.rows()
    asked = await lost(face, proxy, deaf=True)
    await face.grows(before)
    proxy.cut()
    answer = await asked
    assert (answer.status, kind_of(answer)) == (503, "serviceUnavailable")
    proxy.heal()
    assert (await face.post()).status == 201


async def crowd(face: Face, **clients: int) -> list[asyncio.Task[Answer]]:
    """So many requests of each client at once; each hangs in its transaction once it has its turn."""
    asked = [
        asyncio.create_task(face.post(client=role)) for role, count in clients.items() for _ in range(count)
    ]
    async with asyncio.timeout(10):
        while face.hanging < AT_ONCE:  # noqa: ASYNC110 - the database has to answer
            await asyncio.sleep(0.01)
    return asked


async def test_requests_leave_connections_to_the_others(face: Face) -> None:
    """The consume loop and the beat have theirs, however many hang; who finds no place is told at once."""
    go = face.hang()
    asked = await crowd(face, provider=OF_ONE_CLIENT)
    refused = await face.post()
    assert (refused.status, kind_of(refused)) == (429, "tooManyRequests")
    assert refused.headers["retry-after"] == str(refused.json()["retryAfterSec"])
    asked += await crowd(face, bakery=OF_ONE_CLIENT, nursery=AT_ONCE + WAITING - 2 * OF_ONE_CLIENT)
    await asyncio.sleep(0)
    for refused in (await face.get(605114838201, "nursery"), await face.post(client="nursery")):
        assert (refused.status, kind_of(refused)) == (503, "serviceUnavailable")
        assert refused.headers["retry-after"]

    async def beat(tx: Transaction) -> tuple[None, tuple[()]]:
        await store.beat(tx)
        return None, ()

    async with asyncio.timeout(1):
        await asyncio.gather(*(face.stage.perform(beat) for _ in range(POOL_SIZE - AT_ONCE)))
    assert face.hanging == AT_ONCE
    go.set()
    answers = await asyncio.gather(*asked)
    assert {answer.status for answer in answers} <= {201, 403}
    assert (await face.post()).status == 201, "the line is empty again"


async def test_nobody_waits_for_ever(face: Face, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line, "LONGEST_WAIT", 0.2)
    go = face.hang()
    asked = await crowd(face, provider=AT_ONCE)
    told = await face.get(605114838201)
    assert (told.status, kind_of(told)) == (503, "serviceUnavailable")
    go.set()
    assert {answer.status for answer in await asyncio.gather(*asked)} == {201}


async def test_who_polls_as_he_should_is_never_refused(face: Face) -> None:
    """Q35: every second; while another client sends as much as it can."""

    async def flood() -> None:
        while not stop.is_set():
            await face.post()
            await asyncio.sleep(0.05)  # what is refused at once never waits

    stop = asyncio.Event()
    floods = [asyncio.create_task(flood()) for _ in range(2 * OF_ONE_CLIENT)]
    polled = set()
    for _ in range(4):
        await asyncio.sleep(1)
        polled.add((await face.get(605114838201, "bakery")).status)
    stop.set()
    await asyncio.gather(*floods)
    assert polled == {404}


async def test_while_what_leaves_does_not_keep_up_nothing_is_received(face: Face) -> None:
    """Reading goes on."""
    before, face.table.has_room = await face.rows(), False
    answer = await face.post()
    assert (answer.status, kind_of(answer)) == (503, "serviceUnavailable")
    assert answer.headers["retry-after"]
    assert (await face.get(605114838201)).status == 404
    assert await face.rows() == before
    face.table.has_room = True
    assert (await face.post()).status == 201


async def readings(face: Face, number: int) -> list[tuple[Any, ...]]:
    """Who asked for a declaration: client, organization, whether he was told something."""
    rows = await face.view.fetch(
        "SELECT client_id, organization, found FROM intake.readings WHERE number = $1 ORDER BY seq", number
    )
    return [tuple(row) for row in rows]


async def test_reading_leaves_a_row(face: Face) -> None:
    """Each time, whatever was told; of a number that is none there is nothing to read."""
    number = number_in(await face.post())
    client = face.endpoints.data.client_of("provider")
    before = await face.rows("readings")
    assert (await face.get(number)).status == 404, "nothing is known yet"
    await face.view.execute("INSERT INTO intake.results VALUES ($1, true, 'A', '{}', platform.now())", number)
    assert (await face.get(number)).status == 200
    assert (await face.get(number, "nursery")).status == 404
    assert (await face.get(1)).status == 404
    stranger = face.endpoints.data.client_of("nursery")
    assert await readings(face, number) == [
        (client.client_id, client.organization, False),
        (client.client_id, client.organization, True),
        (stranger.client_id, stranger.organization, False),
    ]
    assert await face.rows("readings") == before + 3
    recent = "SELECT bool_and(platform.now() - read_at < interval '1 minute') FROM intake.readings"
    assert await face.view.fetchval(recent)


async def test_without_the_row_there_is_no_answer(face: Face) -> None:
    number = number_in(await face.post())
    await face.view.execute("INSERT INTO intake.results VALUES ($1, true, 'A', '{}', platform.now())", number)
    await face.view.execute("REVOKE INSERT ON intake.readings FROM dimona_intake")
    try:
        answer = await face.get(number)
    finally:
        await face.view.execute("GRANT INSERT ON intake.readings TO dimona_intake")
    assert (answer.status, kind_of(answer)) == (500, "internalServerError")
    assert await readings(face, number) == []


@pytest.mark.parametrize("table", ["refusals", "readings"])
@pytest.mark.parametrize("change", ["UPDATE intake.{} SET client_id = ''", "DELETE FROM intake.{}"])
async def test_what_is_written_down_stays(face: Face, table: str, change: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await face.stage.pool.execute(change.format(table))


async def test_a_body_that_is_too_large_is_counted(face: Face) -> None:
    """As on the queue."""
    counter = metrics.UNREADABLE.labels("tooLarge")
    before = counter._value.get()
    answer = await call(face.api, "POST", PATH, face.headers(), b" " * (MAX_MESSAGE_BYTES + 1))
    assert (answer.status, kind_of(answer)) == (413, "payloadTooLarge")
    assert counter._value.get() == before + 1
