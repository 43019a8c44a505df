"""The API of access: the directory, the sandbox, the login, and the public keys that verify our tokens."""

from __future__ import annotations

from typing import Final

from starlette.applications import Starlette

from services.access.audit import store_refusal
from services.access.authorizations import api as authorizations
from services.access.clients.api import clients, keys, phones
from services.access.directory.api import activity, employers, events, managers, registrations, users
from services.access.mandates.api import affiliations, mandates
from services.access.oauth import api as oauth
from services.access.operations import OPERATIONS
from services.access.sandbox import api as sandbox
from services.access.settings import AccessSettings
from shared.domain.phones import PHONES
from shared.runtime.api import Bearer
from shared.runtime.authorization import Authorization
from shared.runtime.guard import face, guarded_routes
from shared.runtime.request_queue import RequestQueue
from shared.runtime.stage import Stage
from shared.runtime.tokens import Verifier

_SUBJECTS: Final = (
    employers, registrations, managers, users, clients, keys, phones, mandates, affiliations,
    authorizations, events, activity, sandbox,
)  # fmt: skip


def app(settings: AccessSettings, stage: Stage) -> Starlette:
    """Return the web application with all routes of access."""
    api = face(RequestQueue())
    api.state.base_url, api.state.simulation = settings.base_url, settings.vhosts.is_simulation
    api.state.public_vhost = settings.vhosts.public
    api.state.phones_key = settings.key_for(PHONES)
    settings.signing_keys()  # a wrong key ends the start

    public = guarded_routes(queued=False)  # every service needs them, and they need no database

    @public.get("/jwks")
    async def jwks() -> dict[str, list[dict[str, object]]]:
        """Return the public keys of this issuer (RFC 7517)."""
        keys = settings.signing_keys()
        return {
            "keys": [{**key.as_dict(private=False), "use": "sig", "kid": key.thumbprint()} for key in keys]
        }

    api.include_router(public)
    api.include_router(oauth.router(settings, stage))
    api.state.authorization = Authorization(Bearer(Verifier.of(settings)), stage, OPERATIONS, store_refusal)
    for subject in _SUBJECTS:
        api.include_router(subject.routes)
    return api
