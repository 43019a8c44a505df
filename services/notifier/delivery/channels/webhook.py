"""The webhook: a signed POST of one event to a URL that an enterprise registered (threats T19, T20).

The headers follow Standard Webhooks: `webhook-id`, `webhook-timestamp`, and in `webhook-signature` an
HMAC-SHA256 over id, time stamp and body for each active secret. The receiver should refuse events older than
five minutes and skip an id that it knows. The name of the host is resolved, its addresses are checked, and
the connection goes to a checked address. So neither a changed name nor a redirect leads into an internal
network.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final
from uuid import UUID

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from shared.redelivery import Outcome, outcome_of

TIMEOUT: Final = aiohttp.ClientTimeout(total=10, connect=5)
_ANSWER_BYTES: Final = 4096  #: most bytes of the answer that are read; they are not used
_PREFIX: Final = "whsec_"

_UNICAST: Final = IPv6Network("2000::/3")  #: the part of IPv6 assigned to the public Internet
_NAT64: Final = IPv6Network("64:ff9b::/96")

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Attempt:
    """The outcome of one attempt to send an event, and the reason of a failure."""

    outcome: Outcome
    reason: str | None = None  #: our own text, such as HTTP 500; None if the event was delivered


class AddressError(ValueError):
    """The error for a URL that is not allowed for a webhook. Its text gives the reason."""


class Networks:
    """Allowed destinations: the public Internet over TLS, and networks that the operator trusts."""

    def __init__(self, trusted: Sequence[str] = ()) -> None:
        self._trusted: tuple[Network, ...] = tuple(ip_network(network) for network in trusted)

    def trusts(self, address: str) -> bool:
        """Return whether an address lies in a network that the operator trusts."""
        return any(ip_address(address) in network for network in self._trusted)

    def allows(self, address: str) -> bool:
        """Return whether a connection to this IP address is allowed: public, or in a trusted network."""
        ip = ip_address(address)
        if isinstance(ip, IPv6Address) and (embedded := _embedded_ipv4(ip)) is not None:
            return self.allows(str(embedded))
        public = ip.is_global and not ip.is_multicast
        return self.trusts(address) or (public and (ip.version == 4 or ip in _UNICAST))

    def checked(self, text: str) -> URL:
        """Return the URL in a text. Raise AddressError if the text is no URL or the URL is not allowed.

        The check opens no connection and resolves no name. The scheme is https, or http for an address in a
        trusted network.
        """
        try:
            url = URL(text)
            port, host = url.port, url.host
            (url.raw_host or "").encode("idna")  # refuses an empty or overlong label
        except ValueError:
            raise AddressError("this is no URL") from None
        literal = _literal(host)
        plain = literal is not None and self.trusts(literal)
        if url.scheme != "https" and not (url.scheme == "http" and plain):
            raise AddressError("an https URL is expected")
        if not host or url.user or url.password or url.fragment or port is None:
            raise AddressError("a URL with a host, and without user, password or fragment, is expected")
        if literal is not None and not self.allows(literal):
            raise AddressError("this address is not on the public Internet")
        if literal is None and ("." not in host or host.endswith((".local", ".internal", ".localhost"))):
            raise AddressError("this name is not on the public Internet")
        return url


class TrustedNetworks:
    """The allowed destinations of each enterprise. A trusted network is open to its own enterprise only."""

    def __init__(self, by_enterprise: Mapping[str, Sequence[str]] | None = None) -> None:
        self._public = Networks()
        self._of = {number: Networks(trusted) for number, trusted in (by_enterprise or {}).items()}

    def of(self, enterprise_number: str) -> Networks:
        """Return the allowed destinations of an enterprise; without trusted networks, the public Internet."""
        return self._of.get(enterprise_number, self._public)


@dataclass(frozen=True, slots=True)
class Target:
    """The webhook of an enterprise: its address and its active secrets."""

    enterprise_number: str
    url: str
    secrets: Sequence[str]


def _embedded_ipv4(address: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address that is embedded in an IPv6 address (such as 64:ff9b::/96), or None."""
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def _literal(host: str | None) -> str | None:
    """Return the IP address in a host of a URL, in standard notation; None if the host is a name.

    Every notation that the system accepts is recognized, such as 127.1 for 127.0.0.1.
    """
    try:
        return str(ip_address(host or ""))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(host or "")) if host and host[-1].isalnum() else None
    except (OSError, UnicodeEncodeError):
        return None


class _Resolver(AbstractResolver):
    """Resolver of host names for webhooks. It raises OSError if any address of the name is not allowed.

    The connection uses the addresses that it returns, so it always goes to a checked address.
    """

    def __init__(self, networks: Networks) -> None:
        self._networks, self._resolver = networks, aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        addresses = await self._resolver.resolve(host, port, family)
        if not addresses or not all(self._networks.allows(address["host"]) for address in addresses):
            raise OSError("the name leads to an address that is not allowed")
        return addresses

    async def close(self) -> None:
        await self._resolver.close()


class Webhook:
    """Sender of events to webhooks."""

    def __init__(self, trusted: TrustedNetworks) -> None:
        self._trusted = trusted
        self._sessions: dict[Networks, aiohttp.ClientSession] = {}

    async def send(self, to: Target, event_id: UUID, event: str) -> Attempt:
        """Send one event to a webhook and return the outcome.

        A failure of the recipient or its network is an outcome with a reason, not an exception.
        """
        body, networks = event.encode(), self._trusted.of(to.enterprise_number)
        try:
            url = networks.checked(to.url)
            async with self._session(networks).post(
                url, data=body, headers=headers(to.secrets, event_id, int(time.time()), body),
                allow_redirects=False,
            ) as response:  # fmt: skip
                await response.content.read(_ANSWER_BYTES)
                outcome = outcome_of(response.status)
                return Attempt(outcome, None if outcome is Outcome.DELIVERED else f"HTTP {response.status}")
        except AddressError as error:
            return Attempt(Outcome.REFUSED, str(error))
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            return Attempt(Outcome.UNREACHABLE, type(error).__name__)
        except ValueError as error:  # after the errors of TLS, which are of this type too
            return Attempt(Outcome.REFUSED, type(error).__name__)

    def _session(self, networks: Networks) -> aiohttp.ClientSession:
        """Return the HTTP session for these destinations.

        Enterprises with different destinations share no session. Otherwise a connection into the trusted
        network of one enterprise could be used again for another enterprise. A session has no limit of
        requests per host, because several enterprises may share a host; their lanes limit the requests.
        """
        if networks not in self._sessions:
            connector = aiohttp.TCPConnector(
                limit=100, limit_per_host=0, resolver=_Resolver(networks), use_dns_cache=False
            )
            self._sessions[networks] = aiohttp.ClientSession(
                connector=connector, timeout=TIMEOUT, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
            )
        return self._sessions[networks]

    async def close(self) -> None:
        """Close the connections to all webhooks."""
        for session in self._sessions.values():
            await session.close()


def headers(keys: Sequence[str], event_id: UUID, at: int, body: bytes) -> dict[str, str]:
    """Return the headers of one request to a webhook, with one signature for each secret in `keys`.

    `at` is the time stamp in seconds since 1970.
    """
    return {
        "Content-Type": "application/cloudevents+json; charset=utf-8",
        "User-Agent": "dimona-webhook/1",
        "webhook-id": str(event_id),
        "webhook-timestamp": str(at),
        "webhook-signature": " ".join(signature(secret, event_id, at, body) for secret in keys),
    }


def signature(secret: str, event_id: UUID, at: int, body: bytes) -> str:
    """Return the signature of an event with one secret, as `v1,<base64>`.

    It is the HMAC-SHA256 over `<id>.<time stamp>.<body>`; its key is the base64 part of `whsec_<base64>`.
    """
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    signed = hmac.new(key, f"{event_id}.{at}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(signed).decode()}"


def new_secret() -> str:
    """Return a new secret of 32 random bytes, as the text `whsec_<base64>` that the enterprise gets."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()
