"""The limit on new workers of an organization, and the signs of a search of the person register. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Final

from shared.domain.anomalies import Anomaly
from shared.domain.calendar import BRUSSELS, local_date
from shared.domain.declared import DeclaredWorker
from shared.domain.identifiers import pseudonym
from shared.messages import to_json

#: A CANCEL within this time after its IN is suspect: no employment is left, but the client has the answer.
QUICK: Final = timedelta(days=1)
_CONTRADICTION: Final = "-348"  #: end of the codes of data that differ from the register


@dataclass(frozen=True, slots=True)
class WorkerBound:
    """The limits on the new workers that all clients of an organization may name on one day.

    `usual` is the limit for every organization without a limit of its own in `of`.
    """

    usual: int = 5000
    of: Mapping[str, int] = field(default_factory=dict)  #: by enterprise number

    def most(self, organization: str) -> int:
        """Return how many new workers the clients of this organization may name on one day."""
        return self.of.get(organization, self.usual)


USUAL: Final = WorkerBound()


def worker_code(secret: bytes, worker: DeclaredWorker | None, ssin: str | None) -> str:
    """Return an irreversible code of the worker of an IN, from its NISS or, without NISS, its other data."""
    return pseudonym(secret, ssin or (to_json(worker) if worker is not None else ""))


def seconds_until_tomorrow(now: datetime) -> int:
    """Return the seconds until the count of new workers begins again, at midnight in Brussels."""
    tomorrow = datetime.combine(local_date(now) + timedelta(days=1), time.min, BRUSSELS)
    return int((tomorrow - now).total_seconds()) + 1


def is_quick(engaged_at: datetime, canceled_at: datetime) -> bool:
    """Return whether a period was canceled within a day of its IN."""
    return canceled_at - engaged_at < QUICK


def contradicts(anomalies: Iterable[Anomaly]) -> bool:
    """Return whether declared data of the worker differ from the register (a code that ends with -348)."""
    return any(anomaly.code.endswith(_CONTRADICTION) for anomaly in anomalies)
