"""The service contact as a whole: its two steps, its timers, its gauges and its API."""

from __future__ import annotations

from functools import partial
from typing import Final

from services.contact.api import app
from services.contact.case.rules import Kind
from services.contact.complaint.handler import write_progress_letters
from services.contact.contestation.channels import COMMANDS
from services.contact.contestation.handler import contest, finish_windows, store_notifications
from services.contact.report.handler import tell_delays
from services.contact.settings import ContactSettings
from services.contact.work.store import load_gauges
from shared.runtime import metrics
from shared.runtime.batching import batching_clients
from shared.runtime.database import Connection
from shared.runtime.retention import removing
from shared.runtime.service import Service
from shared.runtime.step import Step, Timer
from shared.topology import CONTESTATIONS, NOTIFIED

_FINISH_SECONDS: Final = 1.0
_PROGRESS_SECONDS: Final = 1.0


async def observe(connection: Connection) -> None:
    """Set the gauges of open cases and of overdue open cases, by kind."""
    for kind, (open_, overdue) in (await load_gauges(connection)).items():
        metrics.CASES_OPEN.labels(kind).set(open_)
        metrics.CASES_OVERDUE.labels(kind).set(overdue)


def service(settings: ContactSettings) -> Service:
    """Return the service contact with these settings, ready to run."""
    return Service(
        "contact",
        steps=(
            Step("notifications", (NOTIFIED,), store_notifications),
            Step("contestations", (CONTESTATIONS,), contest, decode=COMMANDS.read, inbox=False),
        ),
        timers=(
            Timer("finish", _FINISH_SECONDS, finish_windows),
            Timer("progress", _PROGRESS_SECONDS, write_progress_letters),
            Timer("delays", _PROGRESS_SECONDS, tell_delays),
            removing("contact"),
        ),
        api=partial(app, settings),
        api_queues=2,  # the answers with all data of a person hold a connection while they are sent
        observe=observe,
        batching=batching_clients,
        gauges=tuple(
            gauge.labels(kind) for gauge in (metrics.CASES_OPEN, metrics.CASES_OVERDUE) for kind in Kind
        ),
    )
