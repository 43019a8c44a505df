"""The counts that reveal a search of the person register: gauges for the alerts, and deletion."""

from __future__ import annotations

from collections.abc import Sequence

from services.intake.probing import store
from shared.domain.calendar import local_date
from shared.runtime import metrics
from shared.runtime.database import Connection, Transaction
from shared.runtime.step import Effect


async def observe(connection: Connection) -> None:
    """Set one gauge for each count, read by the alerts: the highest value of all organizations today."""
    today = local_date(await connection.fetchval("SELECT platform.now()"))
    for pattern, number in (await store.most(connection, today)).items():
        metrics.ORGANIZATION_DAY_MOST.labels(pattern).set(number)


async def forget(tx: Transaction) -> Sequence[Effect]:
    """Delete the codes of workers that were named before today, at most a thousand at once."""
    await store.forget_workers(tx, local_date(tx.now))
    return ()
