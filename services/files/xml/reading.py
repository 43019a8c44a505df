"""Read a DIMONA message: its forms with their declarations, or with anomalies and their places.

A form has anomalies and no declaration if it breaks the structure of the message, or if its header or one of
its values cannot be read. Other forms of the file are not affected. The rule book judges the declarations.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from services.files.xml.parsing import (
    LIMITS,
    Element,
    Limits,
    Message,
    Place,
    UnreadableFileError,
    read_elements,
)
from services.files.xml.rules import Head, Reference, check_form
from services.files.xml.structure import DECLARATIONS, FORM, Block, Kind, Zone
from shared.domain.anomalies import ANOMALIES
from shared.domain.declared import Declaration

__all__ = ["Form", "Head", "Place", "PlacedAnomaly", "Reference", "UnreadableFileError", "read_forms"]

MESSAGE: Final = Message("Dimona", "90372", re.compile(r"(?:\S*/)?Dimona_\d{4}[1-4]\.xsd"))
_LONGEST_TEXT: Final = 1_000  #: characters of a value; the rule book judges the official lengths
_MOST_ANOMALIES: Final = 50  #: per form
_WHITE: Final = " \t\r\n"  #: white space of XML
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,18}")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_OWN_REFERENCE: Final = "1"  #: the type of a reference of this form
_PRINTABLE: Final = re.compile(r"[^\x00-\x1f]{1,20}")

UNKNOWN, ORDER, CARDINALITY, LENGTH, INVALID = "092", "091", "090", "093", "003"
_BLOCKS: Final = frozenset(block.name for block in DECLARATIONS)


@dataclass(frozen=True, slots=True)
class PlacedAnomaly:
    """An anomaly of a form with the name and the place of its element. It refuses the form.

    It does not contain the value (decision D27): the place leads the sender to it.
    """

    code: str
    tag: str
    place: Place


@dataclass(frozen=True, slots=True)
class Form:
    """A form of a file.

    Attributes:
        number: The number of the form in its file, from 1.
        head: The header with the references, as texts.
        declared: The declaration; None if the form has anomalies.
        anomalies: The anomalies of the structure, the header and unreadable values.
        elements: The elements of the form by their path: `dimonaIn.startDate`, or `Form.TypeForm`.
    """

    number: int
    head: Head
    declared: Declaration | None
    anomalies: tuple[PlacedAnomaly, ...]
    elements: Mapping[str, Element]

    @property
    def place(self) -> Place:
        """Return the place of the form."""
        return self.elements[FORM.path].place

    @property
    def references(self) -> tuple[Reference, ...]:
        """Return the references of the sender, which the notification repeats."""
        return self.head.references

    def locate(self, code: str, path: str) -> PlacedAnomaly:
        """Return an anomaly of the rule book with its element.

        Without an element for the path, the place is that of the nearest element around it.
        """
        element = self._element(path)
        return PlacedAnomaly(code, element.name, element.place)

    def _element(self, path: str) -> Element:
        while path:
            if path in self.elements:
                return self.elements[path]
            inside = next((found for found in self.elements if found.startswith(f"{path}.")), None)
            if inside is not None:
                return self.elements[inside]
            path = path.rpartition(".")[0]
        return self.elements[FORM.path]


def read_forms(chunks: Iterable[bytes], today: date, limits: Limits = LIMITS) -> Iterator[Form]:
    """Yield the forms of a DIMONA message.

    Args:
        chunks: The content of the file, in parts of any size.
        today: The Belgian day of reception.
        limits: The limits of the file.

    Raises:
        UnreadableFileError: The file is not readable. Forms before the mistake were yielded already.
    """
    for element in read_elements(chunks, MESSAGE, limits):
        yield _Reading(element).form(today)


def count_forms(chunks: Iterable[bytes], limits: Limits = LIMITS) -> int:
    """Return the number of forms of a DIMONA message, without reading their declarations.

    Raises:
        UnreadableFileError: The file is not readable.
    """
    last = deque(read_elements(chunks, MESSAGE, limits), maxlen=1)
    return last[0].position


@dataclass
class _Reading:
    """The reading of one form: elements by path, values of the declaration, and anomalies."""

    root: Element
    elements: dict[str, Element] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    anomalies: list[PlacedAnomaly] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)

    def form(self, today: date) -> Form:
        """Return the form with its declaration or its anomalies."""
        self.elements[FORM.path] = self.root
        self._read_block(self.root, FORM)
        head = self._head()
        found = Form(self.root.position, head, None, (), self.elements)
        self.anomalies += [found.locate(each.code, each.path) for each in check_form(head, today)]
        anomalies = tuple(self.anomalies[:_MOST_ANOMALIES])
        declared = None if anomalies else self._declaration()
        return Form(found.number, head, declared, anomalies, self.elements)

    def _head(self) -> Head:
        texts = {child.name: child.text for child in reversed(self.root.children)}
        return Head(
            identification=texts.get("Identification"),
            created_on=_stripped(texts.get("FormCreationDate")),
            created_at=_stripped(texts.get("FormCreationHour")),
            attestation_status=_stripped(texts.get("AttestationStatus")),
            type_form=texts.get("TypeForm"),
            references=tuple(self.references),
            declarations=sum(child.name in _BLOCKS for child in self.root.children),
        )

    def _declaration(self) -> Declaration:
        own = [ref.number for ref in self.references if ref.type == _OWN_REFERENCE and ref.number]
        printable = [number for number in own if _PRINTABLE.fullmatch(number)]
        values = {**self.values, "reference": printable} if printable else self.values
        return Declaration.model_validate(values)

    def _find(self, number: str, reason: str, element: Element) -> None:
        if len(self.anomalies) < _MOST_ANOMALIES:
            self.anomalies.append(PlacedAnomaly(f"{number}-{reason}", element.name, element.place))

    def _read_block(self, element: Element, block: Block) -> None:
        """Read the elements of a block, in their order."""
        if element.has_attributes or element.text.strip(_WHITE):
            self._find(block.number, UNKNOWN, element)
        reached, times = -1, 0
        for child in element.children:
            known = block.content.get(child.name)
            if known is None:
                self._find(block.number, UNKNOWN, child)
                continue
            times = times + 1 if known.rank == reached else 1
            if known.rank < reached:
                self._find(known.node.number, ORDER, child)
            elif times > known.node.most:
                self._find(known.node.number, CARDINALITY, child)
            reached = max(reached, known.rank)
            self._read_node(child, known.node)

    def _read_node(self, element: Element, node: Block | Zone) -> None:
        if node.path:
            self.elements.setdefault(node.path, element)
        if isinstance(node, Zone):
            self._read_zone(element, node)
        elif node is FORM.content["Reference"].node:
            self._read_reference(element, node)
        else:
            self._values_at(node.path)
            if node.name == "DimonaIn":
                self._values_at("dimonaIn.features")
            self._read_block(element, node)

    def _read_reference(self, element: Element, block: Block) -> None:
        path = f"Form.Reference[{len(self.references)}]"
        self.elements[path] = element
        self.elements.update({f"{path}.{child.name}": child for child in element.children})
        self._read_block(element, block)
        texts = {child.name: child.text for child in element.children}
        kind, origin = (_stripped(texts.get(name)) for name in ("ReferenceType", "ReferenceOrigin"))
        self.references.append(Reference(kind, origin, texts.get("ReferenceNbr")))

    def _read_zone(self, element: Element, zone: Zone) -> None:
        """Read a value. An empty text counts as absent; an empty date or integer is invalid."""
        if element.has_attributes or element.children:
            self._find(zone.number, UNKNOWN, element)
        elif len(element.text) > _LONGEST_TEXT:
            self._find(zone.number, LENGTH, element)
        elif zone.path:
            value = _value(element.text, zone.kind)
            if value is None:
                self._find(zone.number, _invalid(zone), element)
            elif value != "":
                parent, _, name = zone.path.rpartition(".")
                self._values_at(parent).setdefault(name, value)
        else:
            self.elements.setdefault(f"{FORM.path}.{zone.name}", element)

    def _values_at(self, path: str) -> dict[str, Any]:
        """Return the object at a path of the declaration; make it if it does not exist."""
        values = self.values
        for name in path.split("."):
            values = values.setdefault(name, {})
        return values


def _value(text: str, kind: Kind) -> str | int | None:
    """Return the value of a zone; None if the text is no integer, or is not written as a date."""
    if kind is Kind.TEXT:
        return text
    text = text.strip(_WHITE)
    if kind is Kind.INTEGER:
        return int(text) if _INTEGER.fullmatch(text) else None
    return text if kind is Kind.CODE or _DATE.fullmatch(text) else None


def _invalid(zone: Zone) -> str:
    """Return the reason for an unreadable value of a zone: 003, or the only reason of the zone."""
    codes = [code for code in ANOMALIES if code.startswith(f"{zone.number}-")]
    return INVALID if f"{zone.number}-{INVALID}" in codes else codes[0][-3:]


def _stripped(text: str | None) -> str | None:
    return None if text is None else text.strip(_WHITE)
