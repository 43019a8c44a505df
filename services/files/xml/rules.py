"""Rules of the form in a file, without the declaration in the form.

Values are the texts of XML elements, as they were read; None for an absent element. Paths are paths of XML
elements.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from shared.domain.anomalies import Anomaly, anomaly
from shared.domain.declaration import parse_date

_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIME: Final = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}", re.ASCII)
_TYPES: Final = frozenset({"1", "6", "7", "8"})  #: this form, a refused one, the employer, the worker


@dataclass(frozen=True, slots=True)
class Reference:
    """An element `Reference` of a form (block 90082)."""

    type: str | None = None
    origin: str | None = None
    number: str | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """The header of a form (block `Form`, 90059) with its references, without the declaration inside it."""

    identification: str | None = None
    created_on: str | None = None
    created_at: str | None = None
    attestation_status: str | None = None
    type_form: str | None = None
    references: tuple[Reference, ...] = ()
    declarations: int = 0  #: number of blocks with a declaration or a request


@dataclass(frozen=True, slots=True)
class Expected:
    """The values of the header of a message."""

    identification: str
    type_form: str


DIMONA: Final = Expected("DIMONA", "SU")
CONSULTATION: Final = Expected("PFREQ", "RE")

Bad = Callable[[str, date, Expected], bool]


def _bad_creation_date(text: str, today: date, _: Expected) -> bool:
    """Return whether a date cannot be read, is in the future, or is before the last calendar year."""
    day = parse_date(text) if _DATE.fullmatch(text) else None
    return day is None or day > today or day.year < today.year - 1


def _bad_creation_hour(text: str, *_: object) -> bool:
    return _TIME.fullmatch(text) is None


@dataclass(frozen=True, slots=True)
class Zone:
    """A compulsory element of a form, with its official zone number and the test for a bad value."""

    number: str
    element: str
    value: Callable[[Head], str | None]
    is_bad: Bad


ZONES: Final = (
    Zone(
        "00296",
        "Identification",
        lambda head: head.identification,
        lambda text, _, expected: text != expected.identification,
    ),
    Zone("00218", "FormCreationDate", lambda head: head.created_on, _bad_creation_date),
    Zone("00299", "FormCreationHour", lambda head: head.created_at, _bad_creation_hour),
    Zone(
        "00110",
        "AttestationStatus",
        lambda head: head.attestation_status,
        lambda text, *_: text != "0",
    ),
    Zone(
        "00297",
        "TypeForm",
        lambda head: head.type_form,
        lambda text, _, expected: text != expected.type_form,
    ),
)


@dataclass(frozen=True, slots=True)
class ReferenceZone:
    """A compulsory element of a reference, with its official zone number and the test for a bad value."""

    number: str
    element: str
    value: Callable[[Reference], str | None]
    is_bad: Callable[[str], bool]


REFERENCE_ZONES: Final = (
    ReferenceZone("00221", "ReferenceType", lambda ref: ref.type, lambda text: text not in _TYPES),
    ReferenceZone("00298", "ReferenceOrigin", lambda ref: ref.origin, lambda text: text != "1"),
    ReferenceZone("00222", "ReferenceNbr", lambda ref: ref.number or None, lambda text: len(text) > 20),
)


def check_form(head: Head, today: date, expected: Expected = DIMONA) -> tuple[Anomaly, ...]:
    """Return the anomalies of the header of a form, in the order of its elements.

    Args:
        head: The header.
        today: The Belgian day of reception.
        expected: The values of the message.
    """
    return (*_of_zones(head, today, expected), *_of_references(head.references), *_of_content(head))


def _of_zones(head: Head, today: date, expected: Expected) -> Iterator[Anomaly]:
    for zone in ZONES:
        text, path = zone.value(head), f"Form.{zone.element}"
        if text is None:
            yield anomaly(f"{zone.number}-001", path)
        elif zone.is_bad(text, today, expected):
            yield anomaly(f"{zone.number}-003", path)


def _of_references(references: Sequence[Reference]) -> Iterator[Anomaly]:
    for nth, reference in enumerate(references):
        for zone in REFERENCE_ZONES:
            text, path = zone.value(reference), f"Form.Reference[{nth}].{zone.element}"
            if text is None:
                yield anomaly(f"{zone.number}-001", path)
            elif zone.is_bad(text):
                yield anomaly(f"{zone.number}-003", path)
    same = Counter((reference.type, reference.origin) for reference in references)
    if any(count > 1 for count in same.values()):
        yield anomaly("90082-006", "Form.Reference")


def _of_content(head: Head) -> Iterator[Anomaly]:
    if head.declarations == 0:
        yield anomaly("90059-134", "Form")
