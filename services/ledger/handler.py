"""Read the stores every few seconds, count the broken promises, and set the metrics."""

from __future__ import annotations

import asyncio
import math
import time
from datetime import datetime
from typing import Final

from services.ledger import store
from services.ledger.rules import Promise, count, finished
from shared.runtime import metrics
from shared.runtime.database import Connection, Dsn, connect
from shared.runtime.logs import log

SECONDS: Final = 15.0  #: between two looks


class Ledger:
    """The declarations that the ledger watches: the unfinished ones, and those of the last minutes."""

    def __init__(self, dsn: Dsn) -> None:
        self._dsn = dsn
        self._watched: set[int] | None = None
        self._last: datetime
        self._looked = -math.inf

    @property
    def fresh(self) -> bool:
        """Return whether the figures come from one of the last two readings."""
        return time.monotonic() - self._looked < 2 * SECONDS + 5

    async def ready(self) -> dict[str, bool]:
        """Return whether the figures are fresh."""
        return {"database": self.fresh}

    async def run(self) -> None:
        """Read the stores until canceled. While the database does not answer, the figures are NaN."""
        while True:
            began = time.monotonic()
            try:
                connection = await connect(self._dsn)
                try:
                    await self.look(connection)
                finally:
                    await connection.close()
            except Exception as error:
                log.warning("ledger_postponed", error=error)
                for promise in Promise:
                    metrics.LEDGER_BROKEN.labels(promise).set(math.nan)
            await asyncio.sleep(max(SECONDS - (time.monotonic() - began), 1.0))

    async def look(self, connection: Connection) -> None:
        """Count the broken promises once, and set the gauges."""
        now = await store.now(connection)
        if self._watched is None:
            self._watched = await store.unfinished(connection)
            self._last = now
        self._watched |= await store.received(connection, self._last)
        self._last = now
        entries = await store.entries(connection, self._watched)
        for promise, number in count(entries, now).items():
            metrics.LEDGER_BROKEN.labels(promise).set(number)
        self._watched = {entry.number for entry in entries if not finished(entry, now)}
        metrics.LEDGER_WATCHED.set(len(self._watched))
        metrics.LEDGER_LOOKED.set_to_current_time()
        self._looked = time.monotonic()
