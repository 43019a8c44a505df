"""A flexi-job is declared: does the career of the worker open it? It only warns (R62, 90017-510)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from shared.domain.anomalies import Anomaly, anomaly
from shared.domain.calendar import quarter, quarter_before
from shared.domain.declaration import parse_date
from shared.domain.declared import Declaration
from shared.domain.features import FLEXI
from shared.messages import Person

Careers = Mapping[tuple[str, str], bool]  #: by NISS and quarter: whether it opens flexi-jobs

_QUARTERS_BEFORE: Final = 3


def career_asked(declared: Declaration) -> str | None:
    """The quarter whose career counts for an IN; None where none does."""
    said = declared.dimona_in
    if said is None or said.features.worker_type != FLEXI:
        return None
    start = parse_date(said.start_date or "")
    return None if start is None else quarter_before(quarter(start), _QUARTERS_BEFORE)


def career_warnings(declared: Declaration, worker: Person, careers: Careers) -> tuple[Anomaly, ...]:
    """The warning of a worker whose career is known and opens no flexi-job.

    What is told of his number in force counts first, then what was told of the numbers it has replaced.
    """
    worked = career_asked(declared)
    if worked is None or next(_told(worker, worked, careers), True):
        return ()
    return (anomaly("90017-510", "worker"),)


def _told(worker: Person, worked: str, careers: Careers) -> Iterator[bool]:
    for ssin in (worker.ssin, *(worker.former_ssins or ())):
        if (told := careers.get((ssin, worked))) is not None:
            yield told
