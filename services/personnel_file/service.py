"""Assembly of the personnel file: its four steps, a timer, and the API."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from services.personnel_file.api import app
from services.personnel_file.consultation.channels.queue import COMMANDS
from services.personnel_file.consultation.handler.exports import forget
from services.personnel_file.consultation.handler.lookups import Lookups
from services.personnel_file.consultation.handler.queries import Queries
from services.personnel_file.mutation.handler import apply_mutations
from services.personnel_file.omission.rules.judge import Outcome
from services.personnel_file.omission.store.cases import load_gauges
from services.personnel_file.settings import PersonnelFileSettings
from services.personnel_file.settlement.handler.settle import settle_declarations
from shared.runtime import metrics
from shared.runtime.batching import batching_clients
from shared.runtime.database import Connection
from shared.runtime.retention import removing
from shared.runtime.service import Service
from shared.runtime.step import Step, Timer
from shared.topology import LOOKUPS, MUTATE, QUERIES, SETTLE

#: Searches in one transaction, and searches taken from the queue, of which each client gets one in turn.
_QUERIES_AT_ONCE, _QUERIES_IN_HAND = 8, 256
_FORGET_SECONDS: Final = 60.0


async def observe(connection: Connection) -> None:
    """Set the gauges of omissions: findings by outcome, open candidates, and the last import."""
    omissions = await load_gauges(connection)
    metrics.OMISSION_CANDIDATES.set(omissions.open)
    for outcome in Outcome:
        metrics.OMISSION_FINDINGS.labels(outcome).set(omissions.outcomes.get(outcome, 0))
    imported = omissions.imported_at
    metrics.OMISSION_IMPORTED.set(0 if imported is None else imported.timestamp())


def service(settings: PersonnelFileSettings) -> Service:
    """Return the personnel file as a service."""
    steps: tuple[Step[Any], ...] = (
        Step("settle", SETTLE, settle_declarations),
        Step("mutate", (MUTATE,), apply_mutations),
        Step(
            "queries", (QUERIES,), Queries(settings.base_url, settings.worker_code).answer,
            decode=COMMANDS.read, inbox=False, prefetch=_QUERIES_IN_HAND, batch_size=_QUERIES_AT_ONCE,
        ),
        Step("lookups", (LOOKUPS,), Lookups(settings.worker_code).answer, batch_size=_QUERIES_AT_ONCE),
    )  # fmt: skip
    return Service(
        "personnel_file",
        steps=steps,
        timers=(Timer("forget_exports", _FORGET_SECONDS, forget), removing("personnel_file", after=steps[0])),
        api=partial(app, settings),
        api_queues=2,  # agents and the consultation
        observe=observe,
        batching=batching_clients,
        gauges=(metrics.OMISSION_CANDIDATES, metrics.OMISSION_IMPORTED),
    )
