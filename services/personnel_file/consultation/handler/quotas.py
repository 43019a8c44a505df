"""Read the quotas of an enterprise."""

from __future__ import annotations

from collections.abc import Sequence

from services.personnel_file.consultation.handler import authorized
from services.personnel_file.consultation.rules import (
    Criteria,
    Level,
    Query,
    UsedQuota,
    quotas_of_enterprises,
)
from services.personnel_file.consultation.store.quotas import count_days
from shared.domain.calendar import local_date
from shared.runtime.authorization import Work


async def read_quotas(work: Work, employer: str | None) -> tuple[str, Sequence[UsedQuota]]:
    """Return an enterprise number, and the quotas of this enterprise on the present day.

    No row tells about a worker, so no look is stored.

    Args:
        work: The transaction and the caller.
        employer: Enterprise number; None for the only organization of the caller.

    Raises:
        RefusedError: The caller may not see this enterprise.
        ProblemError: 400 if no enterprise is named, and the caller is an agent or has several organizations.
    """
    query, _ = await authorized(work, Query(Level.PERIOD, Criteria(employer=employer)), None)
    number = query.criteria.employer
    assert number is not None, "a search without source gets the employer of the caller"
    return number, [
        UsedQuota(row, days, await count_days(work.tx, number, days))
        for row, days in quotas_of_enterprises(local_date(work.tx.now))
    ]
