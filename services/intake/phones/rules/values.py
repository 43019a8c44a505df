"""The values that a person types on a phone, as text or with the keypad, and the declaration that they make.

Unlike other channels, a phone answers a wrong value at once: the person can correct it before it is declared
(docs/phones.md). All other rules are those of every channel.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from enum import StrEnum
from typing import Any, Final

from shared.domain.declared import Declaration, Kind
from shared.domain.features import FLEXI, JOINT_COMMISSIONS, OCCASIONAL, WORKER_TYPES
from shared.domain.identifiers import parse_dimona_number, parse_enterprise_number, parse_ssin
from shared.domain.phones import PIN_DIGITS


class Field(StrEnum):
    """The fields of a declaration by phone."""

    PIN = "pin"
    KIND = "kind"
    EMPLOYER = "employer"  #: enterprise number
    WORKER = "worker"  #: NISS
    COMMISSION = "commission"  #: joint commission; XXX for one without a code of its own
    WORKER_TYPE = "workerType"
    START_DAY = "startDay"  #: YYYY-MM-DD
    START_HOUR = "startHour"  #: HHMM
    END_DAY = "endDay"
    END_HOUR = "endHour"
    HOURS = "hours"  #: planned hours
    USER = "user"  #: enterprise number of the user undertaking
    PERIOD = "period"  #: period number of an earlier IN


Values = Mapping[Field, str]  #: read values in canonical form

_OTHER_COMMISSION: Final = "XXX"
_SEPARATORS: Final = re.compile(r"[\s./\-]")
_DAY: Final = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})"
    r"|(?P<d>\d{1,2})(?P<separator>[/.\- ])(?P<m>\d{1,2})(?P=separator)(?P<y>\d{4}|\d{2})"
    r"|(?P<dd>\d{2})(?P<mm>\d{2})(?P<yyyy>\d{4})",
    re.ASCII,
)
#: 08:00, 8.00, 8h, 8h30, 8u30 (Dutch), 8 Uhr (German), 0800
_HOUR: Final = re.compile(
    r"(?P<h>\d{1,2}) ?(?:(?P<mark>[:.h]|uhr|u) ?(?P<m>\d{2})?)(?: ?uhr)?|(?P<hh>\d{2})(?P<mm>\d{2})",
    re.ASCII,
)
_DIGITS: Final = re.compile(r"[0-9]+")
_MOST_HOURS: Final = 999  #: as zone 01135 has it


def read_employer(text: str) -> str | None:
    """Return the enterprise number in a text, with or without BE and separators; None for a wrong one."""
    return parse_enterprise_number(_compact(text).removeprefix("BE"))


def read_worker(text: str) -> str | None:
    """Return the NISS in a text, with or without separators; None for a wrong one."""
    return parse_ssin(_compact(text))


def read_commission(text: str) -> str | None:
    """Return the code of a joint commission: its own, or XXX for a sector without one; None for no number."""
    code = _compact(text)
    if code in JOINT_COMMISSIONS:
        return code
    return _OTHER_COMMISSION if _DIGITS.fullmatch(code) and len(code) == len(_OTHER_COMMISSION) else None


def read_worker_type(text: str) -> str | None:
    """Return the worker type in a text, such as STU; None for an unknown one."""
    code = _compact(text)
    return code if code in WORKER_TYPES else None


def read_day(text: str) -> str | None:
    """Return a day as YYYY-MM-DD, from 2026-12-01, 1/12/2026, 01.12.26 or 01122026; None for no day."""
    return _day_of(found) if (found := _DAY.fullmatch(text.strip())) is not None else None


def read_hour(text: str) -> str | None:
    """Return an hour as HHMM, from 8:00, 8h30, 8u or 0800; None for no hour."""
    found = _HOUR.fullmatch(text.strip().lower())
    if found is None:
        return None
    hour, minute = int(found["h"] or found["hh"]), int(found["m"] or found["mm"] or 0)
    return f"{hour:02}{minute:02}" if hour < 24 and minute < 60 else None


def read_moment(text: str) -> tuple[str, str | None] | None:
    """Return the day and the hour (None if it is absent) in a text; None if a part is wrong."""
    found = _DAY.match(text := text.strip())
    day = _day_of(found) if found is not None else None
    if found is None or day is None:
        return None
    rest = text[found.end() :].strip(" ,;")
    if not rest:
        return day, None
    hour = read_hour(rest)
    return None if hour is None else (day, hour)


def read_hours(text: str) -> str | None:
    """Return a number of planned hours from 1 to 999; None for another text."""
    digits = text.strip()
    fits = _DIGITS.fullmatch(digits) and len(digits) <= len(str(_MOST_HOURS)) and int(digits) >= 1
    return str(int(digits)) if fits else None


def read_period(text: str) -> str | None:
    """Return the period number in a text; None for wrong check digits."""
    digits = _compact(text)
    if not _DIGITS.fullmatch(digits) or len(digits) != 12:
        return None
    number = parse_dimona_number(int(digits))
    return None if number is None else str(number)


def read_pin(text: str) -> str | None:
    """Return a PIN of six digits; None for another text."""
    digits = _compact(text)
    return digits if _DIGITS.fullmatch(digits) and len(digits) == PIN_DIGITS else None


#: The reading of fields that are equal in the short form and with the keypad.
READERS: Final[Mapping[Field, Callable[[str], str | None]]] = {
    Field.PIN: read_pin,
    Field.EMPLOYER: read_employer,
    Field.WORKER: read_worker,
    Field.COMMISSION: read_commission,
    Field.HOURS: read_hours,
    Field.USER: read_employer,
    Field.PERIOD: read_period,
}

_ALWAYS: Final[Mapping[Kind, tuple[Field, ...]]] = {
    Kind.IN: (Field.EMPLOYER, Field.WORKER, Field.WORKER_TYPE, Field.START_DAY, Field.END_DAY),
    Kind.OUT: (Field.PERIOD, Field.END_DAY),
    Kind.UPDATE: (Field.PERIOD,),
    Kind.CANCEL: (Field.PERIOD,),
}
_CHANGES: Final = (Field.START_DAY, Field.START_HOUR, Field.END_DAY, Field.END_HOUR, Field.HOURS)


def required(values: Values) -> Iterator[Field]:
    """Yield the fields that a declaration of this kind and worker type must have, in the order of asking.

    An IN by phone always has an end. Hours are required for occasional work, planned hours for students and
    the types alike (rules R19, R23). An UPDATE has at least one change.
    """
    kind, worker_type = Kind(values[Field.KIND]), values.get(Field.WORKER_TYPE)
    yield from _ALWAYS[kind]
    if kind is Kind.IN and worker_type == OCCASIONAL:
        yield from (Field.START_HOUR, Field.END_HOUR)
    if kind is Kind.IN and worker_type in WORKER_TYPES and WORKER_TYPES[worker_type].planned_hours:
        yield Field.HOURS
    if kind is Kind.UPDATE and not any(values.get(field) for field in _CHANGES):
        yield Field.END_DAY


def declaration_of(values: Values) -> Declaration:
    """Return the declaration with these values; it has all required ones.

    An SMS may have hours for any worker type. They are left out for a worker type that has none, because
    intake would refuse them (rules R19, R20).
    """
    kind = Kind(values[Field.KIND])
    block: dict[str, Any] = {
        name: values.get(field)
        for name, field in (
            ("periodId", Field.PERIOD), ("startDate", Field.START_DAY), ("startHour", Field.START_HOUR),
            ("endDate", Field.END_DAY), ("endHour", Field.END_HOUR), ("plannedHoursNumber", Field.HOURS),
        )
        if values.get(field)
    }  # fmt: skip
    if "plannedHoursNumber" in block:
        block["plannedHoursNumber"] = int(block["plannedHoursNumber"])
    taken = _TAKEN[kind]
    if kind is Kind.IN and values[Field.WORKER_TYPE] not in _WITH_HOURS:
        taken -= {"startHour", "endHour"}
    block = {name: value for name, value in block.items() if name in taken}
    document: dict[str, Any] = {kind.block: block}
    if kind is Kind.IN:
        block["features"] = _features(values)
        document |= {
            "employer": {"enterpriseNumber": values[Field.EMPLOYER]},
            "worker": {"ssin": values[Field.WORKER]},
        }
    return Declaration.model_validate(document)


_WITH_HOURS: Final = frozenset({OCCASIONAL, FLEXI})
_TIMES: Final = frozenset({"startDate", "startHour", "endDate", "endHour", "plannedHoursNumber"})
#: The properties of each block that a phone can give, apart from features.
_TAKEN: Final[Mapping[Kind, frozenset[str]]] = {
    Kind.IN: _TIMES,
    Kind.OUT: frozenset({"periodId", "endDate"}),
    Kind.UPDATE: _TIMES | {"periodId"},
    Kind.CANCEL: frozenset({"periodId"}),
}


def _features(values: Values) -> dict[str, Any]:
    features: dict[str, Any] = {"workerType": values[Field.WORKER_TYPE]}
    if values.get(Field.COMMISSION):
        features["jointCommissionNumber"] = values[Field.COMMISSION]
    if values.get(Field.USER):
        features["usingEmployer"] = {"enterpriseNumber": values[Field.USER]}
    return features


def _compact(text: str) -> str:
    return _SEPARATORS.sub("", text).upper()


def _day_of(found: re.Match[str]) -> str | None:
    year = int(found["year"] or found["y"] or found["yyyy"])
    month, day = (
        int(found["month"] or found["m"] or found["mm"]),
        int(found["day"] or found["d"] or found["dd"]),
    )
    try:
        return date(year + 2000 if year < 100 else year, month, day).isoformat()
    except ValueError:
        return None
