"""Intake as a service: `receive` what clients send, `conclude` with what became of it, and the REST face."""

from __future__ import annotations

from functools import partial
from typing import Final

from services.intake import store
from services.intake.api import app
from services.intake.channels.queue import read
from services.intake.handler.conclude import Conclusion
from services.intake.handler.receive import Reception
from services.intake.settings import IntakeSettings
from shared.runtime import metrics
from shared.runtime.database import Connection
from shared.runtime.service import Service
from shared.runtime.step import Step, Timer
from shared.topology import DECLARATIONS, RESULTS

_BEAT_SECONDS: Final = 5.0


async def observe(connection: Connection) -> None:
    """Intake's gauge: what should be accounted for and is not."""
    metrics.UNACCOUNTED.set(await store.unaccounted(connection))


def service(settings: IntakeSettings) -> Service:
    """Intake as a service."""
    reception = Reception(
        settings.secret, settings.contestation_weekend, simulation=settings.deployment.endswith(".sim")
    )
    receive = Step("declarations", (DECLARATIONS,), reception.receive, decode=read, inbox=False, prefetch=512)
    steps = (receive, Step("results", (RESULTS,), Conclusion(settings.contestation_weekend).conclude))
    timers = (
        Timer("beat", _BEAT_SECONDS, reception.beat, consuming=receive),
        Timer("catch_up", _BEAT_SECONDS, reception.catch_up, consuming=receive, caught_up=True),
    )
    return Service(
        "intake", steps, timers, api=partial(app, settings, reception.receive_one),
        observe=observe, gauges=(metrics.UNACCOUNTED,),
    )  # fmt: skip
