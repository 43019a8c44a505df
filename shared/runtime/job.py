"""The process of a job: one endless loop and the ops port, until SIGTERM."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, Final

from shared.runtime import metrics
from shared.runtime.database import refuse_untrusted
from shared.runtime.http import Check, ops_app, ops_places, serve
from shared.runtime.logs import configure, log
from shared.runtime.settings import JobSettings, ProcessSettings
from shared.runtime.tls import UntrustedError, trusting

_REPORT_SECONDS: Final = 2.0


def run_job(name: str, settings: ProcessSettings, work: Coroutine[Any, Any, None], ready: Check) -> None:
    """Run a job until SIGTERM. Exit with code 1 when its loop or its ops port ends earlier.

    At the start, a job with a database also exits when TLS refuses it, with one line that names the setting.

    Args:
        name: The name of the job in its logs and metrics.
        settings: Its settings.
        work: Its loop, which ends only when it is canceled.
        ready: Returns the state of each dependency, for `/readyz`.
    """
    configure(name, settings.log_level)
    with trusting():
        asyncio.run(_run(name, settings, work, ready))


async def _run(name: str, settings: ProcessSettings, work: Coroutine[Any, Any, None], ready: Check) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        if isinstance(settings, JobSettings):
            await refuse_untrusted(settings.dsn)
    except UntrustedError:
        work.close()
        raise
    parts = [
        asyncio.create_task(work),
        asyncio.create_task(_report(name, ready)),
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


async def _report(name: str, ready: Check) -> None:
    """Set the gauge `dimona_up` every two seconds: whether the job is ready (alert `DimonaNotReady`)."""
    while True:
        metrics.AVAILABLE.labels(name).set(all((await ready()).values()))
        await asyncio.sleep(_REPORT_SECONDS)
