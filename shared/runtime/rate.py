"""Token buckets: a limited rate for each client or source over time, with a reserve for short bursts."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

#: Clients in memory above which those with a full bucket are dropped.
_MANY: Final = 1024


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: float


class TokenBuckets:
    """A bucket per client: it holds `burst` tokens and gains `rate` tokens a second."""

    def __init__(self, rate: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._burst, self._clock = rate, burst, clock
        self._buckets: dict[str, _Bucket] = {}

    def take(self, client: str) -> float:
        """Take a token. Return 0.0, or the seconds until there is one if the bucket is empty."""
        bucket = self._filled(client)
        if bucket.tokens < 1.0:
            return (1.0 - bucket.tokens) / self._rate
        bucket.tokens -= 1.0
        return 0.0

    def has_token(self, client: str) -> bool:
        """Return whether a client has a token left, which means that it is within its rate."""
        return self._filled(client).tokens >= 1.0

    def spend(self, client: str, tokens: int) -> None:
        """Take `tokens` tokens from the bucket of a client, or all its tokens if there are fewer.

        This counts work that is done even if the client is beyond its rate.
        """
        bucket = self._filled(client)
        bucket.tokens = max(bucket.tokens - tokens, 0.0)

    def _filled(self, client: str) -> _Bucket:
        now = self._clock()
        bucket = self._buckets.get(client)
        if bucket is None:
            self._drop_full(now)
            bucket = self._buckets[client] = _Bucket(float(self._burst), now)
        bucket.tokens = min(bucket.tokens + (now - bucket.filled_at) * self._rate, float(self._burst))
        bucket.filled_at = now
        return bucket

    def _drop_full(self, now: float) -> None:
        if len(self._buckets) < _MANY:
            return
        full_after = self._burst / self._rate
        self._buckets = {c: b for c, b in self._buckets.items() if now - b.filled_at < full_after}


def source_of(host: str | None) -> str:
    """Return the source of a request: an IPv4 address, the /64 network of an IPv6 address, or "unknown"."""
    try:
        address = ip_address(host or "")
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address):
        address = address.ipv4_mapped or address
    return str(address if address.version == 4 else ip_network((address, 64), strict=False))
