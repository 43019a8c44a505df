"""A quota of an enterprise as JSON."""

from __future__ import annotations

from typing import Any

from services.personnel_file.consultation.rules import UsedQuota


def quota(found: UsedQuota) -> dict[str, Any]:
    """Return the JSON of a quota: the work that it counts, its dates, its limit, and its use."""
    first, last = found.days
    return {
        "quotaType": found.row.names[found.worker_type],
        "workerType": found.worker_type,
        "jointCommissionNumber": found.row.sector,
        "startDate": str(first),
        "endDate": str(last),
        "limitDays": found.limit,
        "usedDays": found.used,
        "remainingDays": max(found.limit - found.used, 0),
    }
