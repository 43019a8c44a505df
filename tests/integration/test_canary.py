"""The canary declares in a real sandbox; its metrics tell success, times and the step of a failure."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from math import isnan
from pathlib import Path

import asyncpg
import pytest
from aiohttp import web
from joserfc.jwk import RSAKey
from prometheus_client import REGISTRY
from pydantic import SecretStr

from deploy.local import prometheus
from deploy.local.deployment import Endpoints
from deploy.local.processes import wait_until
from deploy.local.sandbox import canary
from deploy.local.stack import Stack
from services.canary.handler import Canary
from services.canary.rules import Step
from services.canary.settings import CanarySettings
from shared.topology import Deployment
from tests.serving import running
from tests.watching import get

pytestmark = pytest.mark.stack

NAME = "canary.sim"
_KEY = SecretStr(RSAKey.generate_key(2048).as_pem(private=True).decode())
_SERVICES = ("access", "intake", "identification", "personnel_file", "notifier")


@pytest.fixture(scope="module")
def sandbox(stack: Stack) -> Iterator[Endpoints]:
    """Run the services of a sandbox that a declaration passes through."""
    with running(stack, stack.provision(Deployment(NAME), "canary_sim"), _SERVICES) as endpoints:
        yield endpoints


def settings_of(endpoints: Endpoints, client: str, employer: str) -> CanarySettings:
    return CanarySettings(
        public_url=endpoints.api_url("access"),
        rest_url=f"{endpoints.api_url('intake')}/REST/dimona/v2",
        canary_client_id=client,
        canary_private_key=SecretStr(endpoints.client_keys[client].read_text()),
        canary_employer=employer,
        canary_worker=canary.WORKER.ssin,
    )


def of_sandbox(endpoints: Endpoints) -> CanarySettings:
    return settings_of(endpoints, canary.CLIENT, canary.ORGANIZATION.enterprise_number)


def sample(name: str, **labels: str) -> float:
    value = REGISTRY.get_sample_value(name, labels)
    assert value is not None, name
    return value


def failures() -> dict[str, float]:
    return {step: sample("dimona_canary_failures_total", step=step) for step in Step}


def seconds(stage: str) -> float:
    return sample("dimona_canary_seconds", stage=stage)


def last_success() -> float:
    return sample("dimona_canary_last_success_timestamp_seconds")


async def declared(endpoints: Endpoints, organization: str) -> list[str]:
    """Return the kinds of the stored declarations of an organization, in order of reception."""
    connection = await asyncpg.connect(endpoints.postgres_dsn)
    try:
        rows = await connection.fetch(
            "SELECT kind FROM intake.declarations WHERE organization = $1 ORDER BY received_at", organization
        )
    finally:
        await connection.close()
    return [row["kind"] for row in rows]


def test_the_process_plays_its_first_round_at_once(stack: Stack, sandbox: Endpoints) -> None:
    """Neither its metrics nor its log show a number of a person or of a declaration."""
    name = f"{NAME}.canary"
    stack.serve(sandbox, ("canary",))
    try:
        address = prometheus.addresses({"canary": sandbox.ops_url("canary")})["canary"]

        def value(series: str) -> float:
            lines = get(address, "/metrics").splitlines()
            return next(float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"{series} "))

        began = time.time()
        success = "dimona_canary_last_success_timestamp_seconds"
        wait_until(lambda: value(success) > 0, 60, "the first round")
        assert value(success) > began - 60
        reception, final = (
            value(f'dimona_canary_seconds{{stage="{stage}"}}') for stage in ("reception", "final")
        )
        assert 0 < reception < final
        assert {value(f'dimona_canary_failures_total{{step="{step}"}}') for step in Step} == {0.0}
        shown = get(address, "/metrics") + Path(stack.folder / "logs" / f"{name}.log").read_text()
    finally:
        stack.unserve(name)
    assert "started" in shown
    assert canary.WORKER.ssin not in shown
    assert canary.ORGANIZATION.enterprise_number not in shown


async def test_a_round_declares_and_cancels_and_the_next_one_deletes_that(sandbox: Endpoints) -> None:
    job, before = Canary(of_sandbox(sandbox)), failures()
    await recovered(job)
    for _ in range(2):
        at = time.time()
        await recovered(job)
        assert last_success() >= at
        assert 0 < seconds("reception") < seconds("final") < 50
        assert await declared(sandbox, canary.ORGANIZATION.enterprise_number) == ["in", "cancel"]
    assert {step for step, count in failures().items() if count != before[step]} <= {Step.RESET}


async def recovered(job: Canary) -> None:
    """Play rounds until one succeeds: a reset is refused until two seconds after the last result."""
    async with asyncio.timeout(60):
        while not await job.play():  # noqa: ASYNC110 - only a round knows
            await asyncio.sleep(0.5)


async def test_a_stopped_pipeline_is_counted_at_the_step_that_waits(stack: Stack, sandbox: Endpoints) -> None:
    """After its return the canary succeeds again without help."""
    job = Canary(of_sandbox(sandbox), patience=8)
    await recovered(job)
    await asyncio.sleep(2.5)
    before, success = failures(), last_success()
    name = f"{NAME}.personnel_file"
    await asyncio.to_thread(stack.halt, name)
    try:
        assert not await job.play()
        assert failures() == before | {Step.IN_RESULT: before[Step.IN_RESULT] + 1}
        assert last_success() == success
        assert seconds("reception") > 0
        assert isnan(seconds("final"))
        assert not await job.play(), "the reset waits for the result of the former round"
        assert failures()[Step.RESET] == before[Step.RESET] + 1
    finally:
        stack.launch(name)
        await asyncio.to_thread(stack.ready, name)
    await recovered(job)
    assert last_success() > success


async def test_nothing_is_declared_in_production(served: Endpoints) -> None:
    """Production refuses the reset with which a round begins, even for a client that it knows."""
    client = served.data.client_of("bakery")
    before, stored = failures(), await declared(served, client.organization)
    assert not await Canary(settings_of(served, client.client_id, client.organization)).play()
    assert failures() == before | {Step.RESET: before[Step.RESET] + 1}
    assert await declared(served, client.organization) == stored


async def test_a_sandbox_has_no_gauge_of_searches_for_persons(sandbox: Endpoints, served: Endpoints) -> None:
    """A canary would raise the alert about them every day."""
    gauge = "dimona_organization_day_most{"

    async def shown(endpoints: Endpoints) -> str:
        address = prometheus.addresses({"intake": endpoints.ops_url("intake")})["intake"]
        return await asyncio.to_thread(get, address, "/metrics")

    async with asyncio.timeout(30):
        while gauge not in await shown(served):  # noqa: ASYNC110 - only the process knows
            await asyncio.sleep(0.5)
    assert gauge not in await shown(sandbox)


Answer = Callable[[web.Request], Awaitable[web.Response]]


@asynccontextmanager
async def answering(answer: Answer) -> AsyncIterator[CanarySettings]:
    """Serve each request by a function; give the settings of a canary that uses this server."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    try:
        yield settings_for(f"http://{host}:{port}")
    finally:
        await runner.cleanup()


def settings_for(url: str) -> CanarySettings:
    return CanarySettings(
        public_url=url, rest_url=url, canary_employer=canary.ORGANIZATION.enterprise_number,
        canary_private_key=_KEY, canary_worker=canary.WORKER.ssin,
    )  # fmt: skip


async def forever(_request: web.Request) -> web.Response:
    await asyncio.sleep(60)
    return web.Response()


async def large(_request: web.Request) -> web.Response:
    return web.Response(body=b'{"a": "' + b" " * 300_000 + b'"}')


async def elsewhere(_request: web.Request) -> web.Response:
    return web.Response(status=307, headers={"Location": "http://127.0.0.1:1/"})


async def no_json(_request: web.Request) -> web.Response:
    return web.Response(text="[1]")


@pytest.mark.parametrize("answer", [forever, large, elsewhere, no_json])
async def test_a_round_is_bounded_whatever_a_server_answers(answer: Answer) -> None:
    before = failures()
    async with answering(answer) as settings, asyncio.timeout(20):
        assert not await Canary(settings, patience=1).play()
    assert failures() == before | {Step.LOGIN: before[Step.LOGIN] + 1}
