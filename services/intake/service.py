"""Assemble intake: its steps, its timers and its API."""

from __future__ import annotations

from functools import partial
from typing import Final

from services.intake.api import app
from services.intake.dialogue import store
from services.intake.dialogue.handler import Conclusion
from services.intake.outages.handler import Heartbeat
from services.intake.phones import store as phones
from services.intake.phones.handler.sending import Results
from services.intake.probing import handler as probing
from services.intake.probing.rules import WorkerBound
from services.intake.reception.channels.queue import read
from services.intake.reception.handler.forms import FormReception
from services.intake.reception.handler.receive import Reception
from services.intake.reception.store.loading import is_register_loaded
from services.intake.reception.store.own_queues import load_own_queues
from services.intake.sandbox.handler import NoHeartbeat, SandboxReception
from services.intake.settings import IntakeSettings
from shared.domain.phones import PHONES
from shared.runtime import metrics
from shared.runtime.batching import batching_clients
from shared.runtime.database import Connection
from shared.runtime.fairness import KEPT
from shared.runtime.partitions import PARTITIONS
from shared.runtime.rate import TokenBuckets
from shared.runtime.retention import removing
from shared.runtime.service import Service
from shared.runtime.step import Step, Timer
from shared.topology import DECLARATIONS, FORMS, RESULTS

_BEAT_SECONDS: Final = 5.0
_FORGET_SECONDS: Final = 60.0
#: Carriers of forms often hold few forms. The service files bounds the forms that are under way.
_FORM_CARRIERS: Final = 16
_FORM_BATCH: Final = 64


async def observe(connection: Connection, *, simulation: bool) -> None:
    """Set the gauges of open declarations, of the enterprise register, and of searches for persons.

    A simulation has no persons to search for, and its canary cancels an IN every minute.
    """
    metrics.UNACCOUNTED.set(await store.count_unaccounted(connection))
    metrics.REGISTER_LOADED.set(await is_register_loaded(connection))
    metrics.OPEN.set(await store.count_open(connection))
    if not simulation:
        await probing.observe(connection)
    waiting, exhausted = await phones.gauges(connection)
    metrics.DISPATCHES_PENDING.set(waiting)
    metrics.DISPATCHES_EXHAUSTED.set(exhausted)


def reception_of(
    settings: IntakeSettings, heartbeat: Heartbeat, bound: WorkerBound
) -> Reception | SandboxReception:
    """Return the reception of a production deployment or, in a simulation, of the sandbox (ADR 27)."""
    simulation = settings.vhosts.is_simulation

    def beating(heartbeat: Heartbeat) -> Reception:
        return Reception(
            settings.secret, settings.contestation_weekend, heartbeat, simulation=simulation, bound=bound
        )

    plain = beating(heartbeat)
    return SandboxReception(plain, beating(NoHeartbeat())) if simulation else plain


def service(settings: IntakeSettings) -> Service:
    """Return the service intake, with its steps, timers, gauges and API."""
    heartbeat, bound = Heartbeat(), WorkerBound(settings.new_workers, settings.new_workers_of)
    reception = reception_of(settings, heartbeat, bound)
    results = Results(settings.phone_gateways, settings.sealer(PHONES))
    buckets = TokenBuckets(settings.organization_rate, settings.organization_burst)
    receive = Step(
        "declarations", (DECLARATIONS,), reception.receive, decode=read, inbox=False, prefetch=8 * KEPT,
        own_queues=load_own_queues, buckets=buckets,
    )  # fmt: skip
    forms = Step(
        "forms", (FORMS,), FormReception(reception.receive_requests).receive,
        prefetch=_FORM_CARRIERS, batch_size=_FORM_BATCH,
    )  # fmt: skip
    conclude = Step("results", (RESULTS,), Conclusion(settings.contestation_weekend).store_results)
    timers = (
        Timer("beat", _BEAT_SECONDS, heartbeat.beat, consuming=receive),
        Timer("forget_workers", _FORGET_SECONDS, probing.forget),
        Timer("catch_up", _BEAT_SECONDS, heartbeat.catch_up, consuming=receive, caught_up=True),
        PARTITIONS,
        removing("intake", after=receive),
    )
    return Service(
        "intake", (receive, forms, conclude), timers, api=partial(app, settings, reception.receive_requests),
        observe=partial(observe, simulation=settings.vhosts.is_simulation), gauges=(
            metrics.UNACCOUNTED, metrics.OPEN, metrics.REGISTER_LOADED, metrics.DISPATCHES_PENDING,
            metrics.DISPATCHES_EXHAUSTED,
        ),
        batching=batching_clients,
        parts={"sms": lambda stage: results.run(stage.pool)},
    )  # fmt: skip
