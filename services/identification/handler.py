"""Identification's steps: find the worker, open a case where he is not found, and end every case."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, TypeVar

from services.identification import store
from services.identification.rules import (
    LIMITS,
    Limits,
    career_asked,
    career_warnings,
    identify,
    inconsistencies,
    search_keys,
)
from shared.domain.anomalies import Anomaly
from shared.domain.calendar import identification_deadline, local_date
from shared.domain.declared import DeclaredWorker
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
from shared.runtime import metrics
from shared.runtime.database import Connection, Transaction
from shared.runtime.logs import log
from shared.runtime.service import Service
from shared.runtime.settings import Settings
from shared.runtime.step import Effect, Step, Timer
from shared.topology import IDENTIFY, REGISTER

_NOBODY = DeclaredWorker()
_CLOCK_SECONDS = 1.0
_PERSON = tuple(Person.model_fields)
_Heard = WorkerRegistered | CareerRegistered | CaseResolved
_Key = TypeVar("_Key", int, str)


class IdentificationSettings(Settings):
    """How long a worker may stay unidentified, and how sure one must be of him."""

    identification_working_days: int = 10  #: working days; then 90017-151 (decision D31)
    identification_threshold: float = LIMITS.threshold  #: points of 100 that the worker has at least
    identification_margin: float = LIMITS.margin  #: points by which nobody else comes near


class Identification:
    """The steps of identification and its clock."""

    def __init__(self, working_days: int, limits: Limits = LIMITS) -> None:
        self._working_days = working_days
        self._limits = limits

    async def identify(self, tx: Transaction, batch: Sequence[DeclarationAdmitted]) -> Sequence[Effect]:
        """Look every worker up. S is the answer to an unresolved identification, never to an outage (D6)."""
        declarations = [admitted.declaration for admitted in batch]
        found = await self._look_up(tx.connection, declarations)
        if missing := [one for one in declarations if isinstance(found[one.number], str)]:
            await store.lock_register(tx)
            found |= await self._look_up(tx.connection, missing)
        cases: list[tuple[ReceivedDeclaration, str]] = []
        identified: list[tuple[ReceivedDeclaration, Person]] = []
        effects: list[Effect] = []
        for declaration in declarations:
            worker = found[declaration.number]
            if isinstance(worker, Person):
                _count(declaration, "identified")
                identified.append((declaration, worker))
            else:
                _count(declaration, "not_found")
                cases.append((declaration, worker))
                outcome = Outcome(
                    result=Result.PROVISIONAL, anomalies=declaration.anomalies, decided_at=tx.now
                )
                effects.append(DeclarationProvisional(declaration=declaration, outcome=outcome))
        effects += await _ended(tx.connection, identified)
        if cases:
            await store.open_cases(tx, cases, identification_deadline(tx.now, self._working_days))
        log.info("identified", declarations=[d.number for d in declarations], provisional=len(cases))
        return effects

    async def hear(
        self,
        tx: Transaction,
        messages: Sequence[_Heard],
    ) -> Sequence[Effect]:
        """Take over what the registers say and what operators decide; persons and decisions may end cases."""
        effects: list[Effect] = []
        if careers := [(m.sequence, m.career) for m in messages if isinstance(m, CareerRegistered)]:
            await store.register_careers(tx, careers)
        if changes := [(m.sequence, m.worker) for m in messages if isinstance(m, WorkerRegistered)]:
            effects += await self._register(tx, changes)
        if decisions := {m.number: m.ssin for m in messages if isinstance(m, CaseResolved)}:
            effects += await self._decide(tx, decisions)
        return effects

    async def _register(
        self, tx: Transaction, changes: Sequence[tuple[int, RegisterEntry]]
    ) -> Sequence[Effect]:
        replaced = await store.register(tx, changes)
        entries = [entry for _, entry in changes]
        effects = await _tell_of_numbers(tx, entries, replaced)
        former = await store.former_numbers(tx.connection, [entry.ssin for entry in entries])
        numbers = {old for each in former.values() for old in each}
        waiting = await store.waiting_for(tx, entries, numbers)
        found = await self._look_up(tx.connection, waiting)
        ends = [(one, worker) for one in waiting if isinstance(worker := found[one.number], Person)]
        return [*effects, *await _end(tx, ends, "resolved", "register")]

    async def _decide(self, tx: Transaction, decisions: dict[int, str | None]) -> list[Effect]:
        """An operator's word. A NISS that the register does not know ends nothing: the case stays open."""
        cases = await store.numbered(tx, list(decisions))
        named = {ssin for ssin in decisions.values() if ssin is not None}
        entries = await store.numbered_persons(tx.connection, named)
        people = await _persons(tx.connection, entries)
        resolved: list[tuple[ReceivedDeclaration, Person]] = []
        given_up: list[tuple[ReceivedDeclaration, None]] = []
        for number, declaration in cases.items():
            ssin = decisions[number]
            if ssin is None:
                given_up.append((declaration, None))
            elif ssin in people:
                resolved.append((declaration, people[ssin]))
            else:
                log.warning("case_stays_open", declaration=number, reason="unknown worker")
        ended = await _end(tx, resolved, "resolved", "operator")
        return [*ended, *await _end(tx, given_up, "given_up", "operator")]

    async def time_out(self, tx: Transaction) -> Sequence[Effect]:
        """End the cases that nobody resolved in time (90017-151 by the personnel file)."""
        overdue = await store.overdue(tx)
        return await _end(tx, [(declaration, None) for declaration in overdue], "timed_out", "deadline")

    async def _look_up(
        self, connection: Connection, declarations: Sequence[ReceivedDeclaration]
    ) -> dict[int, Person | str]:
        """The certain worker of each declaration, or why there is none."""
        workers = {one.number: one.declared.worker or _NOBODY for one in declarations}
        numbers = {worker.ssin for worker in workers.values() if worker.ssin}
        behind = await store.numbered_persons(connection, numbers)
        alike = await store.candidates(
            connection,
            {number: search_keys(worker) for number, worker in workers.items() if not worker.ssin},
        )
        found: dict[int, Person | str] = {}
        entries: dict[int, RegisterEntry] = {}
        for one in declarations:
            ssin = workers[one.number].ssin
            candidates = alike[one.number] if not ssin else [behind[ssin]] if ssin in behind else []
            answer = identify(one.declared, candidates, self._limits)
            if isinstance(answer, RegisterEntry):
                entries[one.number] = answer
            else:
                found[one.number] = answer
        return found | await _persons(connection, entries)


async def _persons(connection: Connection, entries: dict[_Key, RegisterEntry]) -> dict[_Key, Person]:
    """What the other services learn of these: who they are and were numbered, not where they live."""
    former = await store.former_numbers(connection, {entry.ssin for entry in entries.values()})
    return {
        key: Person.model_validate(
            {name: getattr(entry, name) for name in _PERSON} | {"former_ssins": former.get(entry.ssin)}
        )
        for key, entry in entries.items()
    }


async def _ended(
    connection: Connection, ends: Sequence[tuple[ReceivedDeclaration, Person | None]]
) -> list[IdentificationEnded]:
    """The ends of identifications; what the registers contradict is added to what is known (-348, -510)."""
    asked = {
        (ssin, quarter)
        for declaration, worker in ends
        if worker is not None and (quarter := career_asked(declaration.declared)) is not None
        for ssin in worker.ssins
    }
    careers = await store.careers(connection, asked)
    ended = []
    for declaration, worker in ends:
        found: tuple[Anomaly, ...] = ()
        if worker is not None:
            declared = declaration.declared
            found = (
                *inconsistencies(declared.worker or _NOBODY, worker),
                *career_warnings(declared, worker, careers),
            )
        known = (*declaration.anomalies, *found)
        one = declaration.model_copy(update={"anomalies": known}) if found else declaration
        ended.append(IdentificationEnded(declaration=one, worker=worker))
    return ended


async def _end(
    tx: Transaction, ends: Sequence[tuple[ReceivedDeclaration, Person | None]], state: str, reason: str
) -> list[Effect]:
    if not ends:
        return []
    closed = await store.close(tx, [declaration.number for declaration, _ in ends], state, reason)
    ended = [end for end in ends if end[0].number in closed]
    for declaration, _ in ended:
        _count(declaration, state)
    log.info("cases_ended", declarations=sorted(closed), state=state)
    return [*await _ended(tx.connection, ended)]


async def _tell_of_numbers(
    tx: Transaction, entries: Sequence[RegisterEntry], replaced: Collection[str]
) -> list[Effect]:
    """The persons behind these entries who have replaced numbers, or whose number is in force again.

    Nothing is said of a number as long as nobody is known under the one that has replaced it.
    """
    behind = await store.numbered_persons(tx.connection, {entry.ssin for entry in entries})
    people = await _persons(tx.connection, {entry.ssin: entry for entry in behind.values()})
    told = [person for person in people.values() if person.former_ssins or person.ssin in replaced]
    orders = await store.number_changes(tx, len(told)) if told else []
    return [
        WorkerNumberReplaced(worker=person, order=order, effective_on=local_date(tx.now))
        for person, order in zip(told, orders, strict=True)
    ]


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
    limits = Limits(settings.identification_threshold, settings.identification_margin)
    identification = Identification(settings.identification_working_days, limits)
    steps: tuple[Step[Any], ...] = (
        Step("identify", (IDENTIFY,), identification.identify),
        Step("register", (REGISTER,), identification.hear),
    )
    timers = (Timer("time_out", _CLOCK_SECONDS, identification.time_out),)
    gauges = (metrics.PROVISIONAL_PENDING, metrics.PROVISIONAL_AGE)
    return Service("identification", steps, timers, observe=observe, gauges=gauges)
