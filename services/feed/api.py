"""The API of the feed."""

from __future__ import annotations

from starlette.applications import Starlette

from services.feed.disclosure import api as disclosure
from services.feed.inscription import api as inscription
from services.feed.pulling import api as pulling
from services.feed.settings import FeedSettings
from services.feed.snapshot import api as snapshot
from services.feed.token import Tokens
from shared.runtime.api import Bearer
from shared.runtime.guard import face
from shared.runtime.request_queue import RequestQueue
from shared.runtime.stage import Stage
from shared.runtime.tokens import Verifier

MOST_BYTES = 64 * 1024  #: limit of a request body


def app(settings: FeedSettings, stage: Stage) -> Starlette:
    """Return the API of the feed."""
    api = face(RequestQueue(), MOST_BYTES)
    tokens = Tokens.of(stage.pool, Bearer(Verifier.of(settings)))
    api.include_router(pulling.routes(tokens, settings.worker_code))
    api.include_router(snapshot.routes(tokens, settings.sealer("snapshot"), settings.worker_code))
    api.include_router(disclosure.routes(tokens, settings.worker_code))
    for routes in inscription.routes(tokens, settings.most_inscriptions):
        api.include_router(routes)
    return api
