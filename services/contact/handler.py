"""Contact as a service: contestations, when data become final, complaints, and the work on them."""

from __future__ import annotations

from functools import partial
from typing import Final

from services.contact.api import app
from services.contact.case.rules import Kind
from services.contact.complaint.handler import progress
from services.contact.contestation.channels import COMMANDS
from services.contact.contestation.handler import contest, finish, keep
from services.contact.settings import ContactSettings
from services.contact.work.store import gauges
from shared.runtime import metrics
from shared.runtime.database import Connection
from shared.runtime.service import Service
from shared.runtime.step import Step, Timer
from shared.topology import CONTESTATIONS, NOTIFIED

_FINISH_SECONDS: Final = 1.0
_PROGRESS_SECONDS: Final = 1.0


async def observe(connection: Connection) -> None:
    """Contact's gauges: what is open, and what should have been answered."""
    for kind, (open_, overdue) in (await gauges(connection)).items():
        metrics.CASES_OPEN.labels(kind).set(open_)
        metrics.CASES_OVERDUE.labels(kind).set(overdue)


def service(settings: ContactSettings) -> Service:
    """Contact as a service."""
    return Service(
        "contact",
        steps=(
            Step("notifications", (NOTIFIED,), keep),
            Step("contestations", (CONTESTATIONS,), contest, decode=COMMANDS.read, inbox=False),
        ),
        timers=(
            Timer("finish", _FINISH_SECONDS, finish),
            Timer("progress", _PROGRESS_SECONDS, progress),
        ),
        api=partial(app, settings),
        observe=observe,
        gauges=tuple(
            gauge.labels(kind) for gauge in (metrics.CASES_OPEN, metrics.CASES_OVERDUE) for kind in Kind
        ),
    )
