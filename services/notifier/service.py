"""The notifier as a service: its steps, timers, gauges and API."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from services.notifier.api import app
from services.notifier.delivery import store as delivery
from services.notifier.delivery.channels.file import NotificationFiles
from services.notifier.delivery.channels.webhook import TrustedNetworks, Webhook
from services.notifier.delivery.handler import Deliveries
from services.notifier.ebox.channels.paper import Printing
from services.notifier.ebox.store import events, paper
from services.notifier.letters.handler import deposit_letters
from services.notifier.notification.handler import Notifications
from services.notifier.settings import WEBHOOKS, NotifierSettings
from services.notifier.situation.handler import notify_situations
from shared.runtime import metrics
from shared.runtime.batching import batching_clients
from shared.runtime.database import Connection, Transaction
from shared.runtime.resealing import RESEAL_SECONDS, Resealing
from shared.runtime.retention import removing
from shared.runtime.service import Service
from shared.runtime.step import Effect, Step, Timer
from shared.topology import LETTERS, NOTIFY, SITUATIONS

_ANNOUNCE_SECONDS: Final = 1.0
_PRINT_SECONDS: Final = 5.0


def service(settings: NotifierSettings) -> Service:
    """Return the service notifier with these settings, ready to run."""
    sealer = settings.sealer(WEBHOOKS)
    trusted = TrustedNetworks(settings.webhook_trusted_networks)
    paper_dir = None if settings.vhosts.is_simulation else settings.files_dir
    printing = Printing(paper_dir)
    deliveries = Deliveries(Webhook(trusted), NotificationFiles(settings.files_dir), sealer)
    steps: tuple[Step[Any], ...] = (
        Step("notify", (NOTIFY,), Notifications(settings.contestation_weekend).notify_declarations),
        Step("situations", (SITUATIONS,), notify_situations),
        Step("letters", (LETTERS,), deposit_letters),
    )
    return Service(
        "notifier",
        steps=steps,
        timers=(
            Timer("announce", _ANNOUNCE_SECONDS, announce_events),
            Timer("print", _PRINT_SECONDS, printing.write_files),
            removing("notifier", printing.delete_files),
            Timer("reseal", RESEAL_SECONDS, Resealing(sealer, delivery.SEALED)),
        ),
        api=partial(app, settings),
        observe=observe,
        batching=batching_clients,
        gauges=(
            metrics.DISPATCHES_PENDING,
            metrics.DISPATCHES_EXHAUSTED,
            metrics.DISPATCH_OLDEST,
            metrics.PRINT_JOBS_WAITING,
        ),
        parts={"dispatch": lambda stage: deliveries.run(stage.pool)},
    )


async def announce_events(tx: Transaction) -> Sequence[Effect]:
    """Write the due events about messages to the events feed of the e-Boxes; return no effects."""
    await events.announce(tx)
    return ()


async def observe(connection: Connection) -> None:
    """Set the gauges of deliveries by webhook and file, and of waiting print jobs."""
    gauges = await delivery.gauges(connection)
    metrics.DISPATCHES_PENDING.set(gauges.pending)
    metrics.DISPATCHES_EXHAUSTED.set(gauges.exhausted)
    metrics.DISPATCH_OLDEST.set(gauges.oldest)
    metrics.PRINT_JOBS_WAITING.set(await paper.backlog(connection))
