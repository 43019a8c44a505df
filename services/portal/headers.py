"""The headers of every answer of the portal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

#: Pages hold personal data: no cache keeps them, and no other site embeds or reads them.
HEADERS: Final[Mapping[str, str]] = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",  # with no-referrer, browsers send `Origin: null` with our own forms
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
#: Browsers then use TLS for a year. Sent only where the portal has TLS.
STRICT_TRANSPORT: Final = {"Strict-Transport-Security": "max-age=31536000"}


#: Policy of a document of another service: nothing runs in it, and it has no origin.
DOCUMENT: Final = "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"


def policy(issuer: str) -> str:
    """Return the policy of content: own files only, and forms to the portal and the issuer of tokens.

    A form leads to the issuer by a redirect, for example at logout. Pico has images as `data:`.
    """
    parts = urlsplit(issuer)
    directives = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "connect-src": "'self'",
        "form-action": f"'self' {parts.scheme}://{parts.netloc}",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in directives.items())


def headers(issuer: str, *, secure: bool) -> dict[str, str]:
    """Return the headers of every answer of a deployment."""
    own = {**HEADERS, "Content-Security-Policy": policy(issuer)}
    return own | STRICT_TRANSPORT if secure else own
