"""Access as a service: the API of the directory, changes of the register, deletion of expired rows."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from services.access.api import app
from services.access.directory.handler.registration import store_enterprises
from services.access.oauth.store import expired, logins
from services.access.settings import AUTHENTICATORS, AccessSettings
from shared.runtime.database import Transaction
from shared.runtime.resealing import RESEAL_SECONDS, Resealing
from shared.runtime.sealing import Sealer
from shared.runtime.service import Service
from shared.runtime.step import Effect, Step, Timer
from shared.topology import ENTERPRISES

_PURGE_SECONDS: Final = 60.0
_SEAL_SECONDS: Final = 5.0  #: longest time for which a new secret of an authenticator is stored unencrypted


def service(settings: AccessSettings) -> Service:
    """Return the service `access`: its step, its timers and its API."""
    steps: tuple[Step[Any], ...] = (Step("register", (ENTERPRISES,), store_enterprises),)
    sealer = settings.sealer(AUTHENTICATORS)
    timers = (
        Timer("purge", _PURGE_SECONDS, _delete_expired),
        Timer("seal", _SEAL_SECONDS, partial(_seal, sealer)),
        Timer("reseal", RESEAL_SECONDS, Resealing(sealer, logins.SEALED)),
    )
    return Service("access", steps, timers, api=partial(app, settings))


async def _delete_expired(tx: Transaction) -> Sequence[Effect]:
    await expired.purge(tx.connection)
    return ()


async def _seal(sealer: Sealer, tx: Transaction) -> Sequence[Effect]:
    await logins.seal_authenticators(tx.connection, sealer)
    return ()
