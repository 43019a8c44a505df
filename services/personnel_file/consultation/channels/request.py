"""The body of a search over REST v2: criteria by their wire names."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from services.personnel_file.consultation.rules import Criteria
from shared.runtime.inputs import HIGHEST, NOT_NULL

_MOST_TEXT: Final = 100
T = TypeVar("T")

_Text = Annotated[str, StringConstraints(min_length=1, max_length=_MOST_TEXT, pattern=r"^[^\x00]*$")]
_Ssin = Annotated[str, StringConstraints(pattern=r"^\d{11}$")]
_Number = Annotated[int, Field(strict=True, ge=0, le=HIGHEST)]
_Hours = Annotated[int, Field(strict=True, ge=0, le=999)]
#: Some clients drop the leading zero (client Q18).
_Enterprise = Annotated[str, StringConstraints(pattern=r"^\d{9,10}$")]


def _as_list(value: object) -> object:
    return value if isinstance(value, list) else [value]


def _as_text(value: object) -> object:
    """Read a joint commission that is written as a number (client Q19)."""
    if isinstance(value, list):
        return [_as_text(each) for each in value]
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


_Texts = Annotated[list[_Text], BeforeValidator(_as_list), Field(min_length=1, max_length=50)]
_Codes = Annotated[
    list[_Text], BeforeValidator(_as_list), BeforeValidator(_as_text), Field(min_length=1, max_length=50)
]
_Status = Literal["OPEN", "CLOSED", "CANCELLED"]
_States = Annotated[list[_Status], BeforeValidator(_as_list), Field(min_length=1, max_length=3)]
Day = Annotated[date, Field(strict=False)]


class _Part(BaseModel):
    model_config = ConfigDict(
        extra="forbid", alias_generator=to_camel, hide_input_in_errors=True, frozen=True
    )


class _Employer(_Part):
    employer_id: Annotated[_Number | None, NOT_NULL] = None
    enterprise_number: Annotated[_Enterprise | None, NOT_NULL] = None

    @model_validator(mode="after")
    def _one_of_them(self) -> _Employer:
        if (self.employer_id is None) == (self.enterprise_number is None):
            raise PydanticCustomError("required_input", "employerId or enterpriseNumber")
        return self


class _Worker(_Part):
    ssin: Annotated[_Ssin | None, NOT_NULL] = None
    family_name: Annotated[_Text | None, NOT_NULL] = None
    given_name: Annotated[_Text | None, NOT_NULL] = None


class _Days(_Part):
    start_date: Annotated[Day | None, NOT_NULL] = None
    end_date: Annotated[Day | None, NOT_NULL] = None

    @model_validator(mode="after")
    def _in_order(self) -> _Days:
        if self.start_date is not None and self.end_date is not None and self.end_date < self.start_date:
            raise PydanticCustomError("invalid_period", "the end lies before the start")
        return self


class _UsingEmployer(_Part):
    enterprise_number: _Enterprise


class _Features(_Part):
    joint_commission_number: Annotated[_Codes | None, NOT_NULL] = None
    worker_type: Annotated[_Texts | None, NOT_NULL] = None
    sub_entity_number: Annotated[_Text | None, NOT_NULL] = None
    using_employer: Annotated[_UsingEmployer | None, NOT_NULL] = None


class _PlannedHours(_Part):
    minimum: Annotated[_Hours | None, NOT_NULL] = None
    maximum: Annotated[_Hours | None, NOT_NULL] = None


class SearchRequest(_Part):
    """A search for periods or relations; every property restricts it."""

    employer: Annotated[_Employer | None, NOT_NULL] = None
    worker: Annotated[_Worker | None, NOT_NULL] = None
    relation_id: Annotated[_Number | None, NOT_NULL] = None
    period_id: Annotated[_Number | None, NOT_NULL] = None
    active_period: Annotated[_Days | None, NOT_NULL] = None
    start_period: Annotated[_Days | None, NOT_NULL] = None
    end_period: Annotated[_Days | None, NOT_NULL] = None
    reception_period: Annotated[_Days | None, NOT_NULL] = None
    features: Annotated[_Features | None, NOT_NULL] = None
    status: Annotated[_States | None, NOT_NULL] = None
    is_late: Annotated[bool | None, NOT_NULL] = None
    is_locked: Annotated[bool | None, NOT_NULL] = None
    is_quota_exceeded: Annotated[bool | None, NOT_NULL] = None
    has_daily_registrations: Annotated[bool | None, NOT_NULL] = None
    planned_hours_number: Annotated[_PlannedHours | None, NOT_NULL] = None

    @property
    def employer_id(self) -> int | None:
        """The employer's definitive or provisional number."""
        return None if self.employer is None else self.employer.employer_id

    def criteria(self) -> Criteria:
        """Return the criteria. The worker is one NISS, and an `employerId` is left out."""
        worker, features = self.worker or _Worker(), self.features or _Features()
        active, start = self.active_period or _Days(), self.start_period or _Days()
        end, received = self.end_period or _Days(), self.reception_period or _Days()
        hours = self.planned_hours_number or _PlannedHours()
        user = features.using_employer
        return Criteria(
            employer=_ten_digits(None if self.employer is None else self.employer.enterprise_number),
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
            period=self.period_id,
            received_from=received.start_date,
            received_until=received.end_date,
            joint_commission=_several(features.joint_commission_number),
            worker_type=_several(features.worker_type),
            sub_entity=features.sub_entity_number,
            user_undertaking=_ten_digits(None if user is None else user.enterprise_number),
            status=_several(self.status),
            late=self.is_late,
            locked=self.is_locked,
            quota_exceeded=self.is_quota_exceeded,
            planned_hours_from=hours.minimum,
            planned_hours_until=hours.maximum,
            has_days=self.has_daily_registrations,
        )


def _ten_digits(number: str | None) -> str | None:
    return None if number is None else number.zfill(10)


def _several(values: Any) -> tuple[str, ...] | None:
    return None if values is None else tuple(values)
