"""SQL for the queries in files of expeditors: the numbers of an employer, and the last change of periods."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final

from shared.persons import EmployerNumbers
from shared.runtime.database import Transaction

#: The number of the NSSO prevails over the enterprise number, and a definitive one over a provisional one.
_EMPLOYER: Final = """
SELECT employer_id, enterprise_number::text FROM access.employers WHERE employer_id = $1
UNION ALL
SELECT employer_id, enterprise_number::text FROM access.employers WHERE $1 IS NULL AND enterprise_number = $2
UNION ALL
SELECT provisional_id, enterprise_number FROM provisional_numbers WHERE $1 IS NULL AND enterprise_number = $2
LIMIT 1"""
_UPDATES: Final = """
SELECT period_id, max(recorded_at) AS updated_at FROM history
WHERE period_id = ANY($1::bigint[]) GROUP BY period_id"""


async def load_employer_numbers(
    tx: Transaction, employer_id: int | None, enterprise_number: str | None
) -> EmployerNumbers | None:
    """Return both numbers of the employer with one of them; None if the directory does not know it."""
    row = await tx.connection.fetchrow(_EMPLOYER, employer_id, enterprise_number)
    if row is None:
        return None
    return EmployerNumbers(enterprise_number=row["enterprise_number"], employer_id=row["employer_id"])


async def load_updates(tx: Transaction, periods: Collection[int]) -> Mapping[int, datetime]:
    """Return the instant of the last change of each of these periods, by its number."""
    rows = await tx.connection.fetch(_UPDATES, list(periods))
    return {row["period_id"]: row["updated_at"] for row in rows}
