"""The final results of declarations by SMS go out once, through a gateway that may fail."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID

import aiohttp
import pytest
from aiohttp import web

from services.intake.phones import store
from services.intake.phones.handler.sending import Results
from services.intake.phones.rules import texts
from services.intake.settings import Gateway
from shared.domain.phones import PHONES
from shared.redelivery import Verdict
from shared.runtime.database import Pool
from tests.integration.phones.phoning import Line, number_of

pytestmark = pytest.mark.stack


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
    sent.results = Results({"city": changed}, line.settings.sealer(PHONES))
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
    gateway.results = Results(gateway.results._gateways, line.settings.sealer(PHONES))
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
