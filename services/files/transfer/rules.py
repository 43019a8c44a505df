"""Names of files in both directions, as the authority's file protocol has them (ADR 28).

`FI.DIMN.123456.20260213.00001.R.1.1` is: kind, content, expeditor, date of creation, serial, environment, and
at most two numbers. The last number of FI and FS counts the files of one sending. GO and TD lack it: they
start and cancel the whole sending.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from string import ascii_uppercase, digits
from typing import Final


class Kind(StrEnum):
    """The kinds of files that an expeditor sends."""

    FORMS = "FI"  #: declarations, or a query
    SIGNATURE = "FS"
    START = "GO"  #: empty: start the processing of the files of a sending
    CANCEL = "TD"  #: empty: cancel the processing


class Content(StrEnum):
    """The contents of files that an expeditor sends."""

    DECLARATIONS = "DIMN"
    QUERY = "PFRQ"  #: of the personnel file


class AnswerKind(StrEnum):
    """The contents of files that this system writes."""

    ACKNOWLEDGEMENT = "ACRF"
    NOTIFICATION = "NOTI"
    PERIODS = "PFAN"  #: the answer to a query; its official abbreviation is not known
    CHANGE = "IDFL"  #: of the number of a worker; its official abbreviation is not known


class Environment(StrEnum):
    """The environments of the authority: production, and two letters for the simulation."""

    PRODUCTION = "R"
    TEST = "T"
    SIMULATION = "S"


#: The folder of the answers to files of each environment.
OUT_FOLDERS: Final[Mapping[Environment, str]] = {
    Environment.PRODUCTION: "OUT",
    Environment.TEST: "OUTTEST",
    Environment.SIMULATION: "OUTTEST-S",
}
IN_FOLDER: Final = "IN"
#: The expeditor in the names of the files that an expeditor receives.
_AUTHORITY: Final = "999999"
_EXPEDITOR_DIGITS: Final = 6
LONGEST_NAME: Final = 64  #: characters; the longest right name has 49

_NAME: Final = re.compile(
    r"(FI|FS|GO|TD)\.(DIMN|PFRQ)\.(\d{6})\.(\d{8})\.([A-Za-z0-9]{5})\.([RTS])((?:\.\d{1,6}){0,2})", re.ASCII
)
_DIGITS: Final = digits + ascii_uppercase
_SERIAL_DIGITS: Final = 5


@dataclass(frozen=True, slots=True)
class Sending:
    """The files that one GO file starts: the parts of their names that are equal."""

    content: Content
    expeditor: str  #: six digits
    created_on: date
    serial: str
    environment: Environment
    number: str  #: the first number with its dot, or ""


@dataclass(frozen=True, slots=True)
class FileName:
    """A right name of a file of an expeditor."""

    text: str
    kind: Kind
    sending: Sending


def parse_name(text: str) -> FileName | None:
    """Return the parts of a name, or None if it is not a name of the protocol."""
    found = _NAME.fullmatch(text) if len(text) <= LONGEST_NAME else None
    if found is None:
        return None
    kind, content, expeditor, day, serial, environment, numbers = found.groups()
    try:
        created_on = date.fromisoformat(day)
    except ValueError:
        return None
    first, second = _split(numbers)
    if second and Kind(kind) in (Kind.START, Kind.CANCEL):
        return None
    sending = Sending(Content(content), expeditor, created_on, serial, Environment(environment), first)
    return FileName(text, Kind(kind), sending)


def content_in(name: str) -> Content:
    """Return the content of a file with this name."""
    return Content.QUERY if name.startswith(f"{Kind.FORMS}.{Content.QUERY}.") else Content.DECLARATIONS


def is_expeditor(text: str) -> bool:
    """Return whether a text has the form of an expeditor: six digits."""
    return len(text) == _EXPEDITOR_DIGITS and text.isascii() and text.isdigit() and text != _AUTHORITY


def _split(numbers: str) -> tuple[str, str]:
    """Return the first and the second number, each with its dot: ".1.2" → ".1", ".2"."""
    first, dot, second = numbers.removeprefix(".").partition(".")
    return (f".{first}" if first else ""), f"{dot}{second}"


def answer_name(kind: AnswerKind, day: date, sequence: int, environment: Environment) -> str:
    """Return the name of a file that this system writes, such as FO.ACRF.999999.20260213.00001.R.

    Args:
        kind: The content.
        day: The date of creation.
        sequence: The number of the file; the name has its rest modulo 36⁵.
        environment: The environment of the file that it answers.
    """
    serial = in_base_36(sequence % len(_DIGITS) ** _SERIAL_DIGITS, _SERIAL_DIGITS)
    return f"FO.{kind}.{_AUTHORITY}.{day:%Y%m%d}.{serial}.{environment}"


def in_base_36(number: int, width: int) -> str:
    """Return a number, which is not negative, in digits and capital letters, with leading zeros."""
    text = ""
    while number:
        number, digit = divmod(number, len(_DIGITS))
        text = _DIGITS[digit] + text
    return text.rjust(width, "0")
