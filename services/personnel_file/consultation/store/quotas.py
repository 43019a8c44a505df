"""SQL of the quotas of enterprises."""

from __future__ import annotations

from datetime import date
from typing import Final

from shared.runtime.database import Transaction

_USED: Final = (
    "SELECT count(*) FROM account_days WHERE account = $1 AND day BETWEEN $2 AND $3 AND periods > 0"
)


async def count_days(tx: Transaction, enterprise_number: str, days: tuple[date, date]) -> int:
    """Return the number of days between two days on which an enterprise uses its quota, both included."""
    used: int = await tx.connection.fetchval(_USED, enterprise_number, *days)
    return used
