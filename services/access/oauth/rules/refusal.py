"""Error codes of OAuth. Their descriptions go to the client, and quote only scopes of its request."""

from __future__ import annotations

from typing import Literal

Code = Literal[
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "invalid_scope",
    "unauthorized_client",
    "unsupported_grant_type",
    "unsupported_response_type",
    "request_not_supported",
    "login_required",
    "unmet_authentication_requirements",
]


class Refusal(Exception):
    """A refused request (RFC 6749 §4.1.2.1 and §5.2, OpenID Connect Core §3.1.2.6, RFC 9470)."""

    def __init__(self, code: Code, description: str) -> None:
        super().__init__(description)
        self.code, self.description = code, description
