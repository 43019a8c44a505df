"""Assembly of the feed: the part that pushes, its timers, and the API."""

from __future__ import annotations

from functools import partial
from typing import Final

from services.feed.api import app
from services.feed.disclosure.handler import anchor_chains
from services.feed.inscription.store import load_most_inscriptions
from services.feed.pushing.handler import Pushing, purge
from services.feed.pushing.store import load_hidden_age, load_lag
from services.feed.settings import FeedSettings
from shared.runtime import metrics
from shared.runtime.batching import batching_institutions
from shared.runtime.database import Connection
from shared.runtime.service import Service
from shared.runtime.step import Timer

_PURGE_SECONDS: Final = 1.0
_ANCHOR_SECONDS: Final = 600.0


async def observe(connection: Connection) -> None:
    """Set the gauges of the feed: ages of events that wait, and the most inscriptions of an institution."""
    metrics.FEED_HORIZON_AGE.set(await load_hidden_age(connection))
    metrics.FEED_PUSH_LAG.set(await load_lag(connection))
    metrics.INSCRIPTIONS_MOST.set(await load_most_inscriptions(connection))


def service(settings: FeedSettings) -> Service:
    """Return the feed as a service."""
    return Service(
        "feed",
        steps=(),
        timers=(
            Timer("purge", _PURGE_SECONDS, purge),
            Timer("anchor", _ANCHOR_SECONDS, anchor_chains),
        ),
        parts={"push": lambda stage: Pushing(stage, settings.worker_code, settings.heartbeat_seconds).run()},
        api=partial(app, settings),
        observe=observe,
        batching=batching_institutions,
        gauges=(metrics.FEED_HORIZON_AGE, metrics.FEED_PUSH_LAG, metrics.INSCRIPTIONS_MOST),
    )
