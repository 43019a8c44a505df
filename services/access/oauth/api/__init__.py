"""The HTTP side of OAuth: the token endpoint, the keys of clients, and the login."""

from __future__ import annotations

from fastapi import APIRouter

from services.access.oauth.api import discovery, login, token
from services.access.settings import AccessSettings
from shared.runtime.stage import Stage


def router(settings: AccessSettings, stage: Stage) -> APIRouter:
    """The routes of OAuth; nothing where another issuer's tokens are believed."""
    routes = APIRouter()
    if settings.is_issuer:
        discovery.add(routes, settings)
        token.add(routes, settings, stage.pool)
        login.add(routes, settings, stage.pool)
    return routes
