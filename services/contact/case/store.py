"""The storage of cases and of the events in their history."""

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
    """A case as it is now.

    `said` is the text of the party that opened it; `agent` is the agent that has claimed it, None if no agent
    has.
    """

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
_ADD_HISTORY: Final = """
INSERT INTO history (case_id, event, words, happened_at, by_whom) VALUES ($1, $2, $3, $4, $5)"""


async def open_cases(tx: Transaction, cases: Sequence[Case]) -> set[UUID]:
    """Store cases with the event `opened`, and return the ids of the new cases.

    If a case with this id is stored already, it stays unchanged.
    """
    rows = await tx.connection.fetch(
        _OPEN,
        [case.id for case in cases],
        [case.kind for case in cases],
        [case.enterprise_number for case in cases],
        [case.notification_id for case in cases],
        [case.said for case in cases],
        [case.opened_at for case in cases],
        [case.opened_by for case in cases],
        [case.due_on for case in cases],
    )
    return {row["case_id"] for row in rows}


async def lock_case(tx: Transaction, case_id: UUID) -> Case | None:
    """Lock a case until the end of this transaction and return it; None if no case has this id."""
    row = await tx.connection.fetchrow(_LOCKED, case_id)
    return None if row is None else case_of(row)


async def end_case(tx: Transaction, case_id: UUID, state: State, answer: str | None, by: str) -> None:
    """End a case, and add this to its history.

    Args:
        tx: the transaction.
        case_id: the case.
        state: its final state.
        answer: the answer in words, if any.
        by: subject of the agent or party that ends it.
    """
    await tx.connection.execute(_END, case_id, state, answer, tx.now)
    await add_history(tx, case_id, state, answer, by)


async def add_history(tx: Transaction, case_id: UUID, event: str, words: str | None, by: str) -> None:
    """Add an event to the history of a case.

    Args:
        tx: the transaction.
        case_id: the case.
        event: the name of the event.
        words: the text that belongs to it, if any.
        by: subject of the agent or party.
    """
    await tx.connection.execute(_ADD_HISTORY, case_id, event, words, tx.now, by)


def case_of(row: Record) -> Case:
    """Return the case in a row of the database. The row begins with COLUMNS; more columns may follow."""
    case_id, kind, state, *rest = tuple(row)[: len(COLUMNS.split(","))]
    return Case(case_id, Kind(kind), State(state), *rest)
