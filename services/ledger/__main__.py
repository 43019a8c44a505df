"""Run the ledger: `python -m services.ledger`."""

from __future__ import annotations

import asyncio
import signal

from services.ledger.handler import Ledger
from shared.runtime.http import ops_app, ops_places, serve
from shared.runtime.logs import configure, log
from shared.runtime.settings import JobSettings


async def main(settings: JobSettings) -> None:
    """Serve the ops port and read the stores until SIGTERM."""
    ledger = Ledger(settings.dsn)

    async def ready() -> dict[str, bool]:
        return {"database": ledger.fresh}

    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    parts = [
        asyncio.create_task(ledger.run()),
        asyncio.create_task(serve(ops_app(ready), settings.ops_host, settings.ops_port, ops_places())),
    ]
    log.info("started")
    ending = asyncio.create_task(stop.wait())
    await asyncio.wait([ending, *parts], return_when=asyncio.FIRST_COMPLETED)
    for part in (ending, *parts):
        part.cancel()
    await asyncio.gather(ending, *parts, return_exceptions=True)
    if not stop.is_set():
        raise SystemExit(1)


if __name__ == "__main__":
    loaded = JobSettings.load()
    configure("ledger", loaded.log_level)
    asyncio.run(main(loaded))
