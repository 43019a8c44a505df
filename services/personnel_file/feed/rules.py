"""What the feed says: the state of a relation after each change, and what each institution sees of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import time
from typing import Any, Final

from services.personnel_file.rules import (
    DayCanceled,
    DayRegistered,
    DayUpdated,
    EmployerIdReplaced,
    Event,
    Period,
    PeriodCanceled,
    PeriodClosed,
    PeriodJoined,
    PeriodLocked,
    PeriodOpened,
    PeriodReopened,
    PeriodsLeft,
    PeriodUnlocked,
    PeriodUpdated,
    Relation,
    SsinReplaced,
)
from shared.domain.daily import DailyRegistration
from shared.messages import SERVICE

#: The type of the event that tells of each change (belgif.md 12.3).
TYPE_OF: Final[Mapping[type[Event], str]] = {
    PeriodOpened: f"{SERVICE}.periods.notify.opened",
    PeriodClosed: f"{SERVICE}.periods.notify.closed",
    PeriodUpdated: f"{SERVICE}.periods.notify.updated",
    PeriodReopened: f"{SERVICE}.periods.notify.updated",
    PeriodCanceled: f"{SERVICE}.periods.notify.canceled",
    DayRegistered: f"{SERVICE}.dailyRegistrations.notify.created",
    DayUpdated: f"{SERVICE}.dailyRegistrations.notify.updated",
    DayCanceled: f"{SERVICE}.dailyRegistrations.notify.canceled",
    PeriodLocked: f"{SERVICE}.periods.notify.updated",
    PeriodUnlocked: f"{SERVICE}.periods.notify.updated",
    SsinReplaced: f"{SERVICE}.workers.notify.ssinReplaced",
    PeriodJoined: f"{SERVICE}.workers.notify.ssinReplaced",
    PeriodsLeft: f"{SERVICE}.relations.notify.emptied",
    EmployerIdReplaced: f"{SERVICE}.employers.notify.employerIdReplaced",
}

#: The field that the events of days are about: who may not see it does not hear of them at all.
DAY: Final = "dailyRegistration"
OF_DAYS: Final = tuple(TYPE_OF[event] for event in (DayRegistered, DayUpdated, DayCanceled))

#: Everything the feed knows; an institution's row of the allow-list (access.institutions) names some.
FIELDS: Final = (
    "relation", "version", "employer", "worker", "periodId", "status", "startDate", "startHour", "endDate",
    "endHour", "plannedHoursNumber", "jointCommissionNumber", "workerType", "subEntityNumber", "isLate",
    "isLocked", DAY,
)  # fmt: skip


def state(
    relation: Relation,
    relation_id: int,
    employer_id: int,
    version: int,
    period: Period,
    day: DailyRegistration | None = None,
    former: Sequence[str] = (),
) -> dict[str, Any]:
    """The full state of a period and its relation after the change with this version; no nulls.

    `day` is the daily registration that changed, if it was one; `former` the numbers that the NISS replaced.
    """
    span, features = period.span, period.features
    values: dict[str, Any] = {
        **_of_relation(relation, relation_id, employer_id, version),
        "worker": _given({"ssin": relation.ssin, "formerSsins": list(former) or None}),
        "periodId": period.id,
        "status": str(period.state),
        "startDate": str(span.start),
        "startHour": _hour(span.start_hour),
        "endDate": _text(span.end),
        "endHour": _hour(span.end_hour),
        "plannedHoursNumber": period.planned_hours,
        "jointCommissionNumber": features.joint_commission,
        "workerType": features.worker_type,
        "subEntityNumber": features.sub_entity,
        "isLate": period.late,
        "isLocked": period.locked,
        DAY: None if day is None else _day(day),
    }
    return _given(values)


def emptied(
    relation: Relation, relation_id: int, employer_id: int, version: int, successor: int
) -> dict[str, Any]:
    """A relation that has no periods any more: they are in another, under the NISS in force."""
    values = _of_relation(relation, relation_id, employer_id, version)
    return {
        **values,
        "relation": {**values["relation"], "successorId": successor},
        "worker": {"ssin": relation.ssin},
    }


def _of_relation(relation: Relation, relation_id: int, employer_id: int, version: int) -> dict[str, Any]:
    return {
        "relation": _given(
            {"id": relation_id, "startDate": str(relation.start), "endDate": _text(relation.end)}
        ),
        "version": version,
        "employer": {"enterpriseNumber": relation.employer, "employerId": employer_id},
    }


def hidden(fields: Collection[str]) -> tuple[str, ...]:
    """The types of events that an institution with these fields does not hear of."""
    return () if DAY in fields else OF_DAYS


def _day(day: DailyRegistration) -> dict[str, Any]:
    return _given(
        {
            "id": day.id,
            "startDate": str(day.span.start),
            "startHour": _hour(day.span.start_hour),
            "endDate": _text(day.span.end),
            "endHour": _hour(day.span.end_hour),
            "isCancelled": day.canceled,
        }
    )


def visible(values: Mapping[str, Any], fields: Collection[str]) -> dict[str, Any]:
    """Of a state, the fields that an institution's row of the allow-list names, and nothing else (T23)."""
    return {name: value for name, value in values.items() if name in fields}


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _text(value: object | None) -> str | None:
    return None if value is None else str(value)


def _hour(value: time | None) -> str | None:
    return None if value is None else f"{value:%H%M}"
