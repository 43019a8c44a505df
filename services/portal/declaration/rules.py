"""The fields of a declaration, and their check. Pure; all requirements are read from `shared.domain`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final

from shared.domain.calendar import start_deadline
from shared.domain.features import (
    FLEXI,
    JOINT_COMMISSIONS,
    OCCASIONAL,
    PAIRINGS,
    TEMPORARY_AGENCY_WORK,
    WORKER_TYPES,
    has_planned_hours,
    is_open_to,
    requires_end_date,
    starts_out_of_time,
)
from shared.domain.identifiers import parse_enterprise_number, parse_ssin
from shared.domain.places import is_country
from shared.domain.small_statutes import ACTIVITIES_WITH_RISK
from shared.words import later

_HOUR: Final = re.compile(r"([01]\d|2[0-3]):?([0-5]\d)", re.ASCII)
_MOST_HOURS: Final = 999
#: Types of work that is declared with hours, where it has them.
WITH_HOURS: Final = frozenset({OCCASIONAL, FLEXI})
#: Kinds of fields that are a choice: of `options`, of a country of Annex 5, or of a joint commission.
CHOICE: Final = "choice"
COUNTRY: Final = "country"
COMMISSION: Final = "commission"


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a form: its name, label, type of input, and whether it must be filled."""

    name: str
    label: str
    kind: str = "text"  #: of the HTML input, or CHOICE, COUNTRY, COMMISSION
    required: bool = True
    options: tuple[tuple[str, str], ...] = ()  #: codes with their texts, of a CHOICE
    longest: int = 0  #: characters; 0: no limit of its own
    digits: str = ""  #: the check digits that a script checks during input: ssin or enterprise


@dataclass(frozen=True, slots=True)
class Choice:
    """A worker type with a joint commission, for which an IN can be declared."""

    joint_commission: str
    worker_type: str


SSIN: Final = Field("ssin", later("National register number of the worker (11 digits)"), digits="ssin")
START: Final = Field("start_date", later("First day"), "date")
START_HOUR: Final = Field("start_hour", later("Hour of the start"), "time", required=False)
END: Final = Field("end_date", later("Last day"), "date")
END_IF_KNOWN: Final = Field("end_date", later("Last day, if it is known"), "date", required=False)
END_HOUR: Final = Field("end_hour", later("Hour of the end"), "time", required=False)
PLANNED: Final = Field("planned_hours", later("Planned hours"), "number")
USER: Final = Field("user_number", later("Enterprise number of the user undertaking"), digits="enterprise")
USER_COMMISSION: Final = Field(
    "user_commission", later("Joint commission of the user undertaking"), COMMISSION
)
NATURE: Final = Field(
    "employment_nature", later("Nature of the employment"), CHOICE,
    options=(("WORKER", later("blue-collar worker")), ("EMPLOYEE", later("white-collar worker"))),
)  # fmt: skip
RISK: Final = Field(
    "activity_with_risk", later("Code of the activity with risk, if it differs from that of the enterprise"),
    "number", required=False,
)  # fmt: skip
STATUS: Final = Field(
    "worker_status", later("Kind of contract"), CHOICE,
    options=(
        ("F1", later("training for paid work (F1)")),
        ("F2", later("learning contract with a cover of its own (F2)")),
    ),
)  # fmt: skip
_OF_SMALL_STATUTES: Final = (NATURE, RISK, STATUS)

#: The attributes of the official messages, and the fields for them.
ATTRIBUTES: Final[Mapping[str, str]] = {
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
    "hours": later("Give a whole number of hours, from 1 to 999."),
    "order": later("The last day is before the first one."),
    "choice": later("Choose one from the list."),
    "risk": later("This is no code of an activity with risk for this nature of the employment."),
    "long": later("This text is too long."),
    "characters": later("A name has letters, and no other signs than those of names."),
    "birth": later("The day of birth is in the future."),
    "post_code": later("This is no Belgian postal code."),
    "city": later("This town does not have this postal code."),
}


def digits(text: str) -> str:
    """Return a number without the points, hyphens and spaces with which people write it."""
    return re.sub(r"[\s.\-]", "", text)


def is_day(text: str) -> bool:
    """Return whether a text is a day, written YYYY-MM-DD."""
    try:
        return str(date.fromisoformat(text)) == text
    except ValueError:
        return False


def choices(today: date) -> Sequence[Choice]:
    """Return the pairs for which an IN that begins today can be declared here (rules R52, R54).

    They are those of all employers but provincial and local authorities, which have no joint commission.
    """
    return [
        Choice(row.joint_commission, code)
        for row in PAIRINGS
        if row.joint_commission is not None and row.valid_from <= today <= row.valid_until
        for code in sorted(row.worker_types)
        if not starts_out_of_time(WORKER_TYPES[code], today) and is_open_to(False, code, today)
    ]


def fields_of_in(choice: Choice) -> tuple[Field, ...]:
    """Return the fields of an IN: those that the worker type and the joint commission need."""
    return (SSIN, *fields_of_work(choice))


def fields_of_work(choice: Choice) -> tuple[Field, ...]:
    """Return the fields of an IN without those of the worker."""
    code, commission = choice.worker_type, choice.joint_commission
    hours = code in WITH_HOURS
    return (
        START,
        *((START_HOUR,) if hours else ()),
        END if requires_end_date(commission, code) else END_IF_KNOWN,
        *((END_HOUR,) if hours else ()),
        *((PLANNED,) if has_planned_hours(code) else ()),
        *((USER, USER_COMMISSION) if commission == TEMPORARY_AGENCY_WORK else ()),
        *(_OF_SMALL_STATUTES if WORKER_TYPES[code].small_statutes else ()),
    )


def mistakes(fields: Sequence[Field], typed: Mapping[str, str]) -> dict[str, str]:
    """Return the mistakes in a filled form: name of the field, and a key of WRONG."""
    found = {
        field.name: mistake
        for field in fields
        if (mistake := _mistake(field, typed.get(field.name, ""))) is not None
    }
    if not found and RISK in fields and not _is_risk(typed.get(NATURE.name, ""), typed.get(RISK.name, "")):
        return {RISK.name: "risk"}
    start, end = typed.get("start_date", ""), typed.get("end_date", "")
    if start and end and not found and end < start:
        return {"end_date": "order"}
    return found


#: For a field by its name, else by its kind: the test of its text, and the mistake of another text.
_CHECKS: Final[Mapping[str, tuple[Callable[[str], bool], str]]] = {
    "ssin": (lambda text: parse_ssin(digits(text)) is not None, "ssin"),
    "user_number": (lambda text: parse_enterprise_number(digits(text)) is not None, "number"),
    "activity_with_risk": (str.isdecimal, "risk"),
    "date": (is_day, "date"),
    "time": (lambda text: _HOUR.fullmatch(text) is not None, "time"),
    "number": (lambda text: text.isdecimal() and 0 < int(text[:6]) <= _MOST_HOURS, "hours"),
    COUNTRY: (lambda text: text.isdecimal() and is_country(int(text[:6])), "choice"),
    COMMISSION: (lambda text: text in JOINT_COMMISSIONS - {TEMPORARY_AGENCY_WORK}, "choice"),
}


def _mistake(field: Field, text: str) -> str | None:
    if not text:
        return "missing" if field.required else None
    if field.longest and len(text) > field.longest:
        return "long"
    if field.kind == CHOICE:
        return None if text in dict(field.options) else "choice"
    is_right, mistake = _CHECKS.get(field.name) or _CHECKS.get(field.kind) or (lambda _: True, "")
    return None if is_right(text) else mistake


def _is_risk(nature: str, text: str) -> bool:
    """Return whether a code of an activity with risk is empty, or of Annex 6 for this nature."""
    return not text or int(text[:6]) in ACTIVITIES_WITH_RISK[nature]


def body_of_in(choice: Choice, typed: Mapping[str, str], employer: str) -> dict[str, Any]:
    """Return the IN of a form without mistakes, for an employer."""
    return {
        "employer": {"enterpriseNumber": employer},
        "worker": {"ssin": digits(typed["ssin"])},
        "dimonaIn": body_of_work(choice, typed),
    }


def body_of_work(choice: Choice, typed: Mapping[str, str]) -> dict[str, Any]:
    """Return the block of an IN of a form without mistakes."""
    given = filled(fields_of_work(choice), typed)
    features: dict[str, Any] = {
        "jointCommissionNumber": choice.joint_commission,
        "workerType": choice.worker_type,
    }
    if USER.name in given:
        features["usingEmployer"] = {
            "enterpriseNumber": digits(given[USER.name]),
            "jointCommissionNumber": given[USER_COMMISSION.name],
        }
    block: dict[str, Any] = {**_particulars(given), "features": features}
    if NATURE.name in given:
        risk = {"activityWithRisk": int(given[RISK.name])} if RISK.name in given else {}
        block["smallStatutesInformation"] = {
            "employmentNature": given[NATURE.name], "workerStatus": given[STATUS.name], **risk,
        }  # fmt: skip
    return block


def body_of_update(period_id: int, typed: Mapping[str, str]) -> dict[str, Any]:
    """Return the UPDATE of a form without mistakes."""
    return {"dimonaUpdate": {"periodId": period_id, **_particulars(typed)}}


def body_of_out(period_id: int, typed: Mapping[str, str]) -> dict[str, Any]:
    """Return the OUT of a form without mistakes."""
    return {"dimonaOut": {"periodId": period_id, "endDate": typed["end_date"]}}


def body_of_cancel(period_id: int) -> dict[str, Any]:
    """Return the CANCEL of a period."""
    return {"dimonaCancel": {"periodId": period_id}}


def _particulars(given: Mapping[str, str]) -> dict[str, Any]:
    return {
        attribute: int(given[name])
        if attribute == "plannedHoursNumber"
        else given[name].replace(":", "")
        if attribute.endswith("Hour")
        else given[name]
        for name, attribute in ATTRIBUTES.items()
        if given.get(name)
    }


def filled(fields: Sequence[Field], typed: Mapping[str, str]) -> dict[str, str]:
    """Return the texts of these fields that are not empty."""
    return {each.name: text for each in fields if (text := typed.get(each.name, ""))}


def due_of_in(typed: Mapping[str, str]) -> datetime:
    """Return the deadline of an IN; the form has no mistakes (rule R1)."""
    text = typed.get("start_hour", "")
    hour = time(int(text[:2]), int(text[-2:])) if text else None
    return start_deadline(date.fromisoformat(typed["start_date"]), hour)


def is_late(typed: Mapping[str, str], now: datetime) -> bool:
    """Return whether an IN would be too late now; the form has no mistakes (rule R1)."""
    return now > due_of_in(typed)


def start_of(typed: Mapping[str, str]) -> str:
    """Return the start in a form as one text: `2026-11-30 09:00`, or without the hour."""
    return f"{typed.get('start_date', '')} {typed.get('start_hour', '')}".strip()
