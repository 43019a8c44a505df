"""The objects in answers: periods, relations, daily registrations and events, without nulls."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from services.personnel_file.consultation.rules import Level
from services.personnel_file.consultation.store import Change, Day
from services.personnel_file.relation.store import FEATURES
from shared.channel_codes import CHANNEL_CODES
from shared.domain.wire_values import given, hour_of, text_of
from shared.messages import Channel
from shared.runtime.database import Record

#: The name of the collection of each level in addresses.
PATHS: Final[Mapping[Level, str]] = {Level.PERIOD: "periods", Level.RELATION: "relations"}


#: Reads features with a cache, because many periods have equal features.
_features = lru_cache(1024)(FEATURES.validate_json)


def item(level: Level, row: Record, base: str) -> dict[str, Any]:
    """Return a row of a search, a period or a relation, as an object of an answer.

    Args:
        level: Whether the row is a period or a relation.
        row: The row of the database.
        base: The public address of the API, for the links in a period.
    """
    return period(row, base) if level is Level.PERIOD else relation(row)


def period(row: Record, base: str) -> dict[str, Any]:
    """Return a period as an object of an answer; `base` is the public address of the API."""
    features = _features(row["features"])
    user = features.using_employer
    return given(
        {
            "periodId": row["period_id"],
            "href": f"{base}/periods/{row['period_id']}",
            "relationId": row["relation_id"],
            **_parties(row),
            "startDate": str(row["start_date"]),
            "startHour": hour_of(row["start_hour"]),
            "endDate": text_of(row["end_date"]),
            "endHour": hour_of(row["end_hour"]),
            "plannedHoursNumber": row["planned_hours"],
            "plannedDaysNumber": row["planned_days"],
            "features": given(
                {
                    "workerType": features.worker_type,
                    "jointCommissionNumber": features.joint_commission,
                    "subEntityNumber": features.sub_entity,
                    "usingEmployer": user
                    and given(
                        {
                            "jointCommissionNumber": user.joint_commission,
                            "enterpriseNumber": user.enterprise_number,
                            "name": user.name,
                        }
                    ),
                }
            ),
            "status": _status(row),
            "cancelled": row["canceled"],
            "isLate": row["late"],
            "isLocked": row["locked"],
        }
    )


def relation(row: Record) -> dict[str, Any]:
    """Return a relation as an object of an answer."""
    return given(
        {
            "relationId": row["relation_id"],
            **_parties(row),
            "startDate": str(row["start_date"]),
            "earliestStartDate": text_of(row["earliest_start"]),
            "endDate": text_of(row["end_date"]),
        }
    )


def daily_registration(day: Day, row: Record, base: str) -> dict[str, Any]:
    """Return a daily registration as an object of an answer; `row` is its period."""
    return given(
        {
            "id": day.registration_id,
            "href": f"{base}/dailyRegistrations/{day.registration_id}",
            "period": {"id": day.period_id, "href": f"{base}/periods/{day.period_id}"},
            **_parties(row),
            "startDate": str(day.start_date),
            "startHour": hour_of(day.start_hour),
            "endDate": str(day.end_date),
            "endHour": hour_of(day.end_hour),
            "isCancelled": day.canceled,
        }
    )


def change(found: Change, base: str) -> dict[str, Any]:
    """Return one event in the history of a period, with the channel and sender of its declaration."""
    number, channel = found.declaration_id, found.channel
    return given(
        {
            "type": found.event["type"],
            "recordedAt": found.recorded_at.isoformat(),
            "receivedAt": found.received_at and found.received_at.isoformat(),
            "declaration": None
            if number is None
            else {"id": number, "href": f"{base}/declarations/{number}"},
            "channel": channel,
            "channelCode": None if channel is None else CHANNEL_CODES[Channel(channel)],
            "sender": found.organization and {"enterpriseNumber": found.organization},
        }
    )


def _parties(row: Record) -> dict[str, Any]:
    """Return the employer and the worker of a row, as properties of an answer.

    The worker has no name or birth date if the relation has only canceled periods. Otherwise an employer
    could declare and cancel a stranger, and then read the data of this person (docs/rest.md).
    """
    worker = json.loads(row["worker"]) if row["live"] else {}
    gender = worker.get("gender")
    return {
        "employer": {
            "employerId": row["employer_id"],
            "enterpriseNumber": row["employer"].removeprefix("0"),
        },
        "worker": given(
            {
                "ssin": row["ssin"],
                "familyName": worker.get("familyName"),
                "givenName": worker.get("givenName"),
                "givenNames": worker.get("givenName"),
                "gender": None if gender is None else str(gender),
                "birthDate": worker.get("birthDate"),
                "nationality": worker.get("nationality"),
            }
        ),
    }


def _status(row: Record) -> str:
    if row["canceled"]:
        return "CANCELLED"
    return "OPEN" if row["end_date"] is None else "CLOSED"
