"""Work lists; and who read what, written in the transaction that reads."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from services.contact.case.rules import KIND_OF_RIGHT, Kind, State
from services.contact.case.store import COLUMNS, Case, case_of
from shared.domain.rights import AUTHORITY
from shared.runtime.database import Connection, Transaction

_KINDS: Final = """
SELECT what FROM access.rights
WHERE user_id::text = $1 AND enterprise_number = $2 AND what = ANY($3::text[])"""
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
SELECT declaration_id, employer, addressee, result, ssin, available_at, deadline, final_at
FROM notifications WHERE notification_id = $1"""
_HISTORY: Final = "SELECT event, words, happened_at, by_whom FROM history WHERE case_id = $1 ORDER BY seq"
_READ: Final = """
INSERT INTO readings (read_at, agent, what, case_id, enterprise_number, ssin, found)
VALUES ($1, $2, $3, $4, $5, $6, $7)"""
_CLAIM: Final = "UPDATE cases SET agent = $2 WHERE case_id = $1"
_GAUGES: Final = """
SELECT kind, count(*) AS open,
    count(*) FILTER (WHERE due_on < (platform.now() AT TIME ZONE 'Europe/Brussels')::date) AS overdue
FROM cases WHERE state = 'open' GROUP BY kind"""


@dataclass(frozen=True, slots=True)
class About:
    """The notification that is contested."""

    number: int
    employer: str | None
    addressee: str
    result: str
    ssin: str | None


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was done with a case."""

    event: str
    words: str | None
    at: datetime
    by: str


async def kinds(tx: Transaction, user_id: str) -> frozenset[Kind]:
    """What somebody of the authority may work on; nothing, if he is not of the authority."""
    rows = await tx.connection.fetch(_KINDS, user_id, AUTHORITY, list(KIND_OF_RIGHT))
    return frozenset().union(*(KIND_OF_RIGHT[row["what"]] for row in rows))


async def listed(
    tx: Transaction,
    of: Collection[Kind],
    state: State | None,
    agent: str | None,
    after: UUID | None,
    limit: int,
) -> list[Case]:
    """Cases, those that are due first at the top."""
    return [case_of(row) for row in await tx.connection.fetch(_LIST, list(of), state, agent, after, limit)]


async def search(
    tx: Transaction, of: Collection[Kind], enterprise_number: str | None, ssin: str | None, limit: int
) -> list[Case]:
    """Cases about an enterprise, about a worker, or about both, the newest first."""
    rows = await tx.connection.fetch(_SEARCH, list(of), enterprise_number, ssin, limit)
    return [case_of(row) for row in rows]


async def about(tx: Transaction, notification_id: UUID) -> About:
    """What a contestation is about."""
    row = await tx.connection.fetchrow(_NOTIFICATION, notification_id)
    assert row is not None, "a contestation refers to it"
    return About(*tuple(row)[:5])


async def history(tx: Transaction, case_id: UUID) -> list[Step]:
    """Everything that was done with a case, in order."""
    return [Step(*row) for row in await tx.connection.fetch(_HISTORY, case_id)]


async def read(
    tx: Transaction,
    agent: str,
    what: str,
    found: int,
    *,
    case_id: UUID | None = None,
    enterprise_number: str | None = None,
    ssin: str | None = None,
) -> None:
    """Write down who read or searched what; without this row nobody gets an answer."""
    await tx.connection.execute(_READ, tx.now, agent, what, case_id, enterprise_number, ssin, found)


async def claim(tx: Transaction, case_id: UUID, agent: str) -> None:
    """Give a case to whoever works on it from now on."""
    await tx.connection.execute(_CLAIM, case_id, agent)


async def gauges(connection: Connection) -> dict[Kind, tuple[int, int]]:
    """By kind, how many cases are open and how many of them are past their day."""
    rows = await connection.fetch(_GAUGES)
    return dict.fromkeys(Kind, (0, 0)) | {Kind(row["kind"]): (row["open"], row["overdue"]) for row in rows}
