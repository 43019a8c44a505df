"""Events of the feed: their types, and the state of a relation after each change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from services.personnel_file.relation.rules import (
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
from shared.domain.declaration import User
from shared.domain.feed_fields import DAILY_REGISTRATION as DAY
from shared.domain.wire_values import given, hour_of, text_of
from shared.messages import SERVICE

#: The event type of each change.
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


def state(
    relation: Relation,
    relation_id: int,
    employer_id: int,
    version: int,
    period: Period,
    day: DailyRegistration | None = None,
    former: Sequence[str] = (),
) -> dict[str, Any]:
    """Return the full state of a period and its relation after a change, without nulls.

    Args:
        relation: The relation after the change.
        relation_id: The public identifier of the relation.
        employer_id: The employer number of the relation.
        version: The version of the relation after the change.
        period: The period after the change.
        day: The daily registration that changed, if any.
        former: The numbers that the NISS of the worker replaced.
    """
    span, features = period.span, period.features
    values: dict[str, Any] = {
        **_of_relation(relation, relation_id, employer_id, version),
        "worker": given({"ssin": relation.ssin, "formerSsins": list(former) or None}),
        "periodId": period.id,
        "status": str(period.state),
        "startDate": str(span.start),
        "startHour": hour_of(span.start_hour),
        "endDate": text_of(span.end),
        "endHour": hour_of(span.end_hour),
        "plannedHoursNumber": period.planned_hours,
        "plannedDaysNumber": period.planned_days,
        "jointCommissionNumber": features.joint_commission,
        "workerType": features.worker_type,
        "subEntityNumber": features.sub_entity,
        "userUndertaking": _user(features.using_employer),
        "isLate": period.late,
        "isLocked": period.locked,
        DAY: None if day is None else _day(day),
    }
    return given(values)


def emptied(
    relation: Relation, relation_id: int, employer_id: int, version: int, successor: int
) -> dict[str, Any]:
    """Return the state of a relation without periods, after they were moved to the relation `successor`."""
    values = _of_relation(relation, relation_id, employer_id, version)
    return {
        **values,
        "relation": {**values["relation"], "successorId": successor},
        "worker": {"ssin": relation.ssin},
    }


def _of_relation(relation: Relation, relation_id: int, employer_id: int, version: int) -> dict[str, Any]:
    return {
        "relation": given(
            {"id": relation_id, "startDate": str(relation.start), "endDate": text_of(relation.end)}
        ),
        "version": version,
        "employer": {"enterpriseNumber": relation.employer, "employerId": employer_id},
    }


def _user(user: User | None) -> dict[str, Any] | None:
    if user is None:
        return None
    return given(
        {
            "jointCommissionNumber": user.joint_commission,
            "enterpriseNumber": user.enterprise_number,
            "name": user.name,
        }
    )


def _day(day: DailyRegistration) -> dict[str, Any]:
    return given(
        {
            "id": day.id,
            "startDate": str(day.span.start),
            "startHour": hour_of(day.span.start_hour),
            "endDate": text_of(day.span.end),
            "endHour": hour_of(day.span.end_hour),
            "isCancelled": day.canceled,
        }
    )
