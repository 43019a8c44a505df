"""Daily registrations as they are kept, by period."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from shared.domain.daily import DailyRegistration
from shared.domain.declaration import Span
from shared.runtime.database import Transaction

_PERIODS: Final = """
SELECT registration_id, period_id FROM daily_registrations WHERE registration_id = ANY($1::bigint[])"""
_DAYS: Final = """
SELECT registration_id, period_id, start_date, end_date, start_hour, end_hour, canceled
FROM daily_registrations WHERE period_id = ANY($1::bigint[])"""
_SAVE: Final = """
INSERT INTO daily_registrations (registration_id, period_id, start_date, end_date, start_hour, end_hour, span,
    canceled)
SELECT i, p, d1, d2, h1, h2, tsrange(t1, t2), c
FROM unnest($1::bigint[], $2::bigint[], $3::date[], $4::date[], $5::time[], $6::time[], $7::timestamp[],
    $8::timestamp[], $9::boolean[]) AS n (i, p, d1, d2, h1, h2, t1, t2, c)
ON CONFLICT (registration_id) DO UPDATE SET start_date = excluded.start_date, end_date = excluded.end_date,
    start_hour = excluded.start_hour, end_hour = excluded.end_hour, span = excluded.span,
    canceled = excluded.canceled"""


async def periods(tx: Transaction, registrations: Collection[int]) -> dict[int, int]:
    """The period of each of these registrations; it never changes."""
    rows = await tx.connection.fetch(_PERIODS, list(registrations))
    return {row["registration_id"]: row["period_id"] for row in rows}


async def of_periods(tx: Transaction, period_ids: Collection[int]) -> list[DailyRegistration]:
    """All registrations of these periods, canceled ones too. Their workers must be locked."""
    return [
        DailyRegistration(
            row["registration_id"],
            row["period_id"],
            Span(row["start_date"], row["end_date"], row["start_hour"], row["end_hour"]),
            row["canceled"],
        )
        for row in await tx.connection.fetch(_DAYS, list(period_ids))
    ]


async def save(tx: Transaction, days: Sequence[DailyRegistration]) -> None:
    """Save registrations as they are now. Raises ExclusionViolationError when two of a period overlap."""
    intervals = [day.span.interval for day in days]
    await tx.connection.execute(
        _SAVE,
        [day.id for day in days],
        [day.period_id for day in days],
        [day.span.start for day in days],
        [day.span.end for day in days],
        [day.span.start_hour for day in days],
        [day.span.end_hour for day in days],
        [start for start, _ in intervals],
        [end for _, end in intervals],
        [day.canceled for day in days],
    )
