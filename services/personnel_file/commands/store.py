"""Queries on the tables of the personnel file for the commands of operators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from shared.domain.calendar import BRUSSELS
from shared.runtime.database import Connection, Record

_SETTLEMENT: Final = """
SELECT platform.now() AS now,
       (SELECT result FROM personnel_file.settlements WHERE declaration_id = $1) AS result,
       (SELECT previous FROM personnel_file.waiting WHERE declaration_id = $1) AS previous"""
_LOCK_STATE: Final = """
SELECT platform.now() AS now, (SELECT locked FROM personnel_file.periods WHERE period_id = $1) AS locked"""
_LOCKS: Final = """
SELECT set_at, locked, set_by, reason FROM personnel_file.locks WHERE period_id = $1 ORDER BY set_at"""
_OVERLAPPING: Final = """
SELECT p.period_id, o.period_id AS other, r.relation_id FROM personnel_file.periods p
    JOIN personnel_file.relations r USING (employer, ssin)
    JOIN personnel_file.periods o USING (employer, ssin, features_key)
WHERE p.overlapping AND NOT p.canceled AND NOT o.canceled AND o.period_id <> p.period_id AND o.span && p.span
ORDER BY p.period_id, o.period_id"""
_READING: Final = """
INSERT INTO personnel_file.late_readings
    (read_by, read_at, first_day, last_day, employer, with_ssin, found, reason)
VALUES (session_user, platform.now(), $1, $2, $3, $4, $5, $6)"""
_LATE: Final = """
SELECT declaration_id, kind, rule, employer, employer_id, ssin, period_id, worker_type, due_at, received_at,
       late_after, late_seconds, late_working_days, bears_on
FROM personnel_file.late
WHERE ($1::timestamptz IS NULL OR received_at >= $1) AND ($2::timestamptz IS NULL OR received_at < $2)
  AND ($3::text IS NULL OR employer = $3)
ORDER BY received_at, declaration_id"""


async def settlement_state(connection: Connection, number: int) -> Record:
    """Return `now`, the final `result` of a declaration, and the `previous` declaration for which it waits.

    `result` is None if the declaration is not final; `previous` is None if the declaration does not wait.
    """
    row = await connection.fetchrow(_SETTLEMENT, number)
    assert row is not None
    return row


async def lock_state(connection: Connection, period_id: int) -> Record:
    """Return `now`, and whether a period is `locked`, which is None if the period does not exist."""
    row = await connection.fetchrow(_LOCK_STATE, period_id)
    assert row is not None
    return row


async def locks(connection: Connection, period_id: int) -> Sequence[Record]:
    """Return every lock and unlock of a period, oldest first."""
    return await connection.fetch(_LOCKS, period_id)


async def overlapping(connection: Connection) -> Sequence[Record]:
    """Return the pairs of periods that overlap because two numbers of their worker became one."""
    return await connection.fetch(_OVERLAPPING)


@dataclass(frozen=True, slots=True)
class LateFilter:
    """A filter of late declarations: first and last day of reception, both included, and employer.

    An attribute that is None does not restrict the list.
    """

    first: date | None
    last: date | None
    employer: str | None


async def late_declarations(
    connection: Connection, filter_: LateFilter, *, with_ssin: bool, reason: str | None
) -> Sequence[Record]:
    """Return the late declarations that match the filter. Store an audit row in the same transaction.

    Args:
        connection: A connection with the login of the operator. The audit row has this login.
        filter_: Days of reception and employer.
        with_ssin: Whether the operator will see the NISS of the workers. It goes into the audit row; the
            returned rows always have the NISS.
        reason: Reason for the audit row; None for a list without persons.
    """
    since = None if filter_.first is None else _midnight(filter_.first)
    before = None if filter_.last is None else _midnight(filter_.last + timedelta(1))
    async with connection.transaction():
        rows = await connection.fetch(_LATE, since, before, filter_.employer)
        await connection.execute(
            _READING, filter_.first, filter_.last, filter_.employer, with_ssin, len(rows), reason
        )
    return rows


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, BRUSSELS)
