"""The API of access: who is who, who may act for whom, and the keys that judge our tokens."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter
from starlette.applications import Starlette

from services.access.api import affiliations, clients, employers, events, keys, managers, mandates, users
from services.access.api.desk import Desk
from services.access.oauth import api as oauth
from services.access.settings import AccessSettings
from shared.runtime.api import Bearer, face
from shared.runtime.stage import Stage
from shared.runtime.tokens import Verifier

_ROOMS: Final = (employers, managers, users, clients, keys, mandates, affiliations, events)


def app(settings: AccessSettings, stage: Stage) -> Starlette:
    """The API of access."""
    api = face()
    signing_key = settings.signing_key

    @api.get("/jwks")
    async def jwks() -> dict[str, list[dict[str, object]]]:
        """The public keys of this issuer (RFC 7517)."""
        return {
            "keys": [{**signing_key.as_dict(private=False), "use": "sig", "kid": signing_key.thumbprint()}]
        }

    api.include_router(oauth.router(settings, stage))
    desk = Desk(Bearer(Verifier.of(settings)), stage)
    directory = APIRouter()
    for room in _ROOMS:
        room.add(directory, desk)
    api.include_router(directory)
    return api
