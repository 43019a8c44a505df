"""The criteria of a search as JSON, with the names of REST v2. Searches by queue use them too."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from services.personnel_file.consultation.rules import Criteria
from shared.runtime.inputs import NOT_NULL
from shared.runtime.searching import (
    AS_LIST,
    Codes,
    Days,
    Employer,
    Enterprise,
    Number,
    Part,
    Ssin,
    Text,
    Texts,
    several,
)

_Hours = Annotated[int, Field(strict=True, ge=0, le=999)]
_Flag = Annotated[bool, Field(strict=True)]  #: only true or false; "true", 1 and "yes" are refused
_Status = Literal["OPEN", "CLOSED", "CANCELLED"]
_States = Annotated[list[_Status], AS_LIST, Field(min_length=1, max_length=3)]


class _Worker(Part):
    ssin: Annotated[Ssin | None, NOT_NULL] = None
    family_name: Annotated[Text | None, NOT_NULL] = None
    given_name: Annotated[Text | None, NOT_NULL] = None


class _UsingEmployer(Part):
    enterprise_number: Enterprise


class _Features(Part):
    joint_commission_number: Annotated[Codes | None, NOT_NULL] = None
    worker_type: Annotated[Texts | None, NOT_NULL] = None
    sub_entity_number: Annotated[Text | None, NOT_NULL] = None
    using_employer: Annotated[_UsingEmployer | None, NOT_NULL] = None


class _PlannedHours(Part):
    minimum: Annotated[_Hours | None, NOT_NULL] = None
    maximum: Annotated[_Hours | None, NOT_NULL] = None


class SearchRequest(Part):
    """The criteria of a search for periods or relations as JSON. Each given property restricts the result."""

    employer: Annotated[Employer | None, NOT_NULL] = None
    worker: Annotated[_Worker | None, NOT_NULL] = None
    relation_id: Annotated[Number | None, NOT_NULL] = None
    period_id: Annotated[Number | None, NOT_NULL] = None
    active_period: Annotated[Days | None, NOT_NULL] = None
    start_period: Annotated[Days | None, NOT_NULL] = None
    end_period: Annotated[Days | None, NOT_NULL] = None
    movement_period: Annotated[Days | None, NOT_NULL] = None
    reception_period: Annotated[Days | None, NOT_NULL] = None
    features: Annotated[_Features | None, NOT_NULL] = None
    status: Annotated[_States | None, NOT_NULL] = None
    is_late: Annotated[_Flag | None, NOT_NULL] = None
    is_locked: Annotated[_Flag | None, NOT_NULL] = None
    is_quota_exceeded: Annotated[_Flag | None, NOT_NULL] = None
    has_daily_registrations: Annotated[_Flag | None, NOT_NULL] = None
    planned_hours_number: Annotated[_PlannedHours | None, NOT_NULL] = None

    @property
    def employer_id(self) -> int | None:
        """The definitive or provisional number of the employer; None if the request does not give it."""
        return None if self.employer is None else self.employer.employer_id

    def criteria(self) -> Criteria:
        """Return the criteria, without `employerId`.

        The handler reads this number separately, and adds the enterprise number of the employer. It also adds
        the NISS in force to the criterion `worker`, which has only the NISS of the request.
        """
        worker, features = self.worker or _Worker(), self.features or _Features()
        active, start = self.active_period or Days(), self.start_period or Days()
        end, received = self.end_period or Days(), self.reception_period or Days()
        moved = self.movement_period
        hours = self.planned_hours_number or _PlannedHours()
        user = features.using_employer
        return Criteria(
            employer=None if self.employer is None else self.employer.ten_digits,
            worker=None if worker.ssin is None else (worker.ssin,),
            relation=self.relation_id,
            family_name=worker.family_name,
            given_name=worker.given_name,
            active_from=active.start_date,
            active_until=active.end_date,
            start_from=start.start_date,
            start_until=start.end_date,
            end_from=end.start_date,
            end_until=end.end_date,
            moved=None if moved is None else (moved.start_date or date.min, moved.end_date or date.max),
            period=self.period_id,
            received_from=received.start_date,
            received_until=received.end_date,
            joint_commission=several(features.joint_commission_number),
            worker_type=several(features.worker_type),
            sub_entity=features.sub_entity_number,
            user_undertaking=None if user is None else user.enterprise_number.zfill(10),
            status=several(self.status),
            late=self.is_late,
            locked=self.is_locked,
            quota_exceeded=self.is_quota_exceeded,
            planned_hours_from=hours.minimum,
            planned_hours_until=hours.maximum,
            has_days=self.has_daily_registrations,
        )
