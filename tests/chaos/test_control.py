"""Negative controls: without one of its safeguards a service fails a run that otherwise passes."""

from __future__ import annotations

import asyncio
import sys

import pytest

from deploy.local.deployment import ROOT, Endpoints
from deploy.local.stack import Stack
from shared.topology import SERVICES, Deployment
from tests.prove.bad_day.cases import read_only
from tests.prove.bad_day.frame import Case, Site, endure
from tests.prove.checker import check, lost
from tests.prove.observe import observe, quiet
from tests.prove.world import opened

pytestmark = [pytest.mark.stack, pytest.mark.asyncio(loop_scope="session")]


async def careless(endpoints: Endpoints, service: str, mistake: str) -> asyncio.subprocess.Process:
    """Start a service with one of the mistakes of `tests.chaos.careless`."""
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.chaos.careless", service, mistake,
        cwd=ROOT, env=endpoints.environment(service),
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip


async def test_an_intake_that_acknowledges_first_loses_declarations(stack: Stack) -> None:
    """The checker reports the loss by name and number."""
    endpoints = stack.provision(Deployment("control"), "control")
    others = tuple(service for service in SERVICES if service != "intake")
    await asyncio.to_thread(stack.serve, endpoints, others)
    async with opened(endpoints.document()) as world:
        client = world["bakery"]
        for _ in range(2):
            intake = await careless(endpoints, "intake", "acknowledges-first")
            await client.finals([await client.declare(world.engage(world.relation("bakery")))])
            for _ in range(20):
                await client.declare(world.engage(world.relation("bakery")))
            intake.kill()
            await intake.wait()
        intake = await careless(endpoints, "intake", "acknowledges-first")
        await client.finals([await client.declare(world.engage(world.relation("bakery")))])
        await quiet(world)
        seen = await observe(world)
        intake.kill()
        await intake.wait()
    await asyncio.to_thread(stack.unserve, *(f"control.{service}" for service in others))
    assert lost(seen) > 0
    assert any(breach.startswith("received_once") for breach in check(seen))


async def test_an_intake_that_takes_a_read_only_server_for_a_bad_message_parks_it(stack: Stack) -> None:
    """The proof of the bad days reports it."""
    endpoints = stack.provision(Deployment("blaming"), "blaming")
    others = tuple(service for service in SERVICES if service != "intake")
    await asyncio.to_thread(stack.serve, endpoints, others)
    intake = await careless(endpoints, "intake", "blames-the-message")
    async with opened(endpoints.document()) as world:
        client = world["bakery"]  # the fault begins once intake takes declarations
        await client.finals([await client.declare(world.engage(world.relation("bakery")))])
        case = Case("read-only database", read_only, seconds=3)
        figures = await endure(case, Site(stack, endpoints, world), {}, calm=2, patience=5)
        intake.kill()
        await intake.wait()
    await asyncio.to_thread(stack.unserve, *(f"blaming.{service}" for service in others))
    assert figures.parked > 0
    assert not figures.passed(case)
