"""The loop of the ledger: it reads the tables every 15 seconds, and sets gauges of broken promises."""

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

SECONDS: Final = 15.0  #: from the beginning of one reading of the tables to the next


class Ledger:
    """The job that counts broken promises. It keeps the numbers of the declarations to read again."""

    def __init__(self, dsn: Dsn) -> None:
        self._dsn = dsn
        self._watched: set[int] | None = None
        self._last: datetime
        self._looked = -math.inf

    @property
    def fresh(self) -> bool:
        """Return whether the last successful reading was less than 35 seconds ago."""
        return time.monotonic() - self._looked < 2 * SECONDS + 5

    async def ready(self) -> dict[str, bool]:
        """Return `database`: whether the last successful reading was less than 35 seconds ago."""
        return {"database": self.fresh}

    async def run(self) -> None:
        """Read the tables until canceled. After a failed reading the gauges of broken promises are NaN."""
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
        """Read the tables once, count the broken promises, and set the gauges."""
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
