"""The cases as agents read them, and the record of each look, decision and refusal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from shared.messages import ReceivedDeclaration
from shared.runtime.database import Record, Transaction

_LIST: Final = """
SELECT c.declaration_id, c.state, c.opened_at, c.deadline, c.declaration, (
    SELECT h.reason FROM case_history h WHERE h.declaration_id = c.declaration_id AND h.event = 'opened'
    ORDER BY h.id LIMIT 1) AS reason
FROM cases c WHERE c.state = 'open' AND c.declaration_id > $1 ORDER BY c.declaration_id LIMIT $2"""
_READ: Final = """
SELECT c.declaration_id, c.state, c.opened_at, c.deadline, c.declaration, (
    SELECT h.reason FROM case_history h WHERE h.declaration_id = c.declaration_id AND h.event = 'opened'
    ORDER BY h.id LIMIT 1) AS reason
FROM cases c WHERE c.declaration_id = $1"""
_HISTORY: Final = """
SELECT event, reason, recorded_at, decided_by FROM case_history WHERE declaration_id = $1 ORDER BY id"""
_NUMBERS: Final = """
SELECT DISTINCT n.ssin FROM unnest($1::text[]) AS s (ssin), identification.numbers_of_person(s.ssin) AS n"""
_STORE_READING: Final = """
INSERT INTO readings (read_at, agent, client_id, operation, declarations, workers, reason, refused)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"""


@dataclass(frozen=True, slots=True)
class Case:
    """A case with its declaration, and the reason for which it was opened."""

    declaration: ReceivedDeclaration
    state: str
    reason: str
    opened_at: datetime
    deadline: datetime


@dataclass(frozen=True, slots=True)
class Reading:
    """A look of an agent at cases, a decision, or a refused request.

    `workers` are the keyed codes of the declared worker and the candidates; `reason` is that of a decision.
    """

    agent: str
    client_id: str
    operation: str
    declarations: Sequence[int] = ()
    workers: Sequence[str] = ()
    reason: str | None = None
    refused: str | None = None


async def load_open(tx: Transaction, after: int, most: int) -> list[Case]:
    """Return up to `most` open cases with a number above `after`, by number."""
    return [_case(row) for row in await tx.connection.fetch(_LIST, after, most)]


async def load_case(tx: Transaction, number: int) -> Case | None:
    """Return the case of a declaration; None if there is none."""
    row = await tx.connection.fetchrow(_READ, number)
    return None if row is None else _case(row)


async def load_history(tx: Transaction, number: int) -> Sequence[Record]:
    """Return the events of a case, the oldest first."""
    return await tx.connection.fetch(_HISTORY, number)


async def load_numbers(tx: Transaction, ssins: Sequence[str]) -> Sequence[str]:
    """Return all numbers, also former ones, of the persons with these numbers."""
    return [row["ssin"] for row in await tx.connection.fetch(_NUMBERS, ssins)]


async def store_reading(tx: Transaction, reading: Reading) -> None:
    """Store a look, a decision or a refusal in the transaction that answers."""
    await tx.connection.execute(
        _STORE_READING, tx.now, reading.agent, reading.client_id, reading.operation,
        list(reading.declarations), list(reading.workers), reading.reason, reading.refused,
    )  # fmt: skip


def _case(row: Record) -> Case:
    return Case(
        ReceivedDeclaration.model_validate_json(row["declaration"]),
        row["state"],
        row["reason"] or "",
        row["opened_at"],
        row["deadline"],
    )
