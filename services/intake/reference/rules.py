"""The code lists that the rules use, as JSON objects for clients: one object per row, without nulls.

Nothing is copied: each list is made from the table that a rule reads, so both change together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import cache
from types import MappingProxyType
from typing import Any, Final

from services.intake.reference.numbers import NUMBERS
from shared.domain.anomalies import ANOMALIES, Status
from shared.domain.anomalies.row import AnomalyType
from shared.domain.data import rows
from shared.domain.features import (
    JOINT_COMMISSIONS,
    PAIRINGS,
    REFUSALS,
    WORKER_TYPES,
    Pairing,
    Refusal,
    WorkerType,
)
from shared.domain.places import MERGERS
from shared.domain.quotas import QUOTAS, Quota
from shared.domain.small_statutes import ACTIVITIES_WITH_RISK
from shared.domain.wire_values import given

Item = Mapping[str, Any]

_EXISTS: Final = 9999  #: the last year of a country that still exists
_STATUSES: Final = {
    Status.IMPLEMENTED: "implemented",
    Status.WITHOUT_CHANNEL: "withoutChannel",
    Status.HISTORIC: "historic",
    Status.UNDECIDABLE: "undecidable",
}


def _joint_commissions() -> Iterator[Item]:
    """Yield the joint commissions that a declaration may give (rule R48)."""
    names = _names("jointCommission")
    for code in sorted(JOINT_COMMISSIONS):
        yield {"code": code, "name": names[code]}


def _worker_types() -> Iterator[Item]:
    """Yield the worker types with their dates and requirements (rules R8 to R10, R14 to R16, R23)."""
    names = _names("workerType")
    for row in WORKER_TYPES.values():
        yield {"code": row.code, "name": names[row.code], **_validity_of_type(row), **_needs(row)}


def _validity_of_type(row: WorkerType) -> Item:
    return given(
        {
            "startsFrom": _day(row.starts_from),
            "startsUntil": _day(row.starts_until),
            "daysBeforeQuarter": row.days_before_quarter,
        }
    )


def _needs(row: WorkerType) -> Item:
    return {
        "isEndDateRequired": row.end_date_required,
        "isPlannedHoursRequired": row.planned_hours,
        "isOneDay": row.one_day,
        "isOneQuarter": row.one_quarter,
        "isSmallStatute": row.small_statutes,
    }


def _pairings() -> Iterator[Item]:
    """Yield which worker types go with a joint commission, and which do not (rule R52)."""
    table: tuple[Pairing | Refusal, ...] = (*PAIRINGS, *REFUSALS)
    for row in table:
        yield given(
            {
                "jointCommissionNumber": row.joint_commission,
                "workerTypes": sorted(row.worker_types),
                "isAllowed": isinstance(row, Pairing),
                "startsFrom": _day(row.valid_from),
                "startsUntil": _day(row.valid_until),
                "source": row.source,
            }
        )


def _countries() -> Iterator[Item]:
    """Yield the countries of Annex 5, also those that no longer exist."""
    for row in rows("countries"):
        ended = int(row["end_year"])
        yield given(
            {
                "code": int(row["code"]),
                "isoCode": row["iso2"] or None,
                "endYear": None if ended == _EXISTS else ended,
            }
        )


def _post_codes() -> Iterator[Item]:
    """Yield the towns and municipalities of each Belgian postal code.

    A municipality that was made by a merger has its first day.
    """
    for row in rows("postal_codes"):
        yield given(
            {
                "postCode": row["post_code"],
                "municipalityCode": int(row["nis_code"]) if row["nis_code"] else None,
                "name": given({"nl": row["name_nl"] or None, "fr": row["name_fr"] or None}),
            }
        )
    for merger in MERGERS:
        for post_code in merger.post_codes:
            yield {
                "postCode": post_code,
                "municipalityCode": merger.nis_code,
                "name": given({"nl": merger.name_nl or None, "fr": merger.name_fr or None}),
                "validFrom": str(merger.valid_from),
            }


def _activities_with_risk() -> Iterator[Item]:
    """Yield the codes of Annex 6 for each employment nature (zone 00041)."""
    for nature, codes in ACTIVITIES_WITH_RISK.items():
        for code in codes:
            yield {"code": code, "employmentNature": nature}


def _quotas() -> Iterator[Item]:
    """Yield the quotas with their dates and anomalies (rules R64, R66 to R68)."""
    return map(_quota, QUOTAS)


def _quota(row: Quota) -> Item:
    return given(
        {
            "workerTypes": sorted(row.names),
            "quotaTypes": sorted({name for name in row.names.values() if name}) or None,
            "jointCommissionNumber": row.sector,
            "limit": row.limit,
            "thirdQuarterLimit": row.third_quarter,
            "unit": "plannedDays" if row.unit.value == "planned days" else row.unit.value,
            "per": row.per.value,
            "holder": row.whose.value,
            "besideWorkerType": row.beside,
            "anomaly": row.code,
            "validFrom": _day(row.valid_from),
            "validUntil": _day(row.valid_until),
            "source": row.source,
        }
    )


def _anomalies() -> Iterator[Item]:
    """Yield the anomalies: the 201 official ones and those of this system."""
    return map(_anomaly, ANOMALIES.values())


def _anomaly(row: AnomalyType) -> Item:
    return given(
        {
            "code": row.code,
            "class": row.anomaly_class.value,
            "blocksForWorkerTypes": sorted(row.blocks_for) or None,
            "label": dict(row.label),
            "hint": row.hint,
            "element": row.element or None,
            "kinds": sorted(row.kinds) or None,
            "status": _STATUSES[row.status],
            "reason": row.reason or None,
            "validFrom": _day(row.valid_from),
            "validUntil": _day(row.valid_until),
        }
    )


def _numbers() -> Iterator[Item]:
    """Yield the kinds of numbers with check digits, and how to compute the check digits."""
    return (row.item() for row in NUMBERS)


def _names(of: str) -> Mapping[str, Item]:
    return {
        row["code"]: {language: row[language] for language in ("fr", "nl", "de", "en")}
        for row in rows("code_names")
        if row["list"] == of
    }


def _day(day: date | None) -> str | None:
    """Return a day as ISO text. Return None for no day, and for the first or last possible day (no limit)."""
    return None if day in (None, date.min, date.max) else str(day)


#: The lists by their name in the address.
_LISTS: Final[Mapping[str, Callable[[], Iterator[Item]]]] = MappingProxyType(
    {
        "jointCommissions": _joint_commissions,
        "workerTypes": _worker_types,
        "pairings": _pairings,
        "countries": _countries,
        "postCodes": _post_codes,
        "activitiesWithRisk": _activities_with_risk,
        "quotas": _quotas,
        "numbers": _numbers,
        "anomalies": _anomalies,
    }
)
NAMES: Final = tuple(_LISTS)


@cache
def items(name: str) -> tuple[Item, ...]:
    """Return the rows of the list with this name. Raise KeyError if NAMES does not have the name."""
    return tuple(_LISTS[name]())
