"""Phones on a real database: recognition with bounded attempts, repeats, and results that go out once."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID

import aiohttp
import asyncpg
import pytest
from aiohttp import web
from pydantic import SecretStr
from starlette.applications import Starlette

from deploy.local.demo.telephone import Telephone
from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from services.intake.api import app
from services.intake.phones import store
from services.intake.phones.handler.sending import Results
from services.intake.phones.rules import texts
from services.intake.probing.rules import WorkerBound
from services.intake.settings import Gateway, IntakeSettings
from shared.domain.phones import PHONES
from shared.redelivery import Verdict
from shared.runtime.database import Pool, open_pool
from shared.runtime.sealing import is_sealed
from shared.runtime.stage import Gate, Stage
from shared.topology import Deployment
from tests.asgi import Answer, call
from tests.integration.receiving import reception

pytestmark = pytest.mark.stack

NOT_KNOWN = texts.translator("fr")(texts.NOT_KNOWN)


@pytest.fixture(scope="module")
def endpoints(stack: Stack) -> Endpoints:
    """Yield a deployment of its own, with the demo data and no services."""
    return stack.provision(Deployment("phones"), "phones")


class _Table:
    """An outgoing table that keeps nothing: these tests are about what intake stores."""

    has_room = True
    batching: frozenset[str] = frozenset()

    async def write(self, _tx: object, _drafts: object) -> list[Any]:
        return []

    def offer(self, _rows: object) -> None: ...


@dataclass
class Line:
    """The API of intake on a real database, with the phone of the bakery."""

    endpoints: Endpoints
    api: Starlette
    pool: Pool
    owner: Any
    settings: IntakeSettings
    telephone: Telephone

    @property
    def client_id(self) -> str:
        """The client of the bakery."""
        return self.endpoints.data.client_of("bakery").client_id

    @property
    def phone(self) -> Any:
        """The phone of the bakery, with its PIN."""
        return self.endpoints.telephony.phones[self.client_id]

    def text(self, worker: int = 0, pin: str | None = None) -> str:
        """Return the short form of an IN of today at the bakery."""
        today, bakery = self.endpoints.data.today, self.endpoints.data.organizations["bakery"]
        return (
            f"type: in bce: {bakery.enterprise_number} niss: {self.endpoints.data.workers[worker]} comp: 200 "
            f"début: {today:%d/%m/%Y} fin: {today:%d/%m/%Y} type-trav: oth pin: {pin or self.phone.pin}"
        )

    async def sms(self, text: str, id_: str = "SM1", number: str | None = None) -> str:
        """Send an SMS through the gateway, and return the text of the answer."""
        answer = await self.post("sms", {"id": id_, "from": number or self.phone.number, "text": text})
        assert answer.status == 200, answer.body
        return str(answer.json()["text"])

    async def post(self, route: str, document: dict[str, Any]) -> Answer:
        """Return the answer to a signed request of the gateway."""
        body = json.dumps(document).encode()
        return await call(self.api, "POST", f"/phones/city/{route}", self.telephone.signed("m1", body), body)

    async def value(self, statement: str, *arguments: Any) -> Any:
        """Return one value from the database, read by its owner."""
        return await self.owner.fetchval(statement, *arguments)


@pytest.fixture
async def line(endpoints: Endpoints) -> AsyncIterator[Line]:
    """Provide a line without rows of earlier tests."""
    settings = IntakeSettings(
        database_dsn=SecretStr("x"), amqp_url=SecretStr("amqp://"), key=SecretStr(endpoints.key),
        phone_gateways=json.loads(endpoints.telephony.settings()),
    )  # fmt: skip
    owner = await asyncpg.connect(endpoints.superuser_dsn, server_settings={"search_path": "intake,platform"})
    await owner.execute("TRUNCATE phone_attempts, phone_results, declarations, commands, problems, results, "
                        "open, chains, client_days, new_workers CASCADE")  # fmt: skip
    async with await open_pool(endpoints.dsns["intake"], "intake") as pool:
        table = cast("Any", _Table())
        stage = Stage("intake", endpoints.dsns["intake"], pool, table, table, {}, Gate())
        api = app(settings, reception(WorkerBound(2)).receive_requests, stage)
        telephone = Telephone(endpoints.document(), "city")
        yield Line(endpoints, api, pool, owner, settings, telephone)
    await owner.close()


async def number_of(line: Line, text: str, id_: str = "SM1") -> int:
    """Send an SMS that is received, and return the Dimona number of the answer."""
    answer = await line.sms(text, id_)
    number = int(answer.split()[1].rstrip(":"))
    assert answer == texts.sms(texts.translator("fr")(texts.RECEIVED, number=number))
    return number


async def test_an_sms_is_a_declaration_of_the_client_of_its_phone(line: Line) -> None:
    """Channel SMS; the number of the phone is stored sealed only, and the PIN nowhere."""
    number = await number_of(line, line.text())
    row = await line.owner.fetchrow("SELECT * FROM declarations")
    assert (row["number"], row["channel"], row["client_id"]) == (number, "sms", line.client_id)
    assert row["message_id"] == "urn:dimona:sms:city#SM1"
    expected = await line.owner.fetchrow("SELECT * FROM phone_results")
    assert (expected["number"], expected["state"], expected["language"]) == (number, "pending", "fr")
    assert is_sealed(expected["sealed_phone"])
    for table in ("declarations", "commands", "phone_results", "problems"):
        stored = str([dict(each) for each in await line.owner.fetch(f"SELECT * FROM {table}")])  # noqa: S608
        assert line.phone.pin not in stored, table
        assert line.phone.number.lstrip("+") not in stored, table


async def test_a_repeated_id_has_no_second_effect(line: Line) -> None:
    number = await number_of(line, line.text())
    assert await number_of(line, line.text()) == number
    assert await line.value("SELECT count(*) FROM declarations") == 1
    assert await line.value("SELECT count(*) FROM phone_results") == 1
    other = texts.sms(texts.translator("fr")(texts.ID_USED))
    assert await line.sms(line.text(worker=1)) == other
    assert await number_of(line, line.text(worker=1), "SM2") != number


async def test_wrong_pins_block_a_phone(line: Line) -> None:
    """After five of them also the right one is refused, with an equal answer, until the block ends."""
    wrong = f"{(int(line.phone.pin) + 1) % 10**6:06}"
    for _ in range(5):
        assert await line.sms(line.text(pin=wrong)) == texts.sms(NOT_KNOWN)
    assert await line.sms(line.text()) == texts.sms(NOT_KNOWN)
    assert await line.value("SELECT count(*) FROM declarations") == 0
    assert await line.value("SELECT blocked_until > platform.now() + interval '14 min' FROM phone_attempts")
    await line.owner.execute("UPDATE phone_attempts SET blocked_until = platform.now()")
    assert await line.sms(line.text(pin=wrong)) == texts.sms(NOT_KNOWN)
    assert await line.value("SELECT blocked_until > platform.now() + interval '29 min' FROM phone_attempts")
    await line.owner.execute("UPDATE phone_attempts SET blocked_until = platform.now()")
    await number_of(line, line.text())
    assert await line.value("SELECT count(*) FROM phone_attempts") == 0


async def test_an_unknown_phone_is_answered_like_a_wrong_pin(line: Line) -> None:
    """Nothing is stored about it, so that strangers cannot fill a table."""
    for number in ("+32470999999", "2968", "Anonymous"):
        assert await line.sms(line.text(), number=number) == texts.sms(NOT_KNOWN)
    assert await line.value("SELECT count(*) FROM phone_attempts") == 0


async def test_mistakes_are_named_without_a_declaration(line: Line) -> None:
    told = await line.sms(line.text().replace("type-trav: oth", ""))
    assert told == texts.sms("Pas enregistré. Il manque: type-trav.")
    assert await line.value("SELECT count(*) FROM commands") == 0


async def test_the_daily_limit_of_new_workers_holds_by_phone(line: Line) -> None:
    """A repeat of the refused SMS gets an equal answer."""
    await number_of(line, line.text(worker=0), "SM1")
    await number_of(line, line.text(worker=1), "SM2")
    beyond = texts.sms(texts.translator("fr")(texts.TOO_MANY_WORKERS))
    for _ in range(2):
        assert await line.sms(line.text(worker=2), "SM3") == beyond


async def test_a_gateway_is_unknown_unproven_or_unreadable(line: Line) -> None:
    good = {"id": "SM1", "from": line.phone.number, "text": line.text()}
    body = json.dumps(good).encode()
    signed = line.telephone.signed("m1", body)
    for path, headers, status in (
        ("/phones/nowhere/sms", signed, 404),
        ("/phones/city/sms", {}, 401),
        ("/phones/city/voice", {}, 401),
        ("/phones/rural/sms", signed, 401),
        ("/phones/city/sms", signed | {"webhook-id": "m2"}, 401),
    ):
        answer = await call(line.api, "POST", path, headers, body)
        assert answer.status == status, path
    assert (await line.post("sms", {"id": "SM1"})).status == 400
    assert (await line.post("voice", {"call": "C1"})).status == 400
    assert (await call(line.api, "GET", "/phones/nowhere/voice")).status == 404
    assert (await call(line.api, "GET", "/phones/rural/voice")).body.startswith(b"<?xml")
    assert await line.value("SELECT count(*) FROM commands") == 0


async def test_a_phone_has_a_rate(line: Line) -> None:
    """The gateway sends the message again later; nothing is lost."""
    document = {"id": "SM1", "from": line.phone.number, "text": "hello"}
    statuses = [(await line.post("sms", document)).status for _ in range(61)]
    assert (statuses[59], statuses[60]) == (200, 429)
    other = await line.post("sms", document | {"from": "+32470999999"})
    assert other.status == 200


# -- calls


async def test_the_state_of_a_call_is_sealed_for_this_call(line: Line) -> None:
    """Its NISS is not readable; another call or another phone cannot go on with it."""
    bakery, ssin = line.endpoints.data.organizations["bakery"], line.endpoints.data.workers[0]
    state: str | None = None
    for digits in (None, "1", line.phone.pin, "1", bakery.enterprise_number, ssin):
        state = (await turn(line, "C1", digits, state))["state"]
        assert state is not None
        assert is_sealed(state)
        assert ssin not in state
    went_on = await turn(line, "C1", "", state)
    assert "language" in went_on["say"][0]
    assert len({said["language"] for said in went_on["say"]}) == 1
    for other in (await turn(line, "C2", "", state), await turn(line, "C1", "", state, "+32470999999")):
        assert len({said["language"] for said in other["say"]}) == 4, "the call begins anew"


async def turn(
    line: Line, call_: str, digits: str | None, state: str | None, number: str | None = None
) -> dict[str, Any]:
    document = {"call": call_, "from": number or line.phone.number, "digits": digits, "state": state}
    answer = await line.post("voice", {name: value for name, value in document.items() if value is not None})
    assert answer.status == 200, answer.body
    found: dict[str, Any] = answer.json()
    return found


async def test_a_call_ends_after_a_wrong_pin_and_after_three_mistakes(line: Line) -> None:
    state = (await turn(line, "C1", "1", (await turn(line, "C1", None, None))["state"]))["state"]
    wrong = f"{(int(line.phone.pin) + 1) % 10**6:06}"
    assert await turn(line, "C1", wrong, state) == {"say": [{"language": "fr", "text": NOT_KNOWN}]}
    for _ in range(2):
        state = (await turn(line, "C1", "12", state))["state"]
    ended = await turn(line, "C1", "12", state)
    assert ended == {"say": [{"language": "fr", "text": texts.translator("fr")(texts.TOO_MANY_MISTAKES)}]}


async def test_a_phone_that_was_ended_during_its_call_declares_nothing(line: Line) -> None:
    keys = ["1", line.phone.pin, "2", "100000000034", f"{line.endpoints.data.today:%d%m%Y}"]
    state = (await turn(line, "C1", None, None))["state"]
    for digits in keys:
        state = (await turn(line, "C1", digits, state))["state"]
    phones = "UPDATE access.client_phone SET ended_at = {} WHERE client_id = $1"
    await line.owner.execute(phones.format("now()"), line.client_id)
    try:
        assert await turn(line, "C1", "1", state) == {"say": [{"language": "fr", "text": NOT_KNOWN}]}
    finally:
        await line.owner.execute(phones.format("NULL"), line.client_id)
    assert await line.value("SELECT count(*) FROM declarations") == 0
    first = await turn(line, "C1", "1", state)
    assert first == await turn(line, "C1", "1", state), "a repeated turn gets the number of the first time"
    row = await line.owner.fetchrow("SELECT channel, count(*) OVER () AS rows FROM declarations")
    assert (row["channel"], row["rows"]) == ("voice", 1)
    assert await line.value("SELECT count(*) FROM phone_results") == 0, "the result is in the e-Box"


# -- results


@dataclass
class Sent:
    """The results that went to a gateway, and the status that it answers next."""

    results: Results
    bodies: list[dict[str, str]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)

    async def send(self, pool: Pool) -> int:
        """Send the due results once."""
        async with aiohttp.ClientSession() as session:
            return await self.results.send_due(pool, session)


@pytest.fixture
async def gateway(line: Line) -> AsyncIterator[Sent]:
    """Run a gateway that takes SMS, and the sender of results to it."""
    sent = Sent(cast("Any", None))

    async def take(request: web.Request) -> web.Response:
        sent.bodies.append(json.loads(await request.read()))
        return web.Response(status=sent.statuses.pop(0) if sent.statuses else 200)

    server = web.Application()
    server.router.add_post("/", take)
    runner = web.AppRunner(server)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert runner.addresses
    known = line.settings.phone_gateways["city"]
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    changed = Gateway(form=known.form, secret=known.secret, send_url=url)
    sent.results = Results({"city": changed}, line.settings.key_for(PHONES))
    yield sent
    await runner.cleanup()


async def conclude(line: Line, number: int, result: str, *codes: str, hours: int = 0) -> None:
    """Store the result of a declaration as the pipeline does, so many hours ago."""
    status = {"anomalies": [{"errorId": code} for code in codes], "quota": [{"exceedingHours": 10}]}
    await line.owner.execute(
        """INSERT INTO results (number, final, result, answer, recorded_at)
        VALUES ($1, $2 <> 'S', $2, $3, platform.now() - make_interval(hours => $4))""",
        number, result, json.dumps({"declarationStatus": status}), hours,
    )  # fmt: skip


async def state_of(line: Line, number: int) -> tuple[str, int, bool, str | None]:
    row = await line.owner.fetchrow("SELECT * FROM phone_results WHERE number = $1", number)
    return row["state"], row["attempts"], row["sealed_phone"] is None, row["reason"]


async def test_a_final_result_goes_out_once_with_its_codes_only(line: Line, gateway: Sent) -> None:
    """No S, no excess of a quota (decision D33); afterwards the number of the phone is gone."""
    number = await number_of(line, line.text())
    assert await gateway.send(line.pool) == 0
    await conclude(line, number, "S")
    assert await gateway.send(line.pool) == 0
    await conclude(line, number, "W", "90017-369")
    assert [await gateway.send(line.pool) for _ in range(3)] == [1, 0, 0]
    (body,) = gateway.bodies
    assert body["to"] == line.phone.number
    assert body["text"] == texts.sms(
        f"Dimona {number}: acceptée, avec avertissement: 90017-369. Détails: e-Box."
    )
    assert await state_of(line, number) == ("delivered", 1, True, None)


async def test_a_silent_gateway_gets_the_result_later(line: Line, gateway: Sent) -> None:
    """It pauses after a 503; a refusal (400) delays only this result."""
    number = await number_of(line, line.text())
    await conclude(line, number, "A")
    gateway.statuses = [503, 400]
    assert await gateway.send(line.pool) == 1
    assert await state_of(line, number) == ("pending", 1, False, "HTTP 503")
    await line.owner.execute("UPDATE phone_results SET due_at = platform.now()")
    assert await gateway.send(line.pool) == 0, "the gateway pauses"
    gateway.results = Results(gateway.results._gateways, line.settings.key_for(PHONES))
    assert await gateway.send(line.pool) == 1
    assert await state_of(line, number) == ("pending", 2, False, "HTTP 400")
    await line.owner.execute("UPDATE phone_results SET due_at = platform.now()")
    assert await gateway.send(line.pool) == 1
    assert await state_of(line, number) == ("delivered", 3, True, None)
    assert len({body["id"] for body in gateway.bodies}) == 1


async def test_a_crash_after_sending_repeats_the_id(
    line: Line, gateway: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The outcome is not stored, and the lease ends; a gateway that knows ids sends the SMS once."""
    number = await number_of(line, line.text())
    await conclude(line, number, "A")

    async def crash(_pool: Pool, _number: int, _verdict: Verdict, _reason: str | None) -> None:
        raise SystemError

    with monkeypatch.context() as patched:
        patched.setattr(store, "store_outcome", crash)
        with pytest.raises(SystemError):
            await gateway.send(line.pool)
    assert await gateway.send(line.pool) == 0, "it is leased"
    await line.owner.execute("UPDATE phone_results SET leased_until = '-infinity'")
    assert await gateway.send(line.pool) == 1
    first, second = gateway.bodies
    assert first == second
    assert UUID(first["id"])
    assert await state_of(line, number) == ("delivered", 1, True, None)


async def test_a_result_is_given_up_after_three_days(line: Line, gateway: Sent) -> None:
    """The number of the phone is deleted then too; the e-Box has the result."""
    number = await number_of(line, line.text())
    await conclude(line, number, "B", "90256-155", hours=72)
    gateway.statuses = [503]
    assert await gateway.send(line.pool) == 1
    assert await state_of(line, number) == ("exhausted", 1, True, "HTTP 503")
    assert await store.gauges(line.owner) == (0, 1)


async def test_results_of_two_processes_are_shared(line: Line, gateway: Sent) -> None:
    numbers = [await number_of(line, line.text(worker=each), f"SM{each}") for each in range(2)]
    for number in numbers:
        await conclude(line, number, "A")
    first = await store.claim(line.pool, 1, ["city"])
    second = await store.claim(line.pool, 5, ["city"])
    assert {each.number for each in [*first, *second]} == set(numbers)
    assert (len(first), len(second)) == (1, 1)
    assert await store.claim(line.pool, 5, ["city"]) == []
