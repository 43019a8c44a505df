"""Read a DIMONA message: its forms with their declarations, or with anomalies and their places.

A form has anomalies and no declaration if it breaks the structure of the message, or if its header or one of
its values cannot be read. Other forms of the file are not affected. The rule book judges the declarations.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from services.files.xml.content import Content, PlacedAnomaly, nearest_place
from services.files.xml.parsing import (
    LIMITS,
    Element,
    Limits,
    Message,
    Place,
    UnreadableFileError,
    count_elements,
    read_elements,
)
from services.files.xml.rules import Head, Reference, check_form
from services.files.xml.structure import DECLARATIONS, FORM
from shared.domain.declared import Declaration

__all__ = ["Form", "Head", "Place", "PlacedAnomaly", "Reference", "UnreadableFileError", "read_forms"]

MESSAGE: Final = Message("Dimona", "90372", re.compile(r"Dimona_\d{4}[1-4]\.xsd"))
_OWN_REFERENCE: Final = "1"  #: the type of a reference of this form
_PRINTABLE: Final = re.compile(r"[^\x00-\x1f]{1,20}")
_BLOCKS: Final = frozenset(block.name for block in DECLARATIONS)


@dataclass(frozen=True, slots=True)
class Form:
    """A form of a file.

    Attributes:
        number: The number of the form in its file, from 1.
        head: The header with the references, as texts.
        declared: The declaration; None if the form has anomalies.
        anomalies: The anomalies of the structure, the header and unreadable values. Each refuses the form.
        places: The places of elements by their path in the declaration, such as `dimonaIn.startDate`.
    """

    number: int
    head: Head
    declared: Declaration | None
    anomalies: tuple[PlacedAnomaly, ...]
    places: dict[str, Place]

    @property
    def place(self) -> Place:
        """Return the place of the form."""
        return self.places[FORM.path]

    @property
    def references(self) -> tuple[Reference, ...]:
        """Return the references of the sender, which the notification repeats."""
        return self.head.references

    def place_of(self, path: str) -> Place:
        """Return the place of the element of a path, or of the nearest element around it.

        `path` is that of an anomaly of the rule book.
        """
        return nearest_place(self.places, path, FORM.path)


def read_forms(chunks: Iterable[bytes], today: date, limits: Limits = LIMITS) -> Iterator[Form]:
    """Yield the forms of a DIMONA message.

    Args:
        chunks: The content of the file, in parts of any size.
        today: The Belgian day of reception.
        limits: The limits of the file.

    Raises:
        UnreadableFileError: The file is not readable. Forms before the mistake were yielded already.
    """
    for number, element in enumerate(read_elements(chunks, MESSAGE, limits), start=1):
        yield _form(number, element, today)


def count_forms(chunks: Iterable[bytes], limits: Limits = LIMITS) -> int:
    """Return the number of forms of a DIMONA message, without reading their declarations.

    Raises:
        UnreadableFileError: The file is not readable.
    """
    return count_elements(chunks, MESSAGE, limits)


def _form(number: int, element: Element, today: date) -> Form:
    content = Content(element, FORM)
    head = content.head(_BLOCKS)
    for found in check_form(head, today):
        content.find_in_head(found.code, found.path)
    declared = None if content.anomalies else _declaration(content)
    return Form(number, head, declared, tuple(content.anomalies), content.places)


def _declaration(content: Content) -> Declaration:
    """Return the declaration of a form without anomalies, with the sender's own references of it."""
    values = content.values
    if "dimonaIn" in values:
        values["dimonaIn"].setdefault("features", {})
    own = [ref.number for ref in content.references if ref.type == _OWN_REFERENCE and ref.number]
    if printable := [number for number in own if _PRINTABLE.fullmatch(number)]:
        values["reference"] = printable
    return Declaration.model_validate(values)
