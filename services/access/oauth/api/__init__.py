"""The HTTP side of OAuth: discovery, token endpoint, login and its end."""

from __future__ import annotations

from fastapi import APIRouter

from services.access.oauth.api import discovery, ending, login, token
from services.access.settings import AccessSettings
from shared.runtime.guard import guarded_routes
from shared.runtime.stage import Stage


def router(settings: AccessSettings, stage: Stage) -> APIRouter:
    """Return the routes of OAuth; none where the deployment accepts the tokens of another issuer."""
    routes = guarded_routes()
    if settings.is_issuer:
        token.add(routes, settings, stage.pool)
        ending.add(routes, settings, stage.pool)
        apart = guarded_routes(queued=False)
        discovery.add(apart, settings)
        login.add(apart, settings, stage.pool)  # hashing is slow, and has places for each source
        routes.include_router(apart)
    return routes
