"""Compare a form with the structure of its message: its values and places, and the anomalies of structure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from services.files.xml.parsing import Element, Place
from services.files.xml.rules import Head, Reference
from services.files.xml.structure import REFERENCE, Block, Kind, Zone
from shared.domain.anomalies import ANOMALIES

_LONGEST_TEXT: Final = 1_000  #: characters of a value; the rule book judges the official lengths
_MOST_ANOMALIES: Final = 50  #: per form
_WHITE: Final = " \t\r\n"  #: white space of XML
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,18}")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
#: Reasons of Annex 30 for anomalies of structure.
INVALID, FORBIDDEN, CARDINALITY, ORDER, UNKNOWN, LENGTH = "003", "005", "090", "091", "092", "093"


@dataclass(frozen=True, slots=True)
class PlacedAnomaly:
    """An anomaly with the place of its element.

    It does not contain the value (decision D27): the place leads the sender to it.
    """

    code: str
    place: Place


@dataclass
class Content:
    """The content of a form: values by their names in REST v2, places by path, references and anomalies."""

    root: Element
    form: Block
    values: dict[str, Any] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    references: list[Reference] = field(default_factory=list)
    anomalies: list[PlacedAnomaly] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.places[self.form.path] = self.root.place
        self._read_block(self.root, self.form)

    def head(self, content: frozenset[str]) -> Head:
        """Return the header of the form. `content` has the names of its blocks with a declaration."""
        texts = {child.name: child.text for child in reversed(self.root.children)}
        return Head(
            identification=texts.get("Identification"),
            created_on=_stripped(texts.get("FormCreationDate")),
            created_at=_stripped(texts.get("FormCreationHour")),
            attestation_status=_stripped(texts.get("AttestationStatus")),
            type_form=texts.get("TypeForm"),
            references=tuple(self.references),
            declarations=sum(child.name in content for child in self.root.children),
        )

    def find_in_head(self, code: str, path: str) -> None:
        """Add an anomaly of the header. `path` is that of its element: Form.Reference[0].ReferenceNbr."""
        element = self.root
        for part in path.split(".")[1:]:
            name, _, index = part.partition("[")
            nth = int(index.rstrip("]") or 0)
            inside = [child for child in element.children if child.name == name][nth : nth + 1]
            element = inside[0] if inside else element
        number, _, reason = code.partition("-")
        self.find(number, reason, element.place)

    def find(self, number: str, reason: str, place: Place) -> None:
        """Add an anomaly, unless the form has very many already."""
        if len(self.anomalies) < _MOST_ANOMALIES:
            self.anomalies.append(PlacedAnomaly(f"{number}-{reason}", place))

    def _read_block(self, element: Element, block: Block) -> None:
        """Read the elements of a block, in their order."""
        if element.has_attributes or element.text.strip(_WHITE):
            self.find(block.number, UNKNOWN, element.place)
        reached, times = -1, 0
        for child in element.children:
            known = block.content.get(child.name)
            if known is None:
                self.find(block.number, UNKNOWN, child.place)
                continue
            times = times + 1 if known.rank == reached else 1
            if known.node.most == 0:
                self.find(known.node.number, FORBIDDEN, child.place)
            elif known.rank < reached:
                self.find(known.node.number, ORDER, child.place)
            elif times > known.node.most:
                self.find(known.node.number, CARDINALITY, child.place)
            reached = max(reached, known.rank)
            self._read_node(child, known.node)

    def _read_node(self, element: Element, node: Block | Zone) -> None:
        if node.path:
            self.places.setdefault(node.path, element.place)
        if isinstance(node, Zone):
            self._read_zone(element, node)
        elif node.name == REFERENCE:
            self._read_reference(element, node)
        else:
            self._values_at(_names(node.path))
            self._read_block(element, node)

    def _read_reference(self, element: Element, block: Block) -> None:
        self._read_block(element, block)
        texts = {child.name: child.text for child in element.children}
        type_, origin = (_stripped(texts.get(name)) for name in ("ReferenceType", "ReferenceOrigin"))
        self.references.append(Reference(type_, origin, texts.get("ReferenceNbr")))

    def _read_zone(self, element: Element, zone: Zone) -> None:
        """Read a value. An empty text counts as absent; an empty date or integer is invalid."""
        if element.has_attributes or element.children:
            self.find(zone.number, UNKNOWN, element.place)
        elif len(element.text) > _LONGEST_TEXT:
            self.find(zone.number, LENGTH, element.place)
        elif zone.path:
            value = _value(element.text, zone.kind)
            if value is None:
                self.find(zone.number, _invalid(zone), element.place)
            elif value != "":
                *parents, name = _names(zone.path)
                self._values_at(parents).setdefault(name, value)

    def _values_at(self, names: Sequence[str]) -> dict[str, Any]:
        """Return the object at a path of the values; make it if it does not exist."""
        values = self.values
        for name in names:
            values = values.setdefault(name, {})
        return values


def nearest_place(places: Mapping[str, Place], path: str, form: str) -> Place:
    """Return the place of a path; without an element there, that of the nearest element around it."""
    while path:
        if path in places:
            return places[path]
        inside = next((found for found in places if found.startswith(f"{path}.")), None)
        if inside is not None:
            return places[inside]
        path = path.rpartition(".")[0]
    return places[form]


@cache
def _names(path: str) -> tuple[str, ...]:
    return tuple(path.split("."))


def _value(text: str, kind: Kind) -> str | int | None:
    """Return the value of a zone; None if the text is no integer, or is not written as a date."""
    if kind is Kind.TEXT:
        return text
    text = text.strip(_WHITE)
    if kind is Kind.INTEGER:
        return int(text) if _INTEGER.fullmatch(text) else None
    return text if kind is Kind.CODE or _DATE.fullmatch(text) else None


def _invalid(zone: Zone) -> str:
    """Return the reason for an unreadable value of a zone: 003, or the only reason that the zone has."""
    reasons = [code[-3:] for code in ANOMALIES if code.startswith(f"{zone.number}-")]
    return reasons[0] if reasons and INVALID not in reasons else INVALID


def _stripped(text: str | None) -> str | None:
    return None if text is None else text.strip(_WHITE)
