"""The API of the feed."""

from __future__ import annotations

from starlette.applications import Starlette

from services.feed.pulling import api as pulling
from services.feed.settings import FeedSettings
from shared.runtime.guard import face
from shared.runtime.request_queue import RequestQueue
from shared.runtime.stage import Stage

MOST_BYTES = 64 * 1024  #: limit of a request body


def app(_settings: FeedSettings, stage: Stage) -> Starlette:
    """Return the API of the feed."""
    queue = RequestQueue()
    api = face(queue, MOST_BYTES)
    api.include_router(pulling.routes(stage.pool, queue))
    return api
