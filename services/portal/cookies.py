"""The cookies of the portal: the browser, a login under way, and the language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

BROWSER: Final = "dimona_portal"  #: id of the session, or a random text before the login
LOGIN: Final = "dimona_portal_login"
LANGUAGE: Final = "dimona_portal_language"
_YEAR: Final = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Cookies:
    """The cookies of a deployment. Over TLS they have the prefix `__Host-`, on loopback without TLS none."""

    secure: bool

    def get(self, request: Request, name: str) -> str:
        """Return the value of a cookie, or an empty text."""
        return request.cookies.get(self.name(name), "")

    def set(self, response: Response, name: str, value: str) -> None:
        """Set a cookie. The language is kept for a year, the others until the browser ends."""
        response.set_cookie(
            self.name(name), value, _YEAR if name == LANGUAGE else None,
            path="/", secure=self.secure, httponly=True, samesite="lax",
        )  # fmt: skip

    def drop(self, response: Response, name: str) -> None:
        """Delete a cookie."""
        response.delete_cookie(self.name(name), "/", secure=self.secure, httponly=True, samesite="lax")

    def name(self, name: str) -> str:
        """Return the name of a cookie in the browser."""
        return f"__Host-{name}" if self.secure else name
