"""Commands for the receiving step, and its decisions, for tests on a real database."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from deploy.local.demo.data import DemoData
from deploy.local.deployment import Endpoints
from services.intake.outages.handler import Heartbeat
from services.intake.probing.rules import USUAL, WorkerBound
from services.intake.reception.channels.rejection import Rejection
from services.intake.reception.handler.receive import Reception
from shared.domain.calendar import SATURDAY_AND_SUNDAY
from shared.domain.declared import Declaration
from shared.messages import Channel, DeclarationAdmitted, DeclarationRefused, FormSubmitted
from shared.runtime.commands import Command
from shared.runtime.database import Transaction
from shared.runtime.step import Effect
from tests.days import today

OTHER = {"jointCommissionNumber": "XXX", "workerType": "OTH"}


def command(endpoints: Endpoints, channel: Channel, document: dict[str, Any]) -> Command[Declaration]:
    """Return a declaration of the service provider, by this channel."""
    id_, came = str(uuid4()), time.monotonic() if channel is Channel.QUEUE else None
    return Command(
            endpoints.data.client_of("provider").client_id, id_, "/test", channel, id_.encode(),
            Declaration.model_validate(document), None, None, False, came,
        )  # fmt: skip


def engage(endpoints: Endpoints, role: str, features: dict[str, str]) -> dict[str, Any]:
    """Return an IN of today for the employer in this role."""
    return {
        "employer": {"enterpriseNumber": endpoints.data.organizations[role].enterprise_number},
        "worker": {"ssin": endpoints.data.workers[0]},
        "dimonaIn": {"startDate": str(today()), "features": features},
    }


def said(effects: list[Effect]) -> list[str]:
    """Return for each declaration the codes that it was refused for, none when admitted."""
    return [
        " ".join(found.code for found in effect.declaration.anomalies)
        for effect in effects
        if isinstance(effect, DeclarationAdmitted | DeclarationRefused)
    ]


def reception(bound: WorkerBound = USUAL) -> Reception:
    """Return a step that has numbers of its own."""
    return Reception(b"secret of the test", SATURDAY_AND_SUNDAY, Heartbeat(), simulation=False, bound=bound)


async def receive_one(
    reception: Reception, tx: Transaction, command: Command[Declaration]
) -> tuple[int | Rejection, Sequence[Effect]]:
    """Receive the only command of a request."""
    (outcome,), effects = await reception.receive_requests(tx, [command])
    return outcome, effects


def by_rest(endpoints: Endpoints, document: dict[str, Any], **changed: Any) -> Command[Declaration]:
    """Return a declaration of the service provider over REST."""
    return replace(command(endpoints, Channel.REST, document), **changed)


def some_forms(data: DemoData, turn: int) -> list[FormSubmitted]:
    """Return forms of a file: one that is accepted, one that intake refuses, and one of a stranger."""
    sender, employer = data.client_of("nursery"), data.organizations["nursery"].enterprise_number
    accepted = {
        "employer": {"enterpriseNumber": employer},
        "worker": {"ssin": data.workers[9]},
        "dimonaIn": {"startDate": str(today()), "features": OTHER},
    }
    refused = {"dimonaCancel": {"periodId": 1}}
    return [
        FormSubmitted(
            client_id=client, ticket=f"38{turn}", form=number, declared=Declaration.model_validate(document),
            received_at=datetime.now(UTC),
        )
        for number, (client, document) in enumerate(
            ((sender.client_id, accepted), (sender.client_id, refused), ("stranger", refused)), 1
        )
    ]  # fmt: skip
