"""The REST API of intake: `/REST/dimona/v2/declarations`, as in Dimona REST v2."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.applications import Starlette

from services.intake.dialogue import api as dialogue
from services.intake.reception import api as reception
from services.intake.reception.api import Receive
from services.intake.settings import IntakeSettings
from shared.runtime.api import Bearer, face
from shared.runtime.rate import TokenBuckets
from shared.runtime.request_queue import RequestQueue
from shared.runtime.stage import Stage
from shared.runtime.tokens import Verifier
from shared.topology import MAX_MESSAGE_BYTES


def app(settings: IntakeSettings, receive: Receive, stage: Stage) -> Starlette:
    """Return the REST API; `receive` stores one command."""
    api, bearer, routes, queue = (
        face(MAX_MESSAGE_BYTES),
        Bearer(Verifier.of(settings)),
        APIRouter(),
        RequestQueue(TokenBuckets(settings.rest_rate, settings.rest_burst)),
    )
    reception.add_routes(routes, reception.Declaring(settings, receive, stage, queue), bearer)
    dialogue.add_routes(routes, stage, queue, bearer)
    api.include_router(routes)
    return api
