"""Cases and their history: opened, taken by somebody, ended; every step is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from services.contact.case.rules import Kind, State
from shared.runtime.database import Record, Transaction


@dataclass(frozen=True, slots=True)
class Case:
    """A case as it is now."""

    id: UUID
    kind: Kind
    state: State
    enterprise_number: str | None
    notification_id: UUID | None
    said: str
    opened_at: datetime
    opened_by: str
    due_on: date
    agent: str | None = None
    answer: str | None = None
    ended_at: datetime | None = None


COLUMNS: Final = (
    "case_id, kind, state, enterprise_number, notification_id, said, opened_at, opened_by, due_on, agent, "
    "answer, ended_at"
)
_OPEN: Final = """
WITH made AS (
    INSERT INTO cases (case_id, kind, enterprise_number, notification_id, said, opened_at, opened_by, due_on)
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::text[], $6::timestamptz[],
        $7::text[], $8::date[])
    ON CONFLICT DO NOTHING RETURNING case_id, opened_at, opened_by),
told AS (
    INSERT INTO history (case_id, event, happened_at, by_whom)
    SELECT case_id, 'opened', opened_at, opened_by FROM made)
SELECT case_id FROM made"""
_LOCKED: Final = f"SELECT {COLUMNS} FROM cases WHERE case_id = $1 FOR UPDATE"  # noqa: S608 - our own columns
_END: Final = "UPDATE cases SET state = $2, answer = $3, ended_at = $4 WHERE case_id = $1"
_TELL: Final = """
INSERT INTO history (case_id, event, words, happened_at, by_whom) VALUES ($1, $2, $3, $4, $5)"""


async def open_all(tx: Transaction, cases: Sequence[Case]) -> set[UUID]:
    """Open cases; returns the ids of those that are new."""
    rows = await tx.connection.fetch(
        _OPEN,
        [one.id for one in cases],
        [one.kind for one in cases],
        [one.enterprise_number for one in cases],
        [one.notification_id for one in cases],
        [one.said for one in cases],
        [one.opened_at for one in cases],
        [one.opened_by for one in cases],
        [one.due_on for one in cases],
    )
    return {row["case_id"] for row in rows}


async def locked(tx: Transaction, case_id: UUID) -> Case | None:
    """A case that nobody else changes before this transaction ends."""
    row = await tx.connection.fetchrow(_LOCKED, case_id)
    return None if row is None else case_of(row)


async def end(tx: Transaction, case_id: UUID, state: State, answer: str | None, by: str) -> None:
    """End a case."""
    await tx.connection.execute(_END, case_id, state, answer, tx.now)
    await tell(tx, case_id, state, answer, by)


async def tell(tx: Transaction, case_id: UUID, event: str, words: str | None, by: str) -> None:
    """Write into the history of a case what was done."""
    await tx.connection.execute(_TELL, case_id, event, words, tx.now, by)


def case_of(row: Record) -> Case:
    """A case from its row of COLUMNS."""
    case_id, kind, state, *rest = tuple(row)[: len(COLUMNS.split(","))]
    return Case(case_id, Kind(kind), State(state), *rest)
