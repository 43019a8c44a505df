"""Daily registrations of a flexi-job by period: fields and bodies (rules R19, R36). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from services.portal.declaration.rules import END, END_HOUR, START, START_HOUR, filled
from shared.domain.daily import DailyStatus

FIELDS: Final = (START, replace(START_HOUR, required=True), END, END_HOUR)
_ATTRIBUTES: Final[Mapping[str, str]] = {
    "start_date": "startDate", "start_hour": "startHour", "end_date": "endDate", "end_hour": "endHour",
}  # fmt: skip


def body_of_day(period_id: int, typed: Mapping[str, str]) -> dict[str, Any]:
    """Return the registration of a day of a period."""
    return _body(DailyStatus.CREATE, {"periodId": period_id, **_times(typed)})


def body_of_change(registration_id: int, typed: Mapping[str, str]) -> dict[str, Any]:
    """Return the change of a registered day."""
    return _body(DailyStatus.MODIFY, {"dailyRegistrationId": registration_id, **_times(typed)})


def body_of_cancel(registration_id: int) -> dict[str, Any]:
    """Return the cancellation of a registered day."""
    return _body(DailyStatus.CANCEL, {"dailyRegistrationId": registration_id})


def _body(status: DailyStatus, data: Mapping[str, Any]) -> dict[str, Any]:
    return {"dimonaDailyRegistration": {"attestationStatus": int(status), **data}}


def _times(typed: Mapping[str, str]) -> dict[str, str]:
    return {
        _ATTRIBUTES[name]: text.replace(":", "") if name.endswith("_hour") else text
        for name, text in filled(FIELDS, typed).items()
    }
