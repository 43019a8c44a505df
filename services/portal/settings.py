"""Settings of the portal: its address, its client at the issuer, and the addresses of the APIs."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr

from shared.runtime.settings import Settings

#: Purposes of keys.
SESSIONS: Final = "portal sessions"
FORMS: Final = "portal forms"
SHEETS: Final = "portal spreadsheets"


def _is_origin(url: str) -> str:
    """Return an address that is an origin: `https`, or `http` on a loopback host. Raise ValueError else."""
    parts = urlsplit(url)
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        raise ValueError("https, except on a loopback address")
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query:
        raise ValueError("scheme and host, without a path")
    return url


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class PortalSettings(Settings):
    """Settings of the portal. It has no account at the broker."""

    amqp_url: SecretStr = SecretStr("")
    portal_url: Annotated[str, AfterValidator(_is_origin)]  #: its address from outside: scheme, host, port
    portal_client_id: str = "dimona_portal"  #: its client at the issuer, without a key
    #: addresses of the APIs: access, contact, identification, intake, notifier, personnel_file
    portal_apis: dict[str, str]
    #: public health addresses by service, for the page of the status; a service without one is not known
    portal_health: dict[str, str] = Field(default_factory=dict)
    portal_documentation: str = ""  #: address of the documentation for browsers; empty: no link

    @property
    def is_secure(self) -> bool:
        """Return whether browsers reach the portal over TLS."""
        return self.portal_url.startswith("https:")

    @property
    def callback(self) -> str:
        """Return the address to which the issuer sends a browser after a login."""
        return f"{self.portal_url}/callback"
