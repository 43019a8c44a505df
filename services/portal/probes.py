"""The state of the other services, from their public health addresses."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Final

import aiohttp

from services.portal.apis import AwayError, ask

_SECONDS: Final = 2.0
#: Seconds for which all visitors get one look at the services.
_KEPT: Final = 10.0
_UP: Final = 200


class Probes:
    """The health addresses of services (UP or DOWN, without details), and the last look at them."""

    def __init__(self, http: aiohttp.ClientSession, urls: Mapping[str, str]) -> None:
        self._http, self._urls = http, urls
        self._asking = asyncio.Lock()
        self._found: Mapping[str, bool] = {}
        self._looked = float("-inf")
        self.at = 0.0  #: instant of the last look, in seconds since 1970

    async def states(self) -> Mapping[str, bool]:
        """Return by name of the service whether it works. A service without address is absent."""
        async with self._asking:
            if time.monotonic() - self._looked > _KEPT:
                states = await asyncio.gather(*map(self._is_up, self._urls.values()))
                self._found = dict(zip(self._urls, states, strict=True))
                self._looked, self.at = time.monotonic(), time.time()
            return self._found

    async def _is_up(self, url: str) -> bool:
        try:
            async with asyncio.timeout(_SECONDS):
                return (await ask(self._http, "GET", url, {})).status == _UP
        except (AwayError, TimeoutError):
            return False
