"""The fields of a declaration, and their check. Pure; all requirements are read from `shared.domain`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final

from shared.domain.calendar import local_date, start_deadline
from shared.domain.features import (
    FLEXI,
    OCCASIONAL,
    PAIRINGS,
    TEMPORARY_AGENCY_WORK,
    WORKER_TYPES,
    has_planned_hours,
    requires_end_date,
    starts_out_of_time,
)
from shared.domain.identifiers import parse_enterprise_number, parse_ssin
from shared.words import later

_HOUR: Final = re.compile(r"([01]\d|2[0-3]):?([0-5]\d)", re.ASCII)
_MOST_HOURS: Final = 9999
#: Types of work that is declared with hours, where it has them.
_WITH_HOURS: Final = frozenset({OCCASIONAL, FLEXI})


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a form: its name, label, type of input, and whether it must be filled."""

    name: str
    label: str
    kind: str = "text"  #: of the HTML input
    required: bool = True


@dataclass(frozen=True, slots=True)
class Choice:
    """A worker type with a joint commission, for which an IN can be declared."""

    joint_commission: str
    worker_type: str


SSIN: Final = Field("ssin", later("National register number of the worker (11 digits)"))
START: Final = Field("start_date", later("First day"), "date")
START_HOUR: Final = Field("start_hour", later("Hour of the start"), "time", required=False)
END: Final = Field("end_date", later("Last day"), "date")
END_IF_KNOWN: Final = Field("end_date", later("Last day, if it is known"), "date", required=False)
END_HOUR: Final = Field("end_hour", later("Hour of the end"), "time", required=False)
PLANNED: Final = Field("planned_hours", later("Planned hours"), "number")
USER: Final = Field("user_number", later("Enterprise number of the user undertaking"))

#: Labels of all fields of declarations, by name.
LABELS: Final[Mapping[str, str]] = {
    "organization": later("Organization"),
    "employer": later("Employer"),
    **{each.name: each.label for each in (SSIN, START, START_HOUR, END, END_HOUR, PLANNED, USER)},
}

#: The attributes of the official messages, and the fields for them.
_ATTRIBUTES: Final[Mapping[str, str]] = {
    "start_date": "startDate",
    "start_hour": "startHour",
    "end_date": "endDate",
    "end_hour": "endHour",
    "planned_hours": "plannedHoursNumber",
}
WRONG: Final[Mapping[str, str]] = {
    "missing": later("Fill in this field."),
    "ssin": later("The number has 11 digits, and its check digits must be right."),
    "number": later("This is no enterprise number: its check digits must be right."),
    "date": later("Give a day."),
    "time": later("Give an hour between 00:00 and 23:59."),
    "hours": later("Give a whole number of hours, from 1 to 9999."),
    "order": later("The last day is before the first one."),
}


def choices(today: date) -> Sequence[Choice]:
    """Return the pairs for which an IN that begins today can be declared here (rule R52).

    Types with the block of small statutes are left out, because these forms do not have it.
    """
    return [
        Choice(row.joint_commission, code)
        for row in PAIRINGS
        if row.joint_commission is not None and row.valid_from <= today <= row.valid_until
        for code in sorted(row.worker_types)
        if not WORKER_TYPES[code].small_statutes and not starts_out_of_time(WORKER_TYPES[code], today)
    ]


def fields_of_in(choice: Choice) -> tuple[Field, ...]:
    """Return the fields of an IN: those that the worker type and the joint commission need."""
    code, commission = choice.worker_type, choice.joint_commission
    hours = code in _WITH_HOURS
    return (
        SSIN,
        START,
        *((START_HOUR,) if hours else ()),
        END if requires_end_date(commission, code) else END_IF_KNOWN,
        *((END_HOUR,) if hours else ()),
        *((PLANNED,) if has_planned_hours(code) else ()),
        *((USER,) if commission == TEMPORARY_AGENCY_WORK else ()),
    )


def fields_of_update(period: Mapping[str, Any]) -> tuple[Field, ...]:
    """Return the fields that can change in a period."""
    code = period["features"].get("workerType")
    hours = code in _WITH_HOURS or "startHour" in period
    return (
        START,
        *((START_HOUR,) if hours else ()),
        END if "endDate" in period else END_IF_KNOWN,
        *((END_HOUR,) if hours else ()),
        *((PLANNED,) if has_planned_hours(code) else ()),
    )


def values_of(period: Mapping[str, Any]) -> dict[str, str]:
    """Return the values of a period for the fields of an update."""
    given = {name: str(period[attribute]) for name, attribute in _ATTRIBUTES.items() if attribute in period}
    return {
        name: f"{value[:2]}:{value[2:]}" if name.endswith("_hour") else value for name, value in given.items()
    }


def mistakes(fields: Sequence[Field], typed: Mapping[str, str]) -> dict[str, str]:
    """Return the mistakes in a filled form: name of the field, and a key of WRONG."""
    found = {
        field.name: mistake
        for field in fields
        if (mistake := _mistake(field, typed.get(field.name, ""))) is not None
    }
    start, end = typed.get("start_date", ""), typed.get("end_date", "")
    if start and end and not found and end < start:
        return {"end_date": "order"}
    return found


def _mistake(field: Field, text: str) -> str | None:
    if not text:
        return "missing" if field.required else None
    if field is SSIN:
        return None if parse_ssin(digits(text)) else "ssin"
    if field is USER:
        return None if parse_enterprise_number(digits(text)) else "number"
    if field.kind == "date":
        return None if _is_day(text) else "date"
    if field.kind == "time":
        return None if _HOUR.fullmatch(text) else "time"
    return None if text.isdecimal() and 0 < int(text[:6]) <= _MOST_HOURS else "hours"


def digits(text: str) -> str:
    """Return a number without the points, hyphens and spaces with which people write it."""
    return re.sub(r"[\s.\-]", "", text)


def _is_day(text: str) -> bool:
    try:
        return str(date.fromisoformat(text)) == text
    except ValueError:
        return False


def body_of_in(choice: Choice, typed: Mapping[str, str], employer: str) -> dict[str, Any]:
    """Return the IN of a form without mistakes, for an employer."""
    features: dict[str, Any] = {
        "jointCommissionNumber": choice.joint_commission,
        "workerType": choice.worker_type,
    }
    if typed.get("user_number"):
        features["usingEmployer"] = {"enterpriseNumber": digits(typed["user_number"])}
    return {
        "employer": {"enterpriseNumber": employer},
        "worker": {"ssin": digits(typed["ssin"])},
        "dimonaIn": {**_particulars(typed), "features": features},
    }


def body_of_update(period_id: int, typed: Mapping[str, str]) -> dict[str, Any]:
    """Return the UPDATE of a form without mistakes."""
    return {"dimonaUpdate": {"periodId": period_id, **_particulars(typed)}}


def body_of_out(period_id: int, typed: Mapping[str, str]) -> dict[str, Any]:
    """Return the OUT of a form without mistakes."""
    return {"dimonaOut": {"periodId": period_id, "endDate": typed["end_date"]}}


def body_of_cancel(period_id: int) -> dict[str, Any]:
    """Return the CANCEL of a period."""
    return {"dimonaCancel": {"periodId": period_id}}


def _particulars(typed: Mapping[str, str]) -> dict[str, Any]:
    given = {attribute: typed[name] for name, attribute in _ATTRIBUTES.items() if typed.get(name)}
    return {
        attribute: int(value)
        if attribute == "plannedHoursNumber"
        else value.replace(":", "")
        if attribute.endswith("Hour")
        else value
        for attribute, value in given.items()
    }


def is_late(typed: Mapping[str, str], now: datetime) -> bool:
    """Return whether an IN would be too late now; the form has no mistakes (rule R1)."""
    text = typed.get("start_hour", "")
    hour = time(int(text[:2]), int(text[-2:])) if text else None
    return now > start_deadline(date.fromisoformat(typed["start_date"]), hour)


def start_of(typed: Mapping[str, str]) -> str:
    """Return the start in a form as one text: `2026-11-30 09:00`, or without the hour."""
    return f"{typed.get('start_date', '')} {typed.get('start_hour', '')}".strip()


def today(now: datetime) -> date:
    """Return the day in Belgium at this instant."""
    return local_date(now)
