"""The API of the personnel file: the consultation over REST v2; omissions and locks of periods for agents."""

from __future__ import annotations

from starlette.applications import Starlette

from services.personnel_file.consultation import api as consultation
from services.personnel_file.consultation.api import exports, quotas, saved
from services.personnel_file.mutation import api as mutation
from services.personnel_file.omission import api as omission
from services.personnel_file.settings import PersonnelFileSettings
from shared.runtime.api import Bearer
from shared.runtime.authorization import Authorization
from shared.runtime.guard import face
from shared.runtime.request_queue import RequestQueue
from shared.runtime.stage import Stage
from shared.runtime.tokens import Verifier

MOST_BYTES = 64 * 1024  #: limit of a request body


def app(settings: PersonnelFileSettings, stage: Stage) -> Starlette:
    """Return the API of the personnel file."""
    api = face(RequestQueue(), MOST_BYTES)
    api.state.base_url = settings.base_url
    api.state.worker_code = settings.worker_code
    api.state.authorization = Authorization(
        Bearer(Verifier.of(settings)),
        stage,
        {**consultation.OPERATIONS, **omission.OPERATIONS, **mutation.OPERATIONS},
        consultation.store_refusal,
    )
    api.include_router(consultation.routes)
    api.include_router(omission.routes)
    api.include_router(mutation.routes)
    own = consultation.queue
    for routes in (*exports.routes(own), saved.routes(own), quotas.routes(own)):
        api.include_router(routes)
    return api
