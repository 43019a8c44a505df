"""The receiving step on a real database: what it asks the world before its rules judge."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest

from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from services.intake.handler.receive import Reception
from shared.domain.calendar import SATURDAY_AND_SUNDAY
from shared.domain.declared import Declaration
from shared.messages import Channel, DeclarationAdmitted, DeclarationRefused
from shared.runtime.commands import Command
from shared.runtime.database import Transaction, open_pool, transaction
from shared.runtime.step import Asked, Effect
from shared.topology import Deployment

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def endpoints(stack: Stack) -> Endpoints:
    """A deployment of its own, with the demo data and no services."""
    return stack.provision(Deployment("reception"), "reception")


@pytest.fixture
async def tx(endpoints: Endpoints) -> AsyncIterator[Transaction]:
    """A transaction of intake."""
    async with (
        await open_pool(endpoints.dsns["intake"], "intake", size=1) as pool,
        transaction(pool) as tx,
    ):
        yield tx


def command(
    endpoints: Endpoints, channel: Channel, document: dict[str, Any]
) -> Asked[Command[Declaration], None]:
    """A declaration of the service provider, by this channel."""
    id_ = str(uuid4())
    return Asked(
        Command(
            endpoints.data.client_of("provider").client_id, id_, "/test", channel, id_.encode(),
            Declaration.model_validate(document), None, None, False, time.monotonic(),
        ), None,
    )  # fmt: skip


def engage(endpoints: Endpoints, role: str, features: dict[str, str]) -> dict[str, Any]:
    """An IN of today for the employer in this role."""
    return {
        "employer": {"enterpriseNumber": endpoints.data.organizations[role].enterprise_number},
        "worker": {"ssin": endpoints.data.workers[0]},
        "dimonaIn": {"startDate": str(endpoints.data.today), "features": features},
    }


def said(effects: list[Effect]) -> list[str]:
    """What was decided on each declaration: the codes that it was refused for, none when admitted."""
    return [
        " ".join(found.code for found in effect.declaration.anomalies)
        for effect in effects
        if isinstance(effect, DeclarationAdmitted | DeclarationRefused)
    ]


@pytest.mark.parametrize("channel", Channel)
async def test_some_employers_declare_through_secured_channels_only(
    endpoints: Endpoints, tx: Transaction, channel: Channel
) -> None:
    """R42, D33: 90256-342 on what is not secured, for those employers alone."""
    other = {"jointCommissionNumber": "XXX", "workerType": "OTH"}
    batch = [
        command(endpoints, channel, engage(endpoints, "agency", {**other, "subEntityNumber": "0100"})),
        command(endpoints, channel, engage(endpoints, "orchard", other)),
    ]
    reception = Reception(b"secret of the test", SATURDAY_AND_SUNDAY, simulation=False)
    unsecured = channel in (Channel.SMS, Channel.VOICE, Channel.OPEN_WEB)
    assert said(list(await reception.receive(tx, batch))) == ["90256-342" if unsecured else "", ""]
