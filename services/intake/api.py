"""The REST API of intake: `/REST/dimona/v2/declarations`, as in Dimona REST v2."""

from __future__ import annotations

from starlette.applications import Starlette

from services.intake import relay
from services.intake.dialogue import api as dialogue
from services.intake.reception import api as reception
from services.intake.reception.api import Receive
from services.intake.settings import IntakeSettings
from shared.runtime.api import Bearer
from shared.runtime.guard import face, guarded_routes
from shared.runtime.request_queue import RequestQueue
from shared.runtime.stage import Stage
from shared.runtime.tokens import Verifier
from shared.topology import MAX_MESSAGE_BYTES


def app(settings: IntakeSettings, receive: Receive, stage: Stage) -> Starlette:
    """Return the REST API; `receive` stores one command."""
    api = face(RequestQueue(settings.client_rate, settings.client_burst), MAX_MESSAGE_BYTES)
    bearer, routes = Bearer(Verifier.of(settings)), guarded_routes()
    reception.add_routes(routes, reception.Declaring(settings, receive, stage), bearer)
    dialogue.add_routes(routes, stage, bearer)
    api.include_router(routes)
    relayed = guarded_routes(queued=False)
    relay.add_routes(relayed, settings, bearer)
    api.include_router(relayed)
    return api
