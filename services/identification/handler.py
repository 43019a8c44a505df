"""Identification's steps: find the worker, open a case where he is not found, and end every case."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from services.identification import store
from services.identification.rules import match
from shared.domain.calendar import identification_deadline
from shared.domain.declared import DeclaredWorker
from shared.messages import (
    CaseResolved,
    DeclarationAdmitted,
    DeclarationProvisional,
    IdentificationEnded,
    Outcome,
    Person,
    ReceivedDeclaration,
    Result,
    WorkerRegistered,
)
from shared.runtime import metrics
from shared.runtime.database import Connection, Transaction
from shared.runtime.logs import log
from shared.runtime.service import Service
from shared.runtime.settings import Settings
from shared.runtime.step import Asked, Effect, Step, Timer
from shared.topology import IDENTIFY, REGISTER

_NOBODY = DeclaredWorker()
_CLOCK_SECONDS = 1.0


class IdentificationSettings(Settings):
    """How long a worker may stay unidentified."""

    identification_working_days: int = 10  #: working days; then 90017-151 (decision D31)


class Identification:
    """The steps of identification and its clock."""

    def __init__(self, working_days: int) -> None:
        self._working_days = working_days

    async def identify(
        self, tx: Transaction, batch: Sequence[Asked[DeclarationAdmitted, None]]
    ) -> Sequence[Effect]:
        """Look every worker up. S is the answer to an unresolved identification, never to an outage (D6)."""
        declarations = [asked.value.declaration for asked in batch]
        found = await _matches(tx.connection, declarations)
        missing = [one for one in declarations if found[one.number] is None]
        if missing:
            await store.lock_register(tx)
            found |= await _matches(tx.connection, missing)
            missing = [one for one in missing if found[one.number] is None]
            await store.open_cases(tx, missing, identification_deadline(tx.now, self._working_days))
        effects: list[Effect] = []
        for declaration in declarations:
            worker = found[declaration.number]
            _count(declaration, "identified" if worker else "not_found")
            if worker is not None:
                effects.append(IdentificationEnded(declaration=declaration, worker=worker))
            else:
                outcome = Outcome(
                    result=Result.PROVISIONAL, anomalies=declaration.anomalies, decided_at=tx.now
                )
                effects.append(DeclarationProvisional(declaration=declaration, outcome=outcome))
        log.info("identified", declarations=[d.number for d in declarations], provisional=len(missing))
        return effects

    async def hear(
        self, tx: Transaction, batch: Sequence[Asked[WorkerRegistered | CaseResolved, None]]
    ) -> Sequence[Effect]:
        """Take over what the register says and what operators decide; both may end cases."""
        messages = [asked.value for asked in batch]
        effects: list[Effect] = []
        changes = [(m.sequence, m.worker) for m in messages if isinstance(m, WorkerRegistered)]
        if changes:
            await store.register(tx, changes)
            waiting = await store.waiting_for(tx, [person for _, person in changes])
            found = await _matches(tx.connection, waiting)
            effects += await _end(tx, [(d, found[d.number]) for d in waiting if found[d.number]], "resolved")
        decisions = {m.number: m.ssin for m in messages if isinstance(m, CaseResolved)}
        if decisions:
            effects += await self._decide(tx, decisions)
        return effects

    async def _decide(self, tx: Transaction, decisions: dict[int, str | None]) -> list[Effect]:
        """An operator's word. A NISS that the register does not know ends nothing: the case stays open."""
        cases = await store.numbered(tx, list(decisions))
        named = [ssin for ssin in decisions.values() if ssin is not None]
        people = {person.ssin: person for person in await store.candidates(tx.connection, named, [])}
        resolved: list[tuple[ReceivedDeclaration, Person | None]] = []
        given_up: list[tuple[ReceivedDeclaration, Person | None]] = []
        for number, declaration in cases.items():
            ssin = decisions[number]
            if ssin is None:
                given_up.append((declaration, None))
            elif ssin in people:
                resolved.append((declaration, people[ssin]))
            else:
                log.warning("case_stays_open", declaration=number, reason="unknown worker")
        return [*await _end(tx, resolved, "resolved"), *await _end(tx, given_up, "given_up")]

    async def time_out(self, tx: Transaction) -> Sequence[Effect]:
        """End the cases that nobody resolved in time (90017-151 by the personnel file)."""
        return await _end(tx, [(declaration, None) for declaration in await store.overdue(tx)], "timed_out")


async def _matches(
    connection: Connection, declarations: Sequence[ReceivedDeclaration]
) -> dict[int, Person | None]:
    """The certain worker of each declaration, or None."""
    workers = {one.number: one.declared.worker or _NOBODY for one in declarations}
    people = await store.candidates(
        connection,
        {worker.ssin for worker in workers.values() if worker.ssin},
        {worker.birth_date for worker in workers.values() if worker.birth_date and not worker.ssin},
    )
    numbered = {person.ssin: person for person in people}
    found: dict[int, Person | None] = {}
    for number, worker in workers.items():
        found[number] = numbered.get(worker.ssin) if worker.ssin else match(worker, people)
    return found


async def _end(
    tx: Transaction, ends: Sequence[tuple[ReceivedDeclaration, Person | None]], state: str
) -> list[Effect]:
    if not ends:
        return []
    closed = await store.close(tx, [declaration.number for declaration, _ in ends], state)
    effects: list[Effect] = []
    for declaration, worker in ends:
        if declaration.number in closed:
            _count(declaration, state)
            effects.append(IdentificationEnded(declaration=declaration, worker=worker))
    log.info("cases_ended", declarations=sorted(closed), state=state)
    return effects


def _count(declaration: ReceivedDeclaration, outcome: str) -> None:
    worker = declaration.declared.worker
    method = "ssin" if worker and worker.ssin else "characteristics"
    metrics.IDENTIFICATIONS.labels(method, outcome).inc()


async def observe(connection: Connection) -> None:
    """Identification's gauges: cases that wait."""
    pending = await store.pending(connection)
    metrics.PROVISIONAL_PENDING.set(pending.count)
    metrics.PROVISIONAL_AGE.set(pending.age)


def service(settings: IdentificationSettings) -> Service:
    """Identification as a service."""
    identification = Identification(settings.identification_working_days)
    steps: tuple[Step[Any, Any], ...] = (
        Step("identify", (IDENTIFY,), identification.identify),
        Step("register", (REGISTER,), identification.hear),
    )
    timers = (Timer("time_out", _CLOCK_SECONDS, identification.time_out),)
    return Service("identification", steps, timers, observe=observe)
