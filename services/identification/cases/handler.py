"""The steps of identification: find workers, open a case for each worker not found, end the cases."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from services.identification.cases import store
from services.identification.cases.store import OpenCase
from services.identification.matching.rules import LIMITS, Limits, Unidentified
from services.identification.registers import store as registers
from services.identification.registers.handler import find_workers, persons_of, with_warnings
from services.identification.rehearsal.handler import Rehearsal
from shared.domain.calendar import identification_deadline, local_date
from shared.domain.starter_job import StarterJob
from shared.messages import (
    CareerRegistered,
    CaseResolved,
    DeclarationAdmitted,
    DeclarationProvisional,
    IdentificationEnded,
    Outcome,
    Person,
    ReceivedDeclaration,
    RegisterEntry,
    Result,
    WorkerNumberReplaced,
    WorkerRegistered,
)
from shared.registers import RegisterChange
from shared.runtime import metrics
from shared.runtime.database import Connection, Transaction
from shared.runtime.logs import log
from shared.runtime.operator_log import store_changes
from shared.runtime.step import Effect

_Change = WorkerRegistered | CareerRegistered | CaseResolved
#: Returns, by declaration number, the planned ends of identifications of test workers in the sandbox.
Rehearse = Callable[[Connection, Sequence[ReceivedDeclaration]], Awaitable[Mapping[int, Rehearsal]]]


async def rehearse_nothing(_: Connection, __: Sequence[ReceivedDeclaration]) -> Mapping[int, Rehearsal]:
    """Return no rehearsals, because only the sandbox has rehearsals."""
    return {}


@dataclass(frozen=True, slots=True)
class _End:
    """The end of an identification. `worker` is None if no worker was found."""

    declaration: ReceivedDeclaration
    worker: Person | None
    decided_by: str | None = None  #: the operator or agent that decided


class Identification:
    """The steps and the timer of identification."""

    def __init__(
        self,
        working_days: int,
        limits: Limits = LIMITS,
        starter_jobs: Sequence[StarterJob] = (),
        rehearse: Rehearse = rehearse_nothing,
    ) -> None:
        """Create the steps.

        Args:
            working_days: how long a case stays open.
            limits: how certain a match must be.
            starter_jobs: the criteria of starter jobs, if these are switched on.
            rehearse: looks up the ends of identifications in the sandbox.
        """
        self._working_days = working_days
        self._limits = limits
        self._starter_jobs = starter_jobs
        self._rehearse = rehearse

    async def identify(self, tx: Transaction, batch: Sequence[DeclarationAdmitted]) -> Sequence[Effect]:
        """Find the worker of each declaration. If the worker is not found, open a case and answer S.

        An S always means that the worker is not found yet, never that a service is unavailable
        (decision D6).
        """
        declarations = [admitted.declaration for admitted in batch]
        workers = await find_workers(tx.connection, declarations, self._limits)
        if missing := [one for one in declarations if not isinstance(workers[one.number], Person)]:
            await registers.lock_register(tx)
            workers |= await find_workers(tx.connection, missing, self._limits)
        rehearsed = await self._rehearse(tx.connection, declarations)
        cases: list[OpenCase] = []
        ends: list[_End] = []
        effects: list[Effect] = []
        deadline = identification_deadline(tx.now, self._working_days)
        for declaration in declarations:
            worker, rehearsal = workers[declaration.number], rehearsed.get(declaration.number)
            due = deadline if rehearsal is None else tx.now + rehearsal.after
            if not isinstance(worker, Person):
                cases.append(OpenCase(declaration, worker, due))
                effects.append(_provisional(tx, declaration))
            elif rehearsal is not None:  # a slow identification: without S
                cases.append(OpenCase(declaration, Unidentified.NO_MATCH, due))
            else:
                ends.append(_End(declaration, worker))
            _count(declaration, "identified" if isinstance(worker, Person) else "not_found")
        effects += await self._ended(tx.connection, ends)
        if cases:
            await store.open_cases(tx, cases)
        log.info("identified", declarations=[d.number for d in declarations], provisional=len(cases))
        return effects

    async def apply_changes(self, tx: Transaction, messages: Sequence[_Change]) -> Sequence[Effect]:
        """Store changes of the registers, apply decisions of operators, and end the cases they resolve."""
        effects: list[Effect] = []
        if registered := [message for message in messages if isinstance(message, RegisterChange)]:
            await store_changes(tx.connection, registered)
        if careers := [(m.sequence, m.career) for m in messages if isinstance(m, CareerRegistered)]:
            await registers.store_careers(tx, careers)
        if changes := [(m.sequence, m.worker) for m in messages if isinstance(m, WorkerRegistered)]:
            effects += await self._register(tx, changes)
        if decisions := {m.number: m for m in messages if isinstance(m, CaseResolved)}:
            effects += await self.decide(tx, decisions)
        return effects

    async def end_overdue_cases(self, tx: Transaction) -> Sequence[Effect]:
        """End each case that is past its deadline. Its declaration gets no worker.

        The personnel file then refuses the declaration with 90017-151. In the sandbox a case may end with
        the worker that is planned for it.
        """
        overdue = await store.lock_overdue(tx)
        rehearsed = await self._rehearse(tx.connection, overdue) if overdue else {}
        found = {number: rehearsal.worker for number, rehearsal in rehearsed.items() if rehearsal.worker}
        resolved = [_End(one, found[one.number]) for one in overdue if one.number in found]
        given_up = [_End(one, None) for one in overdue if one.number not in found]
        ended = await self._end(tx, resolved, "resolved", "register")
        return [*ended, *await self._end(tx, given_up, "timed_out", "deadline")]

    async def _register(
        self, tx: Transaction, changes: Sequence[tuple[int, RegisterEntry]]
    ) -> Sequence[Effect]:
        """Store changes of the register of persons. Return events of new numbers, and of cases that end."""
        replaced = await registers.store_persons(tx, changes)
        entries = [entry for _, entry in changes]
        in_force = await registers.load_persons(tx.connection, {entry.ssin for entry in entries})
        effects = await _number_changes(tx, in_force.values(), replaced)
        numbers = {old for entry in in_force.values() for old in entry.former_ssins or ()}
        waiting = await store.load_waiting_for(tx, entries, numbers)
        workers = await find_workers(tx.connection, waiting, self._limits)
        ends = [
            _End(declaration, worker)
            for declaration in waiting
            if isinstance(worker := workers[declaration.number], Person)
        ]
        return [*effects, *await self._end(tx, ends, "resolved", "register")]

    async def decide(self, tx: Transaction, decisions: Mapping[int, CaseResolved]) -> list[Effect]:
        """End cases as operators or agents decided. Return their events.

        A NISS that is not in the register leaves its case open. A case that has ended gives no event.
        """
        cases = await store.lock_cases(tx, list(decisions))
        named = {decision.ssin for decision in decisions.values() if decision.ssin is not None}
        people = persons_of(await registers.load_persons(tx.connection, named))
        resolved: list[_End] = []
        given_up: list[_End] = []
        for number, declaration in cases.items():
            ssin, operator = decisions[number].ssin, decisions[number].decided_by
            if ssin is None:
                given_up.append(_End(declaration, None, operator))
            elif ssin in people:
                resolved.append(_End(declaration, people[ssin], operator))
            else:
                log.warning("case_stays_open", declaration=number, reason="unknown worker")
        ended = await self._end(tx, resolved, "resolved", "operator")
        return [*ended, *await self._end(tx, given_up, "given_up", "operator")]

    async def _ended(self, connection: Connection, ends: Sequence[_End]) -> list[IdentificationEnded]:
        """Return one event for each ended identification, with the warnings of the registers added."""
        identified = [(end.declaration, end.worker) for end in ends if end.worker is not None]
        warned = {one.number: one for one in await with_warnings(connection, identified, self._starter_jobs)}
        return [
            IdentificationEnded(
                declaration=warned.get(end.declaration.number, end.declaration), worker=end.worker
            )
            for end in ends
        ]

    async def _end(self, tx: Transaction, ends: Sequence[_End], state: str, reason: str) -> list[Effect]:
        """Close cases and return the events of the cases that were still open.

        Args:
            tx: the transaction that closes them.
            ends: the declarations of the cases, with their workers.
            state: resolved, given_up or timed_out.
            reason: register, operator or deadline.
        """
        if not ends:
            return []
        deciders = {end.declaration.number: end.decided_by for end in ends}
        closed = await store.close_cases(tx, deciders, state, reason)
        ended = [end for end in ends if end.declaration.number in closed]
        for end in ended:
            _count(end.declaration, state)
        log.info("cases_ended", declarations=sorted(closed), state=state)
        return [*await self._ended(tx.connection, ended)]


def _provisional(tx: Transaction, declaration: ReceivedDeclaration) -> DeclarationProvisional:
    outcome = Outcome(result=Result.PROVISIONAL, anomalies=declaration.anomalies, decided_at=tx.now)
    return DeclarationProvisional(declaration=declaration, outcome=outcome)


async def _number_changes(
    tx: Transaction, in_force: Collection[RegisterEntry], replaced: Collection[str]
) -> list[Effect]:
    """Return an event for each person whose NISS replaced another one, or is in force again.

    A replaced NISS gives no event until the register has the person under the new NISS.

    Args:
        tx: the transaction that stored the changes.
        in_force: the changed persons, each under the NISS in force.
        replaced: the NISS among these that the register had as replaced before this change.
    """
    people = persons_of({entry.ssin: entry for entry in in_force})
    changed = [person for person in people.values() if person.former_ssins or person.ssin in replaced]
    orders = await registers.take_change_orders(tx, len(changed)) if changed else []
    return [
        WorkerNumberReplaced(worker=person, order=order, effective_on=local_date(tx.now))
        for person, order in zip(changed, orders, strict=True)
    ]


def _count(declaration: ReceivedDeclaration, outcome: str) -> None:
    worker = declaration.declared.worker
    method = "ssin" if worker and worker.ssin else "characteristics"
    metrics.IDENTIFICATIONS.labels(method, outcome).inc()
