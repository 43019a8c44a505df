"""Assemble identification: its two steps, its timers and its API."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from services.identification.api import app
from services.identification.cases import store
from services.identification.cases.handler import Identification, rehearse_nothing
from services.identification.matching.rules import Limits
from services.identification.rehearsal.handler import rehearse
from services.identification.settings import IdentificationSettings
from shared.domain.starter_job import STARTER_JOBS
from shared.runtime import metrics
from shared.runtime.database import Connection
from shared.runtime.retention import removing
from shared.runtime.service import Service
from shared.runtime.step import Step, Timer
from shared.topology import IDENTIFY, REGISTER

_CLOCK_SECONDS: Final = 1.0


async def observe(connection: Connection) -> None:
    """Set the gauges: the number of open cases, and the age of the oldest one."""
    pending = await store.load_pending(connection)
    metrics.PROVISIONAL_PENDING.set(pending.count)
    metrics.PROVISIONAL_AGE.set(pending.age)


def service(settings: IdentificationSettings) -> Service:
    """Return the service identification, with its steps, its timers, its API and its gauges."""
    limits = Limits(settings.identification_threshold, settings.identification_margin)
    starter_jobs = STARTER_JOBS if settings.starter_jobs else ()
    identification = Identification(
        settings.identification_working_days,
        limits,
        starter_jobs,
        rehearse if settings.vhosts.is_simulation else rehearse_nothing,
    )
    steps: tuple[Step[Any], ...] = (
        Step("identify", (IDENTIFY,), identification.identify),
        Step("register", (REGISTER,), identification.apply_changes),
    )
    timers = (
        Timer("time_out", _CLOCK_SECONDS, identification.end_overdue_cases),
        removing("identification", after=steps[0]),
    )
    gauges = (metrics.PROVISIONAL_PENDING, metrics.PROVISIONAL_AGE)
    return Service(
        "identification",
        steps,
        timers,
        api=partial(app, settings, identification),
        observe=observe,
        gauges=gauges,
    )
