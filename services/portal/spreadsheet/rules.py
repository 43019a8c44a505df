"""The columns of a spreadsheet and the check of its rows, with the tables of the forms. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from services.portal.declaration import rules as forms
from services.portal.declaration.rules import Choice, Field
from shared.domain.calendar import local_date
from shared.domain.identifiers import parse_dimona_number
from shared.words import later

MOST_ROWS: Final = 5000
#: Rows that are sent in one request.
PART: Final = 100
_LONGEST: Final = 100  #: characters of a cell
_LONGEST_REFERENCE: Final = 20
_FORMULA: Final = "="
_DAY: Final = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})", re.ASCII)
_HOUR: Final = re.compile(r"\d:\d\d", re.ASCII)
_WITHOUT_ZEROS: Final = re.compile(r"\d{8,10}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading in the file, the field of the form with its value, and its explanation."""

    heading: str
    field: str
    text: str


KIND: Final = "kind"
PERIOD: Final = "period"
COMMISSION: Final = "joint_commission"
TYPE: Final = "worker_type"
REFERENCE: Final = "reference"
#: Fields with codes in capital letters.
_CODES: Final = frozenset({KIND, COMMISSION, TYPE, "user_commission", "employment_nature", "worker_status"})
COLUMNS: Final = (
    Column("kind", KIND, later("IN, OUT, UPDATE or CANCEL")),
    Column("period", PERIOD, later("OUT, UPDATE, CANCEL: the number of the period, 12 digits")),
    Column("ssin", "ssin", later("IN: the national register number of the worker, 11 digits")),
    Column("jointCommission", COMMISSION, later("IN: the code of the sector, for example XXX or 124")),
    Column("workerType", TYPE, later("IN: the code of the worker type, for example OTH or STU")),
    Column("startDate", "start_date", later("IN, UPDATE: the first day, as 2026-12-31 or 31/12/2026")),
    Column("startHour", "start_hour", later("The hour of the start, as 08:30, for types with hours")),
    Column("endDate", "end_date", later("The last day; always for OUT, and for types that need it")),
    Column("endHour", "end_hour", later("The hour of the end, as 17:00, for types with hours")),
    Column("plannedHours", "planned_hours", later("The planned hours, for types that need them")),
    Column("userNumber", "user_number", later("Sector 322: the enterprise number of the user undertaking")),
    Column(
        "userCommission",
        "user_commission",
        later("Sector 322: the code of the sector of the user undertaking"),
    ),
    Column("employmentNature", "employment_nature", later("IVT, TRI, STG: WORKER or EMPLOYEE")),
    Column(
        "activityWithRisk", "activity_with_risk", later("IVT, TRI, STG: the code of an activity with risk")
    ),
    Column("workerStatus", "worker_status", later("IVT, TRI, STG: F1 or F2")),
    Column("reference", REFERENCE, later("A text of your own, at most 20 characters")),
)
BY_HEADING: Final[Mapping[str, Column]] = {column.heading.lower(): column for column in COLUMNS}
#: The reasons why a cell is wrong.
WRONG: Final[Mapping[str, str]] = {
    **forms.WRONG,
    "kind": later("Write IN, OUT, UPDATE or CANCEL."),
    "period": later("The number of a period has 12 digits, and its check digits must be right."),
    "pair": later("This sector and worker type cannot be declared together here."),
    "needless": later("Leave this cell empty: this declaration does not have it."),
    "reference": later("A reference has at most 20 characters."),
    "long": later("This text is too long."),
    "formula": later("Write the value instead of a formula."),
}
#: The fields of an UPDATE. The form of one period asks only for those that the period has.
_OF_UPDATE: Final = (
    forms.START, forms.START_HOUR, forms.END_IF_KNOWN, forms.END_HOUR,
    Field(forms.PLANNED.name, forms.PLANNED.label, forms.PLANNED.kind, required=False),
)  # fmt: skip
#: The fields of each change of a period.
_OF_CHANGE: Final[Mapping[str, tuple[Field, ...]]] = {
    "OUT": (forms.END,), "UPDATE": _OF_UPDATE, "CANCEL": (),
}  # fmt: skip
_BODIES: Final[Mapping[str, Callable[[int, Mapping[str, str]], dict[str, Any]]]] = {
    "OUT": forms.body_of_out,
    "UPDATE": forms.body_of_update,
    "CANCEL": lambda period, _typed: forms.body_of_cancel(period),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a spreadsheet after its check.

    `typed` are the values by name of the field. `mistakes` are keys of WRONG by name of the field.
    """

    number: int  #: in the file; the row of the headings is 1
    typed: Mapping[str, str]
    mistakes: Mapping[str, str] = field(default_factory=dict)
    is_late: bool = False  #: whether the IN would be late if it were sent now


def check(rows: Sequence[tuple[int, Mapping[str, str]]], now: datetime) -> list[Row]:
    """Return each row, given by its number and its cells, with its mistakes at this instant."""
    choices = frozenset(forms.choices(local_date(now)))
    return [_checked(number, cells, choices, now) for number, cells in rows]


def _checked(number: int, cells: Mapping[str, str], choices: Collection[Choice], now: datetime) -> Row:
    unread = {name: wrong for name, text in cells.items() if (wrong := _unreadable(text))}
    if unread:
        return Row(number, {name: text[:_LONGEST] for name, text in cells.items()}, unread)
    typed = {name: _usual(name, text) for name, text in cells.items()}
    mistakes = _mistakes(typed, choices)
    late = not mistakes and typed[KIND] == "IN" and forms.is_late(typed, now)
    return Row(number, typed, mistakes, late)


def _unreadable(text: str) -> str:
    return "formula" if text.startswith(_FORMULA) else "long" if len(text) > _LONGEST else ""


def _usual(name: str, text: str) -> str:
    """Return the text of a cell as the field of the form has it.

    Spreadsheets drop the zeros at the begin of a number, and write days and hours in the way of the country.
    """
    if name in _CODES:
        return text.upper()
    if name in ("ssin", "user_number"):
        digits = forms.digits(text)
        return digits.zfill(11 if name == "ssin" else 10) if _WITHOUT_ZEROS.fullmatch(digits) else digits
    if name.endswith("_date") and (found := _DAY.fullmatch(text)):
        return f"{found[3]}-{found[2]:0>2}-{found[1]:0>2}"
    if name.endswith("_hour") and _HOUR.fullmatch(text):
        return f"0{text}"
    return text


def _mistakes(typed: Mapping[str, str], choices: Collection[Choice]) -> dict[str, str]:
    kind = typed.get(KIND, "")
    if kind == "IN":
        named, fields = {COMMISSION, TYPE}, _fields_of_in(typed, choices)
    else:
        named, fields = {PERIOD}, _OF_CHANGE.get(kind)
    if fields is None:
        return {TYPE: "pair"} if kind == "IN" else {KIND: "kind"}
    found = forms.mistakes(fields, typed)
    if kind != "IN" and _period(typed) is None:
        found[PERIOD] = "period"
    known = {KIND, REFERENCE, *named, *(each.name for each in fields)}
    found |= {name: "needless" for name, text in typed.items() if text and name not in known}
    if len(typed.get(REFERENCE, "")) > _LONGEST_REFERENCE:
        found[REFERENCE] = "reference"
    return found


def _fields_of_in(typed: Mapping[str, str], choices: Collection[Choice]) -> tuple[Field, ...] | None:
    """Return the fields of the pair in a row, or None for a pair that cannot be declared here."""
    choice = Choice(typed.get(COMMISSION, ""), typed.get(TYPE, ""))
    return forms.fields_of_in(choice) if choice in choices else None


def _period(typed: Mapping[str, str]) -> int | None:
    text = forms.digits(typed.get(PERIOD, ""))
    return parse_dimona_number(int(text)) if text.isdecimal() and len(text) <= 18 else None


def body(row: Row, employer: str) -> dict[str, Any]:
    """Return the declaration of a row without mistakes, for an employer."""
    typed = row.typed
    if typed[KIND] == "IN":
        found = forms.body_of_in(Choice(typed[COMMISSION], typed[TYPE]), typed, employer)
    else:
        period = _period(typed)
        assert period is not None, "the row has no mistake"
        found = _BODIES[typed[KIND]](period, typed)
    return {**found, "reference": [typed[REFERENCE]]} if typed.get(REFERENCE) else found


def parts(rows: Sequence[Row]) -> list[Sequence[Row]]:
    """Divide rows into parts, each of which is sent in one request."""
    return [rows[place : place + PART] for place in range(0, len(rows), PART)]
