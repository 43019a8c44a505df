"""`/.well-known/openid-configuration`: OpenID Connect Discovery for the libraries of clients."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter

from services.access.oauth.api import ending, login
from services.access.oauth.rules import scopes
from services.access.oauth.rules.authorization import PASSWORD, SECOND_FACTOR
from services.access.oauth.rules.texts import LANGUAGES
from services.access.scopes import DEFAULT
from services.access.settings import AccessSettings
from shared.domain.assurance import acr_of
from shared.runtime.tokens import ALGORITHMS

PATH: Final = "/.well-known/openid-configuration"


def add(routes: APIRouter, settings: AccessSettings) -> None:
    """Add the route of the discovery document (also RFC 8414)."""
    issuer = settings.token_issuer
    document: dict[str, Any] = {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}{login.PATH}",
        "token_endpoint": settings.token_url,
        "end_session_endpoint": f"{issuer}{ending.LOGOUT}",
        "revocation_endpoint": f"{issuer}{ending.REVOKE}",
        "revocation_endpoint_auth_methods_supported": ["none", "private_key_jwt"],
        "jwks_uri": f"{issuer}/jwks",
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "client_credentials"],
        "code_challenge_methods_supported": ["S256"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "token_endpoint_auth_methods_supported": ["none", "private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
        "scopes_supported": [scopes.OPENID, *DEFAULT],
        "claims_supported": ["iss", "sub", "aud", "exp", "iat", "auth_time", "acr", "nonce"],
        "acr_values_supported": [acr_of(PASSWORD), acr_of(SECOND_FACTOR)],
        "ui_locales_supported": list(LANGUAGES),
        "prompt_values_supported": ["none", "login", "select_account"],
        "authorization_response_iss_parameter_supported": True,
        "claims_parameter_supported": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
    }

    @routes.get(PATH)
    async def configuration() -> dict[str, Any]:
        """Return the discovery document: the endpoints of OAuth and the supported parameters."""
        return document
