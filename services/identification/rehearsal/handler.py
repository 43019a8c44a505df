"""Look up how the identifications of test workers end in the sandbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from services.identification.registers import store as registers
from services.identification.registers.handler import persons_of
from services.identification.rehearsal import store
from shared.messages import Person, ReceivedDeclaration
from shared.runtime.database import Connection


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """The planned end of an identification: after which time, and with which worker (None: without one)."""

    after: timedelta
    worker: Person | None


async def rehearse(
    connection: Connection, declarations: Sequence[ReceivedDeclaration]
) -> Mapping[int, Rehearsal]:
    """Return the planned ends by declaration number. Declarations of other workers are absent."""
    named = {declaration.number: _declared(declaration) for declaration in declarations}
    rows = await store.load_rehearsals(connection, {name for name in named.values() if name})
    found = {ssin for _, ssin in rows.values() if ssin is not None}
    people = persons_of(await registers.load_persons(connection, found)) if found else {}
    return {
        number: Rehearsal(timedelta(seconds=seconds), people.get(ssin) if ssin else None)
        for number, name in named.items()
        if name in rows
        for seconds, ssin in (rows[name],)
    }


def _declared(declaration: ReceivedDeclaration) -> str:
    """Return the declared NISS or, without NISS, the family name in capitals. Return "" without both."""
    worker = declaration.declared.worker
    return "" if worker is None else worker.ssin or (worker.family_name or "").upper()
