"""The HTTP API of identification, for agents of the authority."""

from __future__ import annotations

from typing import Final

from starlette.applications import Starlette

from services.identification.cases.handler import Identification
from services.identification.decision import api as decision
from services.identification.settings import IdentificationSettings
from shared.runtime.api import Bearer
from shared.runtime.authorization import Authorization
from shared.runtime.guard import face
from shared.runtime.request_queue import RequestQueue
from shared.runtime.stage import Stage
from shared.runtime.tokens import Verifier

MOST_BYTES: Final = 64 * 1024  #: limit of a request body


def app(settings: IdentificationSettings, identification: Identification, stage: Stage) -> Starlette:
    """Return the application with all routes of identification."""
    api = face(RequestQueue(), MOST_BYTES)
    api.state.authorization = Authorization(
        Bearer(Verifier.of(settings)), stage, decision.OPERATIONS, decision.store_refusal
    )
    api.include_router(decision.router(identification, settings.worker_code))
    return api
