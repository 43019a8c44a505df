"""The limit on new workers, and the signs of a search of the register. No I/O."""

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

#: A CANCEL so soon after its IN leaves no employment behind, only the answer.
QUICK: Final = timedelta(days=1)
_CONTRADICTION: Final = "-348"  #: end of the codes of data that differ from the register


@dataclass(frozen=True, slots=True)
class WorkerBound:
    """The limit of new workers that a client may name on one day."""

    usual: int = 5000
    of: Mapping[str, int] = field(default_factory=dict)  #: by client id

    def most(self, client_id: str) -> int:
        """Return how many new workers this client may name on one day."""
        return self.of.get(client_id, self.usual)


USUAL: Final = WorkerBound()


def worker_code(secret: bytes, worker: DeclaredWorker | None, ssin: str | None) -> str:
    """Return an irreversible code of the worker that an IN names, by NISS or else by characteristics."""
    return pseudonym(secret, ssin or (to_json(worker) if worker is not None else ""))


def seconds_until_tomorrow(now: datetime) -> int:
    """Return the seconds until the next day of the bound, which begins at midnight in Brussels."""
    tomorrow = datetime.combine(local_date(now) + timedelta(days=1), time.min, BRUSSELS)
    return int((tomorrow - now).total_seconds()) + 1


def is_quick(engaged_at: datetime, canceled_at: datetime) -> bool:
    """Return whether a period was canceled within a day of its IN."""
    return canceled_at - engaged_at < QUICK


def contradicts(anomalies: Iterable[Anomaly]) -> bool:
    """Return whether declared data of the worker differ from the register."""
    return any(anomaly.code.endswith(_CONTRADICTION) for anomaly in anomalies)
