"""Read the personnel file: check rights, search, and store an audit row, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from services.personnel_file.consultation import store
from services.personnel_file.consultation.rules import Criteria, Level, Query, Source
from services.personnel_file.consultation.store import Changes, Count, Day, Found, Look, Moment, Scope
from shared.domain.rights import AUTHORITY, Right
from shared.problems import invalid_request
from shared.runtime.api import ProblemError
from shared.runtime.authorization import Actor, RefusedError, Work
from shared.runtime.database import Record

#: The token scope that every search needs, and the text of a refusal.
CONSULT: Final = "scope:dimona:declaration:consult"
REFUSED: Final = "You may not consult the personnel file of this employer"
#: Most seconds for all statements of one search together.
LONGEST: Final = 2.0
#: A function that returns the keyed code of a NISS. Audit rows have this code instead of the NISS.
WorkerCode = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Searched:
    """A page of a search, and the count if it was asked for."""

    found: Found
    count: Count | None = None


async def search(
    work: Work, operation: str, query: Query, employer_id: int | None = None,
    *, counted: bool = False, walked: int = 0, path: Sequence[str] = (),
    worker_code: WorkerCode | None = None,
) -> Searched:  # fmt: skip
    """Return a page of the periods or relations that the caller may see, and store an audit row.

    Args:
        work: The transaction and the caller.
        operation: Name of the operation, for the audit row.
        query: The search. If it names a worker, it has the NISS of the request only.
        employer_id: Definitive or provisional number of the employer, instead of its enterprise number.
        counted: Whether to count the rows on all pages.
        walked: Number of rows at the beginning that belong to earlier pages. The result contains them; the
            audit row does not.
        path: The path of the criteria in the request, for the problem 400.
        worker_code: Returns the code of the worker for the audit row; None stores no worker.

    Raises:
        RefusedError: The caller may not see this employer, or may see no employer.
        ProblemError: 400 if the search names no employer, no worker and no number, and the caller is an agent
            or has several organizations.
    """
    tx = work.tx
    query, scope = await authorized(work, query, employer_id, path)
    found = await store.search(tx, query, scope)
    count = await store.count(tx, query, scope) if counted else None
    look = replace(_look(work, operation, query, found.rows[walked:], worker_code), counted=counted)
    await store.store_look(tx, look)
    return Searched(found, count)


async def authorized(
    work: Work, query: Query, employer_id: int | None, path: Sequence[str] = ()
) -> tuple[Query, Scope]:
    """Check the rights of the caller. Return the completed search and the scope of the caller.

    The search gets the NISS in force, and the enterprise number for `employer_id`. A search that names no
    employer, no worker and no number gets the only organization of the caller as employer. The function also
    calls `begin` of the store. Arguments and errors are as in `search`.
    """
    tx = work.tx
    quarter = await store.begin(tx)
    if query.criteria.worker is not None:
        query = query.of_worker(await store.load_numbers(tx, query.criteria.worker[0]))
    if employer_id is not None:
        query = query.of_employer(await store.load_employer(tx, employer_id) or "")
    if query.source is None:
        query = query.of_employer(_own_employer(work.actor, path))
    scope = await _scope(work, query.criteria.employer, quarter)
    return query, scope


async def read_period(
    work: Work, operation: str, period_id: int, worker_code: WorkerCode | None = None
) -> Record | None:
    """Return a period; None if it does not exist or the caller may not see it. Store an audit row.

    Raise RefusedError if the caller may see no employer.
    """
    query = Query(Level.PERIOD, Criteria(period=period_id), size=1)
    rows = (await search(work, operation, query, worker_code=worker_code)).found.rows
    return rows[0] if rows else None


async def read_changes(
    work: Work, operation: str, period_id: int, after: Moment, worker_code: WorkerCode | None = None
) -> Changes | None:
    """Return a page of the history of a period, oldest event first. Store an audit row.

    None if the period does not exist or the caller may not see it. Errors are as in `read_period`.
    """
    row = await read_period(work, operation, period_id, worker_code)
    return None if row is None else await store.load_changes(work.tx, period_id, after)


async def read_day(
    work: Work, operation: str, registration_id: int, worker_code: WorkerCode | None = None
) -> tuple[Day, Record] | None:
    """Return a daily registration and the row of its period. Store an audit row.

    None if it does not exist or the caller may not see it. Errors are as in `read_period`.
    """
    day = await store.load_day(work.tx, registration_id)
    row = await read_period(work, operation, 0 if day is None else day.period_id, worker_code)
    return None if day is None or row is None else (day, row)


def acting_for(actor: Actor, employer: str | None) -> str:
    """Return the organization for which the caller acts.

    It is `employer` if this is an organization of the caller. Otherwise it is the organization of the caller
    with the lowest number, or the authority if the caller has no other organization.
    """
    own = actor.organizations - {AUTHORITY}
    return employer if employer is not None and employer in own else min(own, default=AUTHORITY)


def _is_agent(actor: Actor) -> bool:
    return Right.AGENT in actor.rights_in(AUTHORITY)


def _refused(actor: Actor, employer: str | None = None) -> RefusedError:
    asked = () if employer is None else (employer,)
    return RefusedError(actor.operation.text, hidden=actor.operation.hidden, organizations=asked)


def _own_employer(actor: Actor, path: Sequence[str]) -> str:
    """Return the only organization of a caller, for a search that names no employer, no worker and no number.

    Raise ProblemError (400) for an agent or several organizations, and RefusedError for no organization.
    """
    organizations = actor.organizations - {AUTHORITY}
    if len(organizations) == 1 and not _is_agent(actor):
        return next(iter(organizations))
    if not organizations and not _is_agent(actor):
        raise _refused(actor)
    raise ProblemError.of(invalid_request([{"type": "required_input", "loc": ("body", *path, "employer")}]))


async def _scope(work: Work, employer: str | None, quarter: str) -> Scope:
    """Return the scope of a search.

    An agent may search all employers. For another caller, the scope is unrestricted only if the search names
    an employer that this caller may see. Raise RefusedError if the caller may not see this employer, or may
    see no employer.
    """
    if _is_agent(work.actor):
        return Scope(quarter)
    organizations = work.actor.organizations
    if employer is None and organizations:
        return Scope(quarter, organizations)
    if employer is None or not (
        employer in organizations or await store.has_mandate(work.tx, employer, organizations, quarter)
    ):
        raise _refused(work.actor, employer)
    return Scope(quarter)


def _look(
    work: Work, operation: str, query: Query, rows: Sequence[Record], worker_code: WorkerCode | None
) -> Look:
    """Return the audit row of a search.

    Its worker is the worker in the criteria, or the worker of the first row if a search by number names no
    worker.
    """
    caller, criteria = work.actor.caller, query.criteria
    asked = criteria.worker[-1:] if criteria.worker is not None else ()
    read = [row["ssin"] for row in rows] if query.source is Source.NUMBER else []
    ssin = next(iter((*asked, *read)), None)
    return Look(
        operation,
        caller.subject,
        caller.client_id if caller.is_person else None,
        criteria.employer,
        None if ssin is None or worker_code is None else worker_code(ssin),
        criteria.given().keys(),
        [row["relation_id"] for row in rows],
    )
