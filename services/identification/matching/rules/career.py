"""The career that a flexi-job requires; without it there is a warning (rule R62, 90017-510)."""

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


def career_quarter(declared: Declaration) -> str | None:
    """Return the career quarter that counts for an IN; None if it declares no flexi-job."""
    opens = declared.dimona_in
    if opens is None or opens.features.worker_type != FLEXI:
        return None
    start = parse_date(opens.start_date or "")
    return None if start is None else quarter_before(quarter(start), _QUARTERS_BEFORE)


def career_warnings(declared: Declaration, worker: Person, careers: Careers) -> tuple[Anomaly, ...]:
    """Return the warning for a worker with a known career that opens no flexi-job.

    The career of the NISS in force counts first, then those of the numbers that it replaced.
    """
    quarter_ = career_quarter(declared)
    if quarter_ is None or next(_known_careers(worker, quarter_, careers), True):
        return ()
    return (anomaly("90017-510", "worker"),)


def _known_careers(worker: Person, quarter_: str, careers: Careers) -> Iterator[bool]:
    for ssin in (worker.ssin, *(worker.former_ssins or ())):
        if (opens_flexi := careers.get((ssin, quarter_))) is not None:
            yield opens_flexi
