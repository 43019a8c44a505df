"""The lists of cases for agents, and the audit of each reading, stored in the transaction that reads."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final
from uuid import UUID

from services.contact.case.rules import Kind, State
from services.contact.case.store import COLUMNS, Case, case_of
from shared.runtime.database import Connection, Record, Transaction

_LIST: Final = f"""
SELECT {COLUMNS} FROM cases
WHERE kind = ANY($1::text[]) AND ($2::text IS NULL OR state = $2) AND ($3::text IS NULL OR agent = $3)
  AND ($4::uuid IS NULL OR (due_on, case_id) > (SELECT due_on, case_id FROM cases WHERE case_id = $4))
ORDER BY due_on, case_id LIMIT $5"""  # noqa: S608 - our own columns
_SEARCH: Final = f"""
SELECT {COLUMNS} FROM cases c
WHERE kind = ANY($1::text[])
  AND ($2::text IS NULL OR enterprise_number = $2 OR EXISTS (
      SELECT FROM notifications n
      WHERE n.notification_id = c.notification_id AND $2 IN (n.employer, n.addressee)))
  AND ($3::text IS NULL OR EXISTS (
      SELECT FROM notifications n WHERE n.notification_id = c.notification_id AND n.ssin = $3))
ORDER BY opened_at DESC, case_id LIMIT $4"""  # noqa: S608 - our own columns
_NOTIFICATION: Final = """
SELECT declaration_id, employer, addressee, result, ssin FROM notifications WHERE notification_id = $1"""
_NUMBERS: Final = "SELECT ssin FROM identification.numbers_of_person($1)"
_HISTORY: Final = "SELECT event, happened_at, by_whom FROM history WHERE case_id = $1 ORDER BY seq"
_READ: Final = """
INSERT INTO readings (read_at, agent, what, case_id, enterprise_number, ssin, found, reason)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"""
_CLAIM: Final = "UPDATE cases SET agent = $2 WHERE case_id = $1"
_GAUGES: Final = """
SELECT kind, count(*) AS open,
    count(*) FILTER (WHERE due_on < (platform.now() AT TIME ZONE 'Europe/Brussels')::date) AS overdue
FROM cases WHERE state = 'open' GROUP BY kind"""


async def load_cases(
    tx: Transaction,
    of: Collection[Kind],
    state: State | None,
    agent: str | None,
    after: UUID | None,
    limit: int,
) -> list[Case]:
    """Return a page of cases, ordered by the day on which their answer is due, the earliest first.

    Args:
        tx: the transaction.
        of: only cases of these kinds.
        state: only cases in this state; None for every state.
        agent: only cases that this agent has claimed; None for all cases.
        after: id of the last case on the page before; None for the first page.
        limit: the most cases on a page.
    """
    return [case_of(row) for row in await tx.connection.fetch(_LIST, list(of), state, agent, after, limit)]


async def search_cases(
    tx: Transaction, of: Collection[Kind], enterprise_number: str | None, ssin: str | None, limit: int
) -> list[Case]:
    """Return cases about an enterprise, a worker, or both together, the newest first.

    A case is about an enterprise that opened it or is named in it, or that is employer or addressee of its
    notification. It is about a worker if its notification has the NISS of this worker.

    Args:
        tx: the transaction.
        of: only cases of these kinds.
        enterprise_number: the enterprise; None for any.
        ssin: the NISS of the worker; None for any.
        limit: the most cases.
    """
    rows = await tx.connection.fetch(_SEARCH, list(of), enterprise_number, ssin, limit)
    return [case_of(row) for row in rows]


async def load_about(tx: Transaction, notification_id: UUID) -> Record:
    """Return the row of a contested notification: its declaration, parties, result and NISS."""
    row = await tx.connection.fetchrow(_NOTIFICATION, notification_id)
    assert row is not None, "a contestation refers to it"
    return row


async def load_numbers(tx: Transaction, ssin: str) -> list[str]:
    """Return all numbers, also former ones, of the person with a NISS."""
    return [row["ssin"] for row in await tx.connection.fetch(_NUMBERS, ssin)]


async def load_history(tx: Transaction, case_id: UUID) -> list[Record]:
    """Return the events in the history of a case, the oldest first."""
    return await tx.connection.fetch(_HISTORY, case_id)


async def store_reading(
    tx: Transaction,
    agent: str,
    what: str,
    found: int,
    *,
    case_id: UUID | None = None,
    enterprise_number: str | None = None,
    ssin: str | None = None,
    reason: str | None = None,
) -> None:
    """Store a reading or search of an agent in the audit, in the transaction that reads.

    If the row cannot be stored, the transaction fails, and the agent gets no data.

    Args:
        tx: the transaction that reads.
        agent: subject of the agent.
        what: name of the operation.
        found: number of results.
        case_id: the case that was read, if the operation reads one.
        enterprise_number: the enterprise in a search, if given.
        ssin: the NISS of the worker in a search, if given.
        reason: the reason that the agent typed for a search.
    """
    await tx.connection.execute(_READ, tx.now, agent, what, case_id, enterprise_number, ssin, found, reason)


async def store_claim(tx: Transaction, case_id: UUID, agent: str) -> None:
    """Store that an agent has claimed a case, in place of an agent that claimed it earlier."""
    await tx.connection.execute(_CLAIM, case_id, agent)


async def load_gauges(connection: Connection) -> dict[Kind, tuple[int, int]]:
    """Return for every kind the number of open cases, and how many of these are overdue.

    A case is overdue after the day on which its answer was due.
    """
    rows = await connection.fetch(_GAUGES)
    return dict.fromkeys(Kind, (0, 0)) | {Kind(row["kind"]): (row["open"], row["overdue"]) for row in rows}
