"""Show identifications to agents, and apply their decisions. Each look is recorded where it is answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from services.identification.cases.handler import Identification
from services.identification.decision import store
from services.identification.decision.store import Case, Reading
from services.identification.matching.rules import search_keys
from services.identification.matching.rules.score import score
from services.identification.registers.store import load_candidates, load_persons
from shared.domain.declared import DeclaredWorker
from shared.messages import CaseResolved, ReceivedDeclaration, RegisterEntry
from shared.runtime.authorization import Work
from shared.runtime.database import Record, Transaction
from shared.runtime.own_matters import refuse_own_matter
from shared.runtime.step import Effect

_OPEN: Final = "open"
#: Candidates that one answer shows, those with the most points first.
MOST_CANDIDATES: Final = 20

#: A function that returns the keyed code of a NISS.
Coded = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent: subject of the token, program, and name of the operation."""

    subject: str
    client_id: str
    operation: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person of the register that may be the worker, with its points from 0 to 100."""

    entry: RegisterEntry
    points: float


@dataclass(frozen=True, slots=True)
class Whole:
    """A case with its candidates and its history."""

    case: Case
    candidates: Sequence[Candidate]
    history: Sequence[Record]


class Obstacle(Enum):
    """The reason why a decision is not applied."""

    ENDED = auto()  #: the case has ended
    UNKNOWN_WORKER = auto()  #: the register has no person with this NISS


async def list_cases(tx: Transaction, agent: Agent, after: int, most: int) -> list[Case]:
    """Return a page of the open cases, and record the look."""
    found = await store.load_open(tx, after, most)
    await _record(tx, agent, [case.declaration.number for case in found])
    return found


async def read_case(tx: Transaction, agent: Agent, number: int, coded: Coded) -> Whole | None:
    """Return a case with its candidates; None if there is none. Record the look in both cases."""
    case = await store.load_case(tx, number)
    if case is None:
        await _record(tx, agent, [number])
        return None
    worker = case.declaration.declared.worker or DeclaredWorker()
    candidates = await _candidates(tx, number, worker)
    numbers = {*([worker.ssin] if worker.ssin else []), *(each.entry.ssin for each in candidates)}
    await _record(tx, agent, [number], workers=sorted(map(coded, numbers)))
    return Whole(case, candidates, await store.load_history(tx, number))


async def _candidates(tx: Transaction, number: int, worker: DeclaredWorker) -> list[Candidate]:
    """Return the persons with the declared NISS, birth date or name, those with the most points first."""
    named = await load_persons(tx.connection, {worker.ssin} if worker.ssin else ())
    keyed = await load_candidates(tx.connection, {number: search_keys(worker)})
    entries: Mapping[str, RegisterEntry] = {one.ssin: one for one in (*keyed[number], *named.values())}
    found = [Candidate(entry, round(score(worker, entry).points, 1)) for entry in entries.values()]
    return sorted(found, key=lambda one: (-one.points, one.entry.ssin))[:MOST_CANDIDATES]


async def decide(
    work: Work, agent: Agent, identification: Identification, decision: CaseResolved, reason: str
) -> tuple[Obstacle | None, Sequence[Effect]] | None:
    """End a case with a worker or without one, and record the decision with its reason.

    Returns:
        None if there is no case. Else the obstacle that keeps the case as it was, or None, and the events.

    Raises:
        RefusedError: The agent may be the worker, or acts for the employer or for the sender.
    """
    tx = work.tx
    case = await store.load_case(tx, decision.number)
    if case is None:
        return None
    numbers = await _possible_workers(tx, case, decision.ssin)
    await refuse_own_matter(work, numbers, _parties(case.declaration))
    if case.state != _OPEN:
        return Obstacle.ENDED, ()
    if decision.ssin is not None and not await load_persons(tx.connection, {decision.ssin}):
        return Obstacle.UNKNOWN_WORKER, ()
    effects = await identification.decide(tx, {decision.number: decision})
    if not effects:  # another transaction ended it first
        return Obstacle.ENDED, ()
    await _record(tx, agent, [decision.number], reason=reason)
    return None, effects


async def _possible_workers(tx: Transaction, case: Case, decided: str | None) -> Sequence[str]:
    """Return all numbers of the declared worker, of the candidates, and of the worker of a decision."""
    worker = case.declaration.declared.worker or DeclaredWorker()
    candidates = await _candidates(tx, case.declaration.number, worker)
    named = [number for number in (worker.ssin, decided) if number is not None]
    return await store.load_numbers(tx, [*named, *(each.entry.ssin for each in candidates)])


def _parties(declaration: ReceivedDeclaration) -> set[str]:
    """Return the enterprise numbers of the employer and of the sender of a declaration."""
    employer = declaration.employer
    return {declaration.sender.organization} | ({employer.enterprise_number} if employer else set())


async def _record(
    tx: Transaction,
    agent: Agent,
    declarations: Sequence[int],
    workers: Sequence[str] = (),
    reason: str | None = None,
) -> None:
    await store.store_reading(
        tx, Reading(agent.subject, agent.client_id, agent.operation, declarations, workers, reason)
    )
