"""The organization of each technical client, because limits count the clients of an organization together."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Final

from shared.runtime.database import Pool
from shared.runtime.logs import log

_CLIENTS: Final = "SELECT client_id, organization::text FROM access.organizations_of_clients"
_REFRESH_SECONDS: Final = 10.0


class Organizations:
    """The organizations of all clients, as they were some seconds ago.

    A caller without an entry is counted alone: a person, an institution, and a new client for some seconds.
    """

    def __init__(self) -> None:
        self._of: Mapping[str, str] = {}
        self._due = 0.0
        self._loading: asyncio.Task[None] | None = None

    def of(self, client: str) -> str:
        """Return the enterprise number of the organization of a client, or the client itself."""
        return self._of.get(client, client)

    async def load(self, pool: Pool) -> None:
        """Read the organizations of all clients."""
        self._of = {row["client_id"]: row["organization"] for row in await pool.fetch(_CLIENTS)}

    def refresh(self, pool: Pool) -> None:
        """Begin to read the organizations if the last reading was ten seconds ago. Wait for nothing."""
        now = time.monotonic()
        if now >= self._due and (self._loading is None or self._loading.done()):
            self._due = now + _REFRESH_SECONDS
            self._loading = asyncio.create_task(self._try_to_load(pool))

    async def _try_to_load(self, pool: Pool) -> None:
        """Read the organizations. After an error keep those of before."""
        try:
            await self.load(pool)
        except Exception as error:
            log.warning("organizations_unknown", error=error)
