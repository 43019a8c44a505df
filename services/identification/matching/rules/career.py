"""Warnings of an IN from the career of its worker: flexi-jobs (rule R62), starter jobs (rule R63)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from shared.domain.anomalies import Anomaly, anomaly
from shared.domain.declaration import parse_date
from shared.domain.declared import Declaration
from shared.domain.features import FLEXI
from shared.domain.flexi import QuarterFacts, are_flexi_conditions_met, quarters_of_flexi
from shared.domain.starter_job import StarterJob, is_young, lacks_experience, quarters_of_starter_job
from shared.messages import Person

Careers = Mapping[tuple[str, str], QuarterFacts]  #: by NISS and quarter


def career_quarters(declared: Declaration, starter_jobs: Sequence[StarterJob] = ()) -> tuple[str, ...]:
    """Return the quarters that decide about the warnings of an IN; no quarters for other declarations.

    Args:
        declared: The declaration.
        starter_jobs: The criteria of starter jobs, if these are switched on.
    """
    worker_type, start = _opened(declared)
    if start is None:
        return ()
    if worker_type == FLEXI:
        return quarters_of_flexi(start)
    return quarters_of_starter_job(start) if starter_jobs else ()


def career_warnings(
    declared: Declaration, worker: Person, careers: Careers | None, starter_jobs: Sequence[StarterJob] = ()
) -> tuple[Anomaly, ...]:
    """Return the warnings that follow from the career of the worker.

    For each quarter, the facts under the NISS in force count. Without them, the facts under a replaced
    NISS count.

    Args:
        declared: The declaration.
        worker: The worker.
        careers: The known facts of the quarters that `career_quarters` names; None while the register of
            careers is not loaded, so that the check of starter jobs is impossible (90017-515).
        starter_jobs: The criteria of starter jobs, if these are switched on.
    """
    worker_type, start = _opened(declared)
    if start is None:
        return ()
    quarters = career_quarters(declared, starter_jobs)
    facts = {one: known for one in quarters if (known := next(_facts(worker, one, careers or {}), None))}
    if worker_type == FLEXI:
        met = are_flexi_conditions_met(worker.birth_date, start, facts)
        return () if met else (anomaly("90017-510", "worker"),)
    if (born := parse_date(worker.birth_date)) is None:
        return ()
    young = [row for row in starter_jobs if is_young(worker_type, born, start, row)]
    if young and careers is None:
        return (anomaly("90017-515", "worker"),)
    is_starter = any(lacks_experience(born, start, facts, row) for row in young)
    return (anomaly("90017-514", "worker"),) if is_starter else ()


def _opened(declared: Declaration) -> tuple[str, date | None]:
    """Return the worker type and the start of an IN. The start is None for a change or an unreadable date."""
    opens = declared.dimona_in
    if opens is None:
        return "", None
    return opens.features.worker_type or "", parse_date(opens.start_date or "")


def _facts(worker: Person, quarter: str, careers: Careers) -> Iterator[QuarterFacts]:
    for ssin in (worker.ssin, *(worker.former_ssins or ())):
        if (known := careers.get((ssin, quarter))) is not None:
            yield known
