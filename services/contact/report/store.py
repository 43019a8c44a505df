"""SQL of reports, and of the corrections that followed them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from services.contact.case.rules import State
from services.contact.report.rules import Correction, Report
from shared.domain.calendar import local_date
from shared.runtime.database import Record, Transaction

_COLUMNS: Final = """
SELECT case_id, ssin, period_id, said, state, opened_at, due_on, delay_told_at, answer, ended_at, agent,
    restriction_asked
FROM reports JOIN cases USING (case_id)"""
_SAVE: Final = """
INSERT INTO reports (case_id, ssin, period_id, restriction_asked) VALUES ($1, $2, $3, $4)"""
_OF_PERSON: Final = f"{_COLUMNS} WHERE ssin = ANY($1::text[]) ORDER BY opened_at DESC, case_id LIMIT 100"
_COUNT_OPEN: Final = """
SELECT count(*) FROM reports JOIN cases USING (case_id) WHERE ssin = ANY($1::text[]) AND state = 'open'"""
_ONE: Final = f"{_COLUMNS} WHERE case_id = $1"
_OPEN: Final = f"""{_COLUMNS}
WHERE kind = 'report' AND state = 'open'
ORDER BY due_on, case_id LIMIT $1"""
_LATE: Final = f"""{_COLUMNS}
WHERE kind = 'report' AND state = 'open' AND due_on <= $1 AND delay_told_at IS NULL
ORDER BY due_on, case_id LIMIT $2 FOR UPDATE OF cases, reports SKIP LOCKED"""
_TELL: Final = "UPDATE reports SET delay_told_at = $2 WHERE case_id = $1"
_INSTITUTIONS: Final = """
SELECT institution, told_at, told_before FROM feed.recipients_of_person($1, $2)"""
_EMPLOYERS: Final = """
SELECT n.addressee, o.name, max(n.issued_at)
FROM notifier.addressees_of_declarations(ARRAY(
        SELECT declaration_id FROM personnel_file.changes_of_period($1, $2, '-infinity'))) n
    JOIN access.organizations o ON o.enterprise_number = n.addressee
WHERE n.issued_at < $3 GROUP BY n.addressee, o.name ORDER BY n.addressee"""
_LOCKED: Final = "SELECT personnel_file.is_locked_period_of_person($1, $2)"
_CORRECTIONS: Final = """
WITH changes AS (SELECT * FROM personnel_file.changes_of_period($1, $2, $3)),
told AS (
    SELECT n.declaration_id, json_agg(json_build_object('enterpriseNumber', o.enterprise_number,
        'name', o.name, 'toldAt', n.issued_at)) AS recipients
    FROM notifier.addressees_of_declarations(ARRAY(SELECT declaration_id FROM changes)) n
    JOIN access.organizations o ON o.enterprise_number = n.addressee
    GROUP BY n.declaration_id)
SELECT c.recorded_at, c.declaration_id, c.event, t.recipients
FROM changes c LEFT JOIN told t USING (declaration_id) ORDER BY c.recorded_at"""


async def load_institutions(
    tx: Transaction, codes: Sequence[str], since: datetime
) -> list[tuple[str, datetime | None, datetime | None]]:
    """Return the institutions that got events about a person.

    Each has the last instant since `since`, and the last one before it. A page that an institution read again
    does not count: it has events of before. `codes` are the keyed codes of all numbers of the person.
    """
    return [tuple(row) for row in await tx.connection.fetch(_INSTITUTIONS, list(codes), since)]


async def load_enterprises(
    tx: Transaction, ssins: Sequence[str], period_id: int, before: datetime
) -> list[tuple[str, str, datetime]]:
    """Return the enterprises with a notification about a period before an instant.

    A row has number, name and the last instant of a notification.
    """
    rows = await tx.connection.fetch(_EMPLOYERS, list(ssins), period_id, before)
    return [tuple(row) for row in rows]


async def save_report(
    tx: Transaction, case_id: UUID, ssin: str, period_id: int | None, *, is_restriction_asked: bool
) -> None:
    """Store the person and the period of a reported error. Its case must exist."""
    await tx.connection.execute(_SAVE, case_id, ssin, period_id, is_restriction_asked)


async def is_locked(tx: Transaction, ssins: Sequence[str], period_id: int) -> bool | None:
    """Return whether a period is locked; None if it is no period of the person."""
    locked: bool | None = await tx.connection.fetchval(_LOCKED, list(ssins), period_id)
    return locked


async def load_of_person(tx: Transaction, ssins: Sequence[str]) -> list[Report]:
    """Return the newest hundred reports of a person, the newest first."""
    return [_report(row) for row in await tx.connection.fetch(_OF_PERSON, list(ssins))]


async def count_open(tx: Transaction, ssins: Sequence[str]) -> int:
    """Return the number of open reports of a person."""
    count: int = await tx.connection.fetchval(_COUNT_OPEN, list(ssins))
    return count


async def load_report(tx: Transaction, case_id: UUID) -> Report | None:
    """Return a report; None if there is none with this id."""
    row = await tx.connection.fetchrow(_ONE, case_id)
    return None if row is None else _report(row)


async def load_open(tx: Transaction, limit: int) -> list[Report]:
    """Return open reports, those first that are due first."""
    return [_report(row) for row in await tx.connection.fetch(_OPEN, limit)]


async def lock_late(tx: Transaction, limit: int) -> list[Report]:
    """Lock and return open reports that are due today or earlier, without word of the delay."""
    return [_report(row) for row in await tx.connection.fetch(_LATE, local_date(tx.now), limit)]


async def store_delay(tx: Transaction, case_id: UUID) -> None:
    """Store that the person has word of the delay."""
    await tx.connection.execute(_TELL, case_id, tx.now)


async def load_corrections(tx: Transaction, report: Report, ssins: Sequence[str]) -> list[Correction]:
    """Return the changes of the reported period since the report, with the notified enterprises."""
    if report.period_id is None:
        return []
    rows = await tx.connection.fetch(_CORRECTIONS, list(ssins), report.period_id, report.opened_at)
    return [
        Correction(at, number, json.loads(event), json.loads(recipients) if recipients else ())
        for at, number, event, recipients in rows
    ]


def _report(row: Record) -> Report:
    id_, ssin, period_id, said, state, *rest = tuple(row)
    return Report(id_, ssin, period_id, said, State(state), *rest)
