"""Assemble the service files: its steps, its timers and the parts that work on folders."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from functools import partial
from typing import Any, Final

from services.files.api import app
from services.files.handling.handler.answering import Gathering
from services.files.handling.handler.asking import OPEN_MOST, ask, store_pages
from services.files.handling.handler.changes import Changes
from services.files.handling.handler.erasing import Erasing
from services.files.handling.handler.pickup import Pickup, limit_of
from services.files.handling.handler.reading import Reading
from services.files.handling.handler.submitting import Submitting
from services.files.handling.handler.sweeping import sweep
from services.files.handling.handler.writing import Writing
from services.files.handling.store import gauges
from services.files.settings import FilesSettings
from services.files.transfer.channels.folders import Folders
from services.files.transfer.channels.server import Server
from services.files.transfer.store import load_keys
from shared.runtime import file_metrics, metrics
from shared.runtime.database import Connection
from shared.runtime.logs import log
from shared.runtime.service import Service
from shared.runtime.stage import Stage
from shared.runtime.step import Step, Timer
from shared.topology import FORM_RESULTS, PAGES, SITUATIONS_IN_FILES

_LOOK_SECONDS: Final = 0.5
_SWEEP_SECONDS: Final = 3600.0
_HOUR_SECONDS: Final = 3600
_DAY_SECONDS: Final = 86_400
_SUBMIT_SECONDS: Final = 0.1
_AGAIN_SECONDS: Final = 60.0
_GATHER_SECONDS: Final = 1.0
_ASK_SECONDS: Final = 1.0


async def observe(connection: Connection) -> None:
    """Set the gauges of open and waiting forms, of queries, and of answers to write."""
    open_, waiting = await gauges.count_open(connection)
    file_metrics.FILE_FORMS_OPEN.set(open_)
    file_metrics.FILE_FORMS_WAITING.set(waiting)
    file_metrics.FILE_ANSWERS_WAITING.set(await gauges.count_unwritten(connection))
    file_metrics.FILE_QUERIES_WAITING.set(await gauges.count_queries(connection))
    file_metrics.FILE_UNACKNOWLEDGED.set(await gauges.oldest_unacknowledged(connection))


def service(settings: FilesSettings) -> Service:
    """Return the service files, with its steps, timers, gauges and parts."""
    submitting, folders = Submitting(settings.open_forms), Folders.of(settings.transfer_dir, settings.vhosts)
    return Service(
        "files",
        steps=(
            Step("results", (FORM_RESULTS,), submitting.store_results),
            Step("pages", (PAGES,), store_pages, batch_size=OPEN_MOST),
            Step("situations", (SITUATIONS_IN_FILES,), Changes(folders.first_environment).store),
        ),
        timers=(
            Timer("submit", _SUBMIT_SECONDS, submitting.submit, is_due=submitting.is_due),
            Timer("submit_again", _AGAIN_SECONDS, submitting.submit_again),
            Timer("ask", _ASK_SECONDS, ask),
            Timer("gather", _GATHER_SECONDS, Gathering(settings.noti_seconds).gather),
        ),
        parts=_parts(settings, folders),
        api=partial(app, settings, folders),
        observe=observe,
        gauges=(
            file_metrics.FILE_FORMS_OPEN,
            file_metrics.FILE_FORMS_WAITING,
            file_metrics.FILE_ANSWERS_WAITING,
            file_metrics.FILE_QUERIES_WAITING,
            file_metrics.FILE_UNACKNOWLEDGED,
        ),
    )


def _parts(
    settings: FilesSettings, folders: Folders
) -> Mapping[str, Callable[[Stage], Coroutine[Any, Any, None]]]:
    """Return the parts that work on the folders. Without a port for SFTP its server is absent.

    The first one makes the folders when it is started, and so before any of them or the API uses them.
    """
    backlog = limit_of(settings)
    server: dict[str, Callable[[Stage], Coroutine[Any, Any, None]]] = {
        "sftp": lambda stage: Server(settings, folders, partial(load_keys, stage.pool)).run()
    }
    return {
        "pickup": lambda stage: _again(
            "pickup", Pickup(folders.make(), stage, backlog, settings.authorities).run_once, stage
        ),
        "reading": lambda stage: _again("reading", Reading(folders, stage, backlog.forms).run_once, stage),
        "sweep": lambda stage: _sweep(settings, folders, stage),
        "writing": lambda stage: _again(
            "writing", Writing(folders, stage, settings.out_bytes).run_once, stage
        ),
        **(server if settings.sftp_port is not None else {}),
    }


async def _sweep(settings: FilesSettings, folders: Folders, stage: Stage) -> None:
    """Delete old answers, unfinished uploads and old contents every hour."""
    answers, uploads = settings.answer_days * _DAY_SECONDS, settings.upload_hours * _HOUR_SECONDS
    erasing = Erasing(folders, stage, settings.content_days)
    while True:
        try:
            await sweep(folders, stage.pool, answers, uploads)
            await erasing.run()
            metrics.TIMER_DONE.labels("sweep").set_to_current_time()
        except Exception as error:
            metrics.TIMER_FAILURES.labels("sweep").inc()
            log.warning("files_postponed", part="sweep", error=error)
        await asyncio.sleep(_SWEEP_SECONDS)


async def _again(name: str, do: Callable[[], Awaitable[bool]], stage: Stage) -> None:
    """Work again and again, with a pause when nothing is left to do.

    After an error, which undid the last transaction, the next turn goes on.
    """
    while True:
        more = False
        try:
            more = await do()
        except Exception as error:
            log.warning("files_postponed", part=name, error=error)
            await stage.pool.expire_connections()
        await asyncio.sleep(0 if more else _LOOK_SECONDS)
