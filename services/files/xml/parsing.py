"""Read an XML file of forms in bounded memory: one small tree of elements per form.

Expat of the standard library does the parsing. It gives the line and the column of every element, stops at
the first forbidden construct before it has any effect, and never opens an address. Lxml gives no columns, and
accepts a document type. A file with a document type, an entity of its own, a processing instruction or a
namespace is refused: no official message has one (threat T11).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple
from xml.parsers import expat

#: Encodings of the official channel, as a file declares them; a file that declares none is UTF-8.
_ENCODINGS: Final = frozenset({"utf-8", "iso-8859-1", "us-ascii", "ascii"})
_WIDE: Final = (b"\xfe\xff", b"\xff\xfe", b"\x00", b"<\x00")  #: beginnings of UTF-16 and UTF-32
_SCHEMA: Final = "xsi:noNamespaceSchemaLocation"
_NO_ELEMENTS: Final = expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS]
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
    """An element of a form with its place, its text and its children."""

    __slots__ = ("children", "has_attributes", "place", "text")

    def __init__(self, place: Place, has_attributes: bool) -> None:
        self.place = place
        self.has_attributes = has_attributes
        self.text = ""
        self.children: list[Element] = []

    @property
    def name(self) -> str:
        """Return the name of the element."""
        return self.place.tag


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
    for piece in _pieces(chunks):
        reader.read(piece)
        yield from reader.take()
    reader.end()
    yield from reader.take()


def count_elements(chunks: Iterable[bytes], message: Message, limits: Limits = LIMITS) -> int:
    """Return the number of forms of a file. This is faster than `read_elements`, and refuses equal files."""
    guard = _Guard(message, limits)
    for piece in _pieces(chunks):
        guard.read(piece)
    guard.end()
    return guard.forms


def _pieces(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the content in pieces of similar size; many tiny ones would cost much time."""
    piece = bytearray()
    for chunk in chunks:
        for start in range(0, len(chunk), _PIECE):
            piece += chunk[start : start + _PIECE]
            if len(piece) >= _PIECE:
                yield bytes(piece)
                piece.clear()
    yield bytes(piece)


class _Guard:
    """A parser that counts the forms, and refuses constructs that occur in no message."""

    def __init__(self, message: Message, limits: Limits) -> None:
        self._message = message
        self._limits = limits
        self._size = 0
        self._depth = 0
        self._elements = 0  # of the current form
        self._text = 0  # characters of the current form
        self._has_root = False
        self.forms = 0
        parser = self._parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.XmlDeclHandler = self._on_declaration
        parser.StartDoctypeDeclHandler = self._refusing("a document type is not allowed")
        parser.EntityDeclHandler = self._refusing("an entity is not allowed")
        parser.ProcessingInstructionHandler = self._refusing("a processing instruction is not allowed")
        parser.StartElementHandler = self._on_start
        parser.EndElementHandler = self._on_end
        parser.CharacterDataHandler = self._on_text

    def read(self, piece: bytes) -> None:
        """Read the next part of the file. Raise UnreadableFileError if it is not allowed."""
        if self._size == 0 and piece.startswith(_WIDE):
            raise self._refusal(ENCODING, "the encoding is not supported")
        self._size += len(piece)
        if self._size > self._limits.size:
            raise self._refusal(SIZE, "the file is larger than the limit")
        self._parse(piece, final=False)
        if self._size - self._parser.CurrentByteIndex > _LONGEST:
            raise self._refusal(SYNTAX, "a tag or comment is longer than the limit")

    def end(self) -> None:
        """Read the end of the file. Raise UnreadableFileError if it comes too early."""
        self._parse(b"", final=True)
        if self.forms == 0:
            raise self._refusal(EMPTY, "the file contains no form")

    def _parse(self, piece: bytes, *, final: bool) -> None:
        try:
            self._parser.Parse(piece, final)
        except expat.ExpatError as error:
            if not self._has_root and error.code == _NO_ELEMENTS:
                raise self._refusal(NO_ROOT, "the file contains no root element") from None
            raise self._refusal(SYNTAX, expat.ErrorString(error.code)) from None

    def _refusal(self, reason: str, detail: str) -> UnreadableFileError:
        code = f"{self._message.number}-{reason}"
        line, column = self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber + 1
        return UnreadableFileError(code, detail, line, column)

    def _refusing(self, detail: str) -> Callable[..., None]:
        """Return a handler that refuses a file with a construct that no official message has."""

        def refuse(*_construct: object) -> None:
            raise self._refusal(SYNTAX, detail)

        return refuse

    def _on_declaration(self, _version: str, encoding: str | None, _standalone: int) -> None:
        if encoding is not None and encoding.lower() not in _ENCODINGS:
            raise self._refusal(ENCODING, "the encoding is not supported")

    def _on_start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._depth += 1
        if self._depth == 1:
            self._check_root(name, attributes)
            return
        if ":" in name or (attributes and "xmlns" in attributes):
            raise self._refusal(NAMESPACE, "no element may be in a namespace")
        if self._depth == 2:
            self._check_form(name)
        self._elements += 1
        if self._depth > self._limits.depth or self._elements > self._limits.elements:
            raise self._refusal(SYNTAX, "a form has too many elements or levels")

    def _check_root(self, name: str, attributes: Mapping[str, str]) -> None:
        if name != self._message.root:
            raise self._refusal(WRONG_ROOT, "the root element is not that of this message")
        if "xmlns" in attributes:
            raise self._refusal(NAMESPACE, "no element may be in a namespace")
        schema = attributes.get(_SCHEMA)
        if schema is not None and self._message.schemas.fullmatch(schema.rpartition("/")[2]) is None:
            raise self._refusal(UNKNOWN_SCHEMA, "the schema is not known")
        self._has_root = True

    def _check_form(self, name: str) -> None:
        self._elements = self._text = 0
        self.forms += 1
        if name != "Form":
            raise self._refusal(UNKNOWN, "the root element contains another element than Form")
        if self.forms > self._limits.forms:
            raise self._refusal(TOO_MANY, "the file has more forms than the limit")

    def _on_end(self, _name: str) -> None:
        self._depth -= 1

    def _on_text(self, text: str) -> None:
        if self._depth == 1:
            if not text.isspace():
                raise self._refusal(UNKNOWN, "the root element contains text")
            return
        self._text += len(text)
        if self._text > self._limits.text:
            raise self._refusal(SYNTAX, "a form has more text than the limit")


class _Reader(_Guard):
    """A guarded parser that builds a tree of elements for each form."""

    def __init__(self, message: Message, limits: Limits) -> None:
        super().__init__(message, limits)
        self._open: list[Element] = []  # the elements of the current form that have not ended
        self._ended: list[Element] = []  # forms of the current piece

    def take(self) -> list[Element]:
        """Return the forms that ended since the last call."""
        ended, self._ended = self._ended, []
        return ended

    def _on_start(self, name: str, attributes: Mapping[str, str]) -> None:
        super()._on_start(name, attributes)
        if self._depth == 1:
            return
        line, column = self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber + 1
        if self._open:
            parent = self._open[-1]
            location = f"{parent.place.location},{len(parent.children) + 1}"
            element = Element(Place(name, line, column, location), bool(attributes))
            parent.children.append(element)
        else:
            element = Element(Place(name, line, column, f"1,{self.forms}"), bool(attributes))
        self._open.append(element)

    def _on_end(self, _name: str) -> None:
        self._depth -= 1
        if self._open:
            element = self._open.pop()
            if not self._open:
                self._ended.append(element)

    def _on_text(self, text: str) -> None:
        super()._on_text(text)
        if self._open:
            self._open[-1].text += text
