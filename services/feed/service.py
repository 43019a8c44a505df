"""Assembly of the feed: its API and its gauge."""

from __future__ import annotations

from functools import partial

from services.feed.api import app
from services.feed.event.store import load_hidden_age
from services.feed.settings import FeedSettings
from shared.runtime import metrics
from shared.runtime.database import Connection
from shared.runtime.service import Service


async def observe(connection: Connection) -> None:
    """Set the gauge of the feed: the age of the oldest event that readers cannot see yet."""
    metrics.FEED_HORIZON_AGE.set(await load_hidden_age(connection))


def service(settings: FeedSettings) -> Service:
    """Return the feed as a service."""
    return Service(
        "feed",
        steps=(),
        api=partial(app, settings),
        observe=observe,
        gauges=(metrics.FEED_HORIZON_AGE,),
    )
