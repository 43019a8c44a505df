"""Access as a service: the API of the directory, and a timer that deletes expired rows."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from services.access.api import app
from services.access.oauth.store import expired
from services.access.settings import AccessSettings
from shared.runtime.database import Transaction
from shared.runtime.service import Service
from shared.runtime.step import Effect, Timer

_PURGE_SECONDS: Final = 60.0


def service(settings: AccessSettings) -> Service:
    """Assemble the service; it consumes no queue."""
    timers = (Timer("purge", _PURGE_SECONDS, _delete_expired),)
    return Service("access", steps=(), timers=timers, api=partial(app, settings))


async def _delete_expired(tx: Transaction) -> Sequence[Effect]:
    await expired.purge(tx.connection)
    return ()
