"""The job that makes the monthly partitions of tables that only grow, some months ahead."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

from shared.runtime import metrics
from shared.runtime.database import Transaction
from shared.runtime.step import Effect, Timer

_MAKE: Final = "SELECT platform.make_partitions()"
_SECONDS: Final = 5.0


async def make_partitions(tx: Transaction) -> Sequence[Effect]:
    """Make missing partitions of all services, and return no messages.

    Set one gauge to the instant until which there are partitions, and another gauge to the present time.
    """
    until = await tx.connection.fetchval(_MAKE)
    metrics.PARTITIONS_UNTIL.set(until.timestamp())
    metrics.PARTITIONS_MADE.set(time.time())
    return ()


PARTITIONS: Final = Timer("partitions", _SECONDS, make_partitions)
