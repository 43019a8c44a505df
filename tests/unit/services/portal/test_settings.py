"""The address of the portal, its cookies, and the headers that follow from it."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError
from starlette.responses import Response

from services.portal.cookies import BROWSER, Cookies
from services.portal.headers import headers
from services.portal.settings import PortalSettings

NOWHERE: dict[str, Any] = {"database_dsn": "x://nowhere", "key": "00" * 32, "portal_apis": {}}


def settings(url: str) -> PortalSettings:
    return PortalSettings(portal_url=url, **NOWHERE)


@pytest.mark.parametrize("url", ["https://portal.example.be", "http://127.0.0.1:8400", "http://[::1]:80"])
def test_an_address_over_tls_or_on_loopback_is_accepted(url: str) -> None:
    assert settings(url).callback == f"{url}/callback"


@pytest.mark.parametrize(
    "url", ["http://portal.example.be", "http://10.0.0.1", "https://x.be/", "https://x.be/a", "ftp://x", ""]
)
def test_another_address_ends_the_process_at_start(url: str) -> None:
    with pytest.raises(ValidationError):
        settings(url)


@pytest.mark.parametrize(("secure", "prefix"), [(True, "__Host-"), (False, "")])
def test_cookies_are_bound_to_the_host_over_tls(secure: bool, prefix: str) -> None:
    response = Response()
    Cookies(secure).set(response, BROWSER, "x")
    cookie = response.headers["set-cookie"]
    assert cookie.startswith(f"{prefix}dimona_portal=x;")
    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
    assert ("Secure" in cookie.split("; ")) is secure
    assert "Domain" not in cookie


def test_only_a_portal_with_tls_asks_browsers_for_tls() -> None:
    assert "Strict-Transport-Security" in headers("https://issuer", secure=True)
    assert "Strict-Transport-Security" not in headers("http://127.0.0.1:1", secure=False)


def test_the_policy_allows_nothing_inline_and_no_frame() -> None:
    policy = headers("https://issuer.be/path", secure=True)["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert {"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"} <= set(policy.split("; "))
    assert "form-action 'self' https://issuer.be" in policy.split("; ")
