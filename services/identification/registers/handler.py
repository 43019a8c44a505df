"""Find workers in the register of persons, and compare declarations with the registers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, TypeVar

from services.identification.matching.rules import (
    Careers,
    Limits,
    Unidentified,
    career_quarters,
    career_warnings,
    identify,
    inconsistencies,
    search_keys,
)
from services.identification.registers import store
from shared.domain.anomalies import Anomaly
from shared.domain.declared import DeclaredWorker
from shared.domain.starter_job import StarterJob
from shared.messages import Person, ReceivedDeclaration, RegisterEntry
from shared.runtime.database import Connection

Key = TypeVar("Key", int, str)

_NO_WORKER: Final = DeclaredWorker()
_PERSON: Final = tuple(Person.model_fields)


async def find_workers(
    connection: Connection, declarations: Sequence[ReceivedDeclaration], limits: Limits
) -> dict[int, Person | Unidentified]:
    """Return the certain worker of each declaration, or the reason why there is none, by number."""
    workers = {one.number: one.declared.worker or _NO_WORKER for one in declarations}
    by_ssin = await store.load_persons(
        connection, {worker.ssin for worker in workers.values() if worker.ssin}
    )
    keys = {number: search_keys(worker) for number, worker in workers.items() if not worker.ssin}
    candidates = await store.load_candidates(connection, keys)
    unidentified: dict[int, Person | Unidentified] = {}
    entries: dict[int, RegisterEntry] = {}
    for declaration in declarations:
        number, ssin = declaration.number, workers[declaration.number].ssin
        known = candidates[number] if not ssin else [by_ssin[ssin]] if ssin in by_ssin else []
        match = identify(declaration.declared, known, limits)
        if isinstance(match, RegisterEntry):
            entries[number] = match
        else:
            unidentified[number] = match
    return unidentified | persons_of(entries)


def persons_of(entries: Mapping[Key, RegisterEntry]) -> dict[Key, Person]:
    """Return the persons as other services know them: with their former numbers, without their address."""
    return {
        key: Person.model_construct(**{name: getattr(entry, name) for name in _PERSON})
        for key, entry in entries.items()
    }


async def with_warnings(
    connection: Connection,
    identified: Sequence[tuple[ReceivedDeclaration, Person]],
    starter_jobs: Sequence[StarterJob],
) -> list[ReceivedDeclaration]:
    """Return the declarations with the warnings that the registers give (-348, 90017-510, -514, -515)."""
    quarters = {
        (ssin, quarter)
        for declaration, worker in identified
        for quarter in career_quarters(declaration.declared, starter_jobs)
        for ssin in worker.ssins
    }
    careers: Careers | None = await store.load_careers(connection, quarters)
    if starter_jobs and not careers and not await store.are_careers_loaded(connection):
        careers = None
    declarations = []
    for declaration, worker in identified:
        declared = declaration.declared
        warnings: tuple[Anomaly, ...] = (
            *inconsistencies(declared.worker or _NO_WORKER, worker),
            *career_warnings(declared, worker, careers, starter_jobs),
        )
        if warnings:
            anomalies = (*declaration.anomalies, *warnings)
            declaration = declaration.model_copy(update={"anomalies": anomalies})
        declarations.append(declaration)
    return declarations
