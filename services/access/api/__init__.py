"""The API of access: who is who, who may act for whom, and the keys that judge our tokens."""

from __future__ import annotations

from starlette.applications import Starlette

from services.access.oauth import api as oauth
from services.access.settings import AccessSettings
from shared.runtime.api import face
from shared.runtime.stage import Stage


def app(settings: AccessSettings, stage: Stage) -> Starlette:
    """The API of access."""
    api = face()
    signing_key = settings.signing_key

    @api.get("/jwks")
    async def keys() -> dict[str, list[dict[str, object]]]:
        """The public keys of this issuer (RFC 7517)."""
        return {
            "keys": [{**signing_key.as_dict(private=False), "use": "sig", "kid": signing_key.thumbprint()}]
        }

    api.include_router(oauth.router(settings, stage))
    return api
