"""The portal as a job: its application, the deletion of ended sessions, the sending of spreadsheets."""

from __future__ import annotations

import asyncio
from typing import Final

from services.portal.api import app
from services.portal.apis import client
from services.portal.gate import Gate
from services.portal.session.store import Sessions
from services.portal.settings import PortalSettings
from services.portal.spreadsheet.sending import Sending
from services.portal.spreadsheet.store import Sheets
from shared.runtime import metrics
from shared.runtime.database import API_POOL_SIZE, answers, open_pool
from shared.runtime.http import api_places, serve
from shared.runtime.logs import log

_PURGE_SECONDS: Final = 60.0


class Portal:
    """The pages of a deployment."""

    def __init__(self, settings: PortalSettings) -> None:
        self._settings = settings

    async def run(self) -> None:
        """Serve pages until canceled. Raise OSError when the port cannot be used."""
        settings = self._settings
        assert settings.api_port is not None
        async with (
            await open_pool(settings.dsn, "portal", API_POOL_SIZE, ".api") as pool,
            client(settings.apis_context()) as http,
            asyncio.TaskGroup() as group,
        ):
            gate = Gate(settings, pool, http)
            group.create_task(_purge(gate.sessions, gate.sheets))
            group.create_task(Sending(gate.sheets, http, settings.portal_apis).run())
            places, context = api_places(settings), settings.api_context()
            group.create_task(serve(app(gate), settings.ops_host, settings.api_port, places, context))

    async def ready(self) -> dict[str, bool]:
        """Return whether the database answers."""
        return {"database": await answers(self._settings.dsn)}


async def _purge(sessions: Sessions, sheets: Sheets) -> None:
    while True:
        try:
            metrics.PORTAL_SESSIONS.set(await sessions.purge())
            for state, number in (await sheets.counts()).items():
                metrics.PORTAL_SHEETS.labels(state).set(number)
            metrics.TIMER_DONE.labels("purge").set_to_current_time()
        except Exception as error:  # the database is away; the next turn tries again
            metrics.TIMER_FAILURES.labels("purge").inc()
            log.warning("purge_postponed", error=error)
        await asyncio.sleep(_PURGE_SECONDS)
