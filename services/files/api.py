"""The HTTP API of the service files: uploads, and the state of a file."""

from __future__ import annotations

from starlette.applications import Starlette

from services.files.handling import api as handling
from services.files.handling.handler.pickup import limit_of
from services.files.settings import FilesSettings
from services.files.transfer.channels.folders import Folders
from shared.runtime.api import Bearer
from shared.runtime.guard import face, guarded_routes
from shared.runtime.request_queue import RequestQueue
from shared.runtime.stage import Stage
from shared.runtime.tokens import Verifier


def app(settings: FilesSettings, folders: Folders, stage: Stage) -> Starlette:
    """Return the application with all routes of the service files."""
    api = face(RequestQueue(), handling.MOST_BYTES)
    routes = guarded_routes(bounded=False)  # the reader of files limits the structure of XML
    handling.add_routes(routes, folders, limit_of(settings), stage, Bearer(Verifier.of(settings)))
    api.include_router(routes)
    return api
