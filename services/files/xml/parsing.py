"""Read an XML file of forms in bounded memory: one small tree of elements per form.

Expat of the standard library does the parsing. It gives the line and the column of every element, stops at
the first forbidden construct before it has any effect, and never opens an address. Lxml gives no columns, and
accepts a document type. A file with a document type, an entity of its own, a processing instruction or a
namespace is refused: no official message has one (threat T11).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple
from xml.parsers import expat

#: Encodings of the official channel, as a file declares them; a file that declares none is UTF-8.
_ENCODINGS: Final = frozenset({"utf-8", "iso-8859-1", "us-ascii", "ascii"})
_WIDE: Final = (b"\xfe\xff", b"\xff\xfe", b"\x00", b"<\x00")  #: beginnings of UTF-16 and UTF-32
_SCHEMA: Final = "xsi:noNamespaceSchemaLocation"
_PIECE: Final = 16 * 1024  #: bytes given to expat at once, so that forms of one piece stay few
#: Longest construct in bytes. Expat reads an unfinished one again with each piece (CVE-2023-52425).
_LONGEST: Final = 64 * 1024

SYNTAX, NO_ROOT, WRONG_ROOT, UNKNOWN_SCHEMA = "102", "001", "089", "088"
ENCODING, NAMESPACE, UNKNOWN, SIZE, TOO_MANY, EMPTY = "138", "139", "092", "184", "172", "134"


class UnreadableFileError(Exception):
    """A file that cannot be read, with the official code for its acknowledgement.

    Attributes:
        code: The number of the root element and the reason of Annex 30, for example 90372-102.
        detail: The reason as a fixed text, without content of the file.
        line: The line of the mistake, from 1; None if the mistake has no place.
        column: The column of the mistake, from 1.
    """

    def __init__(self, code: str, detail: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail
        self.line = line
        self.column = column


class Place(NamedTuple):
    """The place of an element in a file: line and column of its start tag, from 1, and its location.

    The location has the position of the element and of each ancestor among its siblings: "1,1,8,4".
    """

    tag: str  #: the name of the element
    line: int
    column: int
    location: str


class Element:
    """An element of a form with its text, its children and its place."""

    __slots__ = ("children", "column", "has_attributes", "line", "name", "parent", "position", "text")

    def __init__(self, name: str, parent: Element | None, position: int, line: int, column: int) -> None:
        self.name = name
        self.parent = parent
        self.position = position  #: among its siblings, from 1
        self.line = line
        self.column = column
        self.text = ""
        self.has_attributes = False
        self.children: list[Element] = []

    @property
    def place(self) -> Place:
        """Return the place of the element in the file."""
        positions, element = [str(self.position)], self.parent
        while element is not None:
            positions.append(str(element.position))
            element = element.parent
        return Place(self.name, self.line, self.column, ",".join(reversed(positions)))


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of a file (decision D28 of the batch channel) and of each form in it."""

    size: int = 200_000_000  #: bytes
    forms: int = 200_000
    depth: int = 16  #: levels of elements; an official message has 7
    elements: int = 1_000  #: per form; the longest form has about 60
    text: int = 65_536  #: characters per form


@dataclass(frozen=True, slots=True)
class Message:
    """A message of the NSSO: the name and the number of its root element, and the names of its schemas."""

    root: str
    number: str
    schemas: re.Pattern[str]


LIMITS: Final = Limits()


def read_elements(chunks: Iterable[bytes], message: Message, limits: Limits = LIMITS) -> Iterator[Element]:
    """Yield the element of each form of a file.

    Args:
        chunks: The content of the file, in parts of any size.
        message: The expected message.
        limits: The limits of the file.

    Raises:
        UnreadableFileError: The file is not such a message. Forms before the mistake were yielded already.
    """
    reader = _Reader(message, limits)
    for chunk in chunks:
        for start in range(0, len(chunk), _PIECE):
            yield from reader.read(chunk[start : start + _PIECE])
    yield from reader.end()


@dataclass
class _Reader:
    """The state of one reading: the open elements, and the forms that ended in the current piece."""

    message: Message
    limits: Limits
    _size: int = 0
    _forms: int = 0
    _depth: int = 0
    _elements: int = 0  #: of the current form
    _text: int = 0  #: characters of the current form
    _root: Element | None = None
    _current: Element | None = None
    _ended: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.XmlDeclHandler = self._on_declaration
        parser.StartDoctypeDeclHandler = self._refusing("a document type is not allowed")
        parser.EntityDeclHandler = self._refusing("an entity is not allowed")
        parser.ProcessingInstructionHandler = self._refusing("a processing instruction is not allowed")
        parser.StartElementHandler = self._on_start
        parser.EndElementHandler = self._on_end
        parser.CharacterDataHandler = self._on_text
        self._parser = parser

    def read(self, piece: bytes) -> list[Element]:
        """Return the forms that end in this piece."""
        if self._size == 0 and piece.startswith(_WIDE):
            raise self._refusal(ENCODING, "the encoding is not supported")
        self._size += len(piece)
        if self._size > self.limits.size:
            raise self._refusal(SIZE, "the file is larger than the limit")
        self._parse(piece, final=False)
        if self._size - self._parser.CurrentByteIndex > _LONGEST:
            raise self._refusal(SYNTAX, "a tag or comment is longer than the limit")
        return self._taken()

    def end(self) -> list[Element]:
        """Return the rest of the forms. Raise UnreadableFileError for a file that ends too early."""
        self._parse(b"", final=True)
        if self._forms == 0:
            raise self._refusal(EMPTY, "the file contains no form")
        return self._taken()

    def _taken(self) -> list[Element]:
        ended, self._ended = self._ended, []
        return ended

    def _parse(self, piece: bytes, *, final: bool) -> None:
        try:
            self._parser.Parse(piece, final)
        except expat.ExpatError as error:
            if self._root is None and error.code == expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS]:
                raise self._refusal(NO_ROOT, "the file contains no root element") from None
            raise self._refusal(SYNTAX, expat.ErrorString(error.code)) from None

    def _refusal(self, reason: str, detail: str) -> UnreadableFileError:
        code = f"{self.message.number}-{reason}"
        line, column = self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber + 1
        return UnreadableFileError(code, detail, line, column)

    def _on_declaration(self, _version: str, encoding: str | None, _standalone: int) -> None:
        if encoding is not None and encoding.lower() not in _ENCODINGS:
            raise self._refusal(ENCODING, "the encoding is not supported")

    def _refusing(self, detail: str) -> Callable[..., None]:
        """Return a handler that refuses a file with a construct that no official message has."""

        def refuse(*_construct: object) -> None:
            raise self._refusal(SYNTAX, detail)

        return refuse

    def _on_start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._depth += 1
        if self._depth == 1:
            self._root = self._current = self._root_of(name, attributes)
            return
        if ":" in name or "xmlns" in attributes:
            raise self._refusal(NAMESPACE, "no element may be in a namespace")
        if self._depth == 2:
            self._begin_form(name)
        self._elements += 1
        if self._depth > self.limits.depth or self._elements > self.limits.elements:
            raise self._refusal(SYNTAX, "a form has too many elements or levels")
        parent, position = self._current, 1
        if parent is not None:
            position = self._forms if parent is self._root else len(parent.children) + 1
        element = Element(
            name, parent, position, self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber + 1
        )
        element.has_attributes = bool(attributes)
        if parent is not None and parent is not self._root:
            parent.children.append(element)
        self._current = element

    def _begin_form(self, name: str) -> None:
        self._elements = self._text = 0
        self._forms += 1
        if name != "Form":
            raise self._refusal(UNKNOWN, "the root element contains another element than Form")
        if self._forms > self.limits.forms:
            raise self._refusal(TOO_MANY, "the file has more forms than the limit")

    def _root_of(self, name: str, attributes: Mapping[str, str]) -> Element:
        if name != self.message.root:
            raise self._refusal(WRONG_ROOT, "the root element is not that of this message")
        if "xmlns" in attributes:
            raise self._refusal(NAMESPACE, "no element may be in a namespace")
        schema = attributes.get(_SCHEMA)
        if schema is not None and self.message.schemas.fullmatch(schema) is None:
            raise self._refusal(UNKNOWN_SCHEMA, "the schema is not known")
        return Element(name, None, 1, self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber + 1)

    def _on_end(self, _name: str) -> None:
        self._depth -= 1
        ended, self._current = self._current, self._current.parent if self._current is not None else None
        if self._depth == 1 and ended is not None:
            self._ended.append(ended)

    def _on_text(self, text: str) -> None:
        if self._current is None or self._current is self._root:
            return
        self._text += len(text)
        if self._text > self.limits.text:
            raise self._refusal(SYNTAX, "a form has more text than the limit")
        self._current.text += text
