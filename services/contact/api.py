"""The HTTP API of contact: contestations, complaints, persons, the work of agents, the register."""

from __future__ import annotations

from starlette.applications import Starlette

from services.contact.complaint import api as complaint
from services.contact.contestation import api as contestation
from services.contact.contestation.store import store_refusal
from services.contact.officer import api as officer
from services.contact.operations import OPERATIONS
from services.contact.person import api as person
from services.contact.person.api import data
from services.contact.processing import api as processing
from services.contact.report import api as report
from services.contact.settings import ContactSettings
from services.contact.work import api as work
from shared.runtime.api import Bearer
from shared.runtime.authorization import Authorization
from shared.runtime.guard import face
from shared.runtime.processing import load_register
from shared.runtime.request_queue import RequestQueue
from shared.runtime.stage import Stage
from shared.runtime.tokens import Verifier

MOST_BYTES = 64 * 1024  #: limit of a request body


def app(settings: ContactSettings, stage: Stage) -> Starlette:
    """Return the application with all routes of the service contact."""
    api = face(RequestQueue(), MOST_BYTES)
    api.state.authorization = Authorization(Bearer(Verifier.of(settings)), stage, OPERATIONS, store_refusal)
    api.include_router(contestation.routes)
    api.include_router(complaint.router(stage))
    api.include_router(work.routes)
    api.include_router(processing.router(load_register()))
    api.include_router(data.router(settings))
    api.include_router(person.router(settings))
    api.include_router(report.router_of_persons(settings))
    api.include_router(report.router_of_agents(settings))
    api.include_router(officer.router(settings))
    return api
