"""Read the first sheet of a workbook (XLSX) of a stranger, in bounded memory and time.

A workbook is a ZIP archive of XML parts. openpyxl reads its cells. Before that, the archive is read once with
expat: a part with a document type, and so any entity, is refused, and so are an archive or a part that is too
large when it is unpacked, one with too many elements, and one with a text that no cell can have. The archive
itself tells openpyxl the names of the parts, so every part is read in this way, whatever its name is.
Formulas are not evaluated: their text comes back.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from typing import Any, Final
from xml.parsers import expat
from zipfile import BadZipFile, LargeZipFile, ZipFile, ZipInfo

from openpyxl import load_workbook

from services.portal.spreadsheet.problems import FileError

MOST_PARTS: Final = 200
MOST_UNPACKED: Final = 32 * 1024 * 1024
#: XML elements of all parts. A row of twelve cells has about forty, with its texts.
MOST_ELEMENTS: Final = 600_000
#: Characters of a cell, as in Excel. Without this limit, many cells could share one text of megabytes.
MOST_TEXT: Final = 32_767
#: Characters of a cell that are kept: more than the check of a row allows, so that it refuses a cut text.
MOST_KEPT: Final = 200
_LAST_ROW: Final = 1_048_576  #: of a sheet
_PIECE: Final = 64 * 1024
#: Endings of parts that have to be XML. Another part may be an image or settings of a printer.
_XML: Final = (".xml", ".rels")
#: Elements with the text of a cell: shared and own strings with their formats, values and formulas.
_TEXTS: Final = frozenset({"si", "is", "v", "f"})
#: The errors of `zipfile` and expat for an archive that cannot be read: damaged, with a password
#: (RuntimeError), compressed in an unknown way (NotImplementedError), in an unknown encoding (LookupError).
_DAMAGED: Final = (
    BadZipFile, LargeZipFile, EOFError, OSError, zlib.error, RuntimeError, NotImplementedError,
    expat.ExpatError, LookupError, ValueError,
)  # fmt: skip
_MIDNIGHT: Final = time()
_FORMULA: Final = "="


class _Limits:
    """The limits of all parts of an archive together: their elements, and each text of a cell."""

    def __init__(self) -> None:
        self._elements_left, self._text_left = MOST_ELEMENTS, MOST_TEXT
        self._in_text = False

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        self._elements_left -= 1
        if _local(name) in _TEXTS:
            self._in_text, self._text_left = True, MOST_TEXT
        if self._elements_left < 0:
            raise FileError("bytes")

    def end(self, name: str) -> None:
        if _local(name) in _TEXTS:
            self._in_text = False

    def text(self, text: str) -> None:
        if self._in_text:
            self._text_left -= len(text)
        if self._text_left < 0:
            raise FileError("bytes")


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def lines_of(content: bytes, most_columns: int) -> Iterator[tuple[int, Sequence[str]]]:
    """Yield the number of each row of the first sheet with a value, from 1, and its cells as texts.

    Raise FileError for an archive that is too large, or that cannot be read.
    """
    _require_harmless(content)
    try:
        sheet = load_workbook(io.BytesIO(content), read_only=True, keep_links=False).worksheets[0]
        read = sheet.iter_rows(max_row=_LAST_ROW, max_col=most_columns + 1, values_only=True)
        for number, values in enumerate(read, 1):
            if values[most_columns] is not None:
                raise FileError("columns")
            if any(value is not None for value in values):
                yield number, [_text(value) for value in values]
    except FileError:
        raise
    except Exception:  # openpyxl raises errors of many types for damaged files
        raise FileError("unreadable") from None


def _require_harmless(content: bytes) -> None:
    """Read all parts once. Raise FileError for an archive that openpyxl shall not see."""
    limits = _Limits()
    try:
        with ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            names = {part.filename for part in parts}
            if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
                raise FileError("bytes")
            if len(names) < len(parts):
                raise FileError("unreadable")
            for part in parts:
                _read_part(archive, part, limits)
    except _DAMAGED:
        raise FileError("unreadable") from None


def _read_part(archive: ZipFile, part: ZipInfo, limits: _Limits) -> None:
    """Parse a part. `zipfile` unpacks no more than the size in the directory of the archive.

    A part that need not be XML is read as far as it is: the parser of openpyxl stops at the same place.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_document_type
    parser.StartElementHandler, parser.EndElementHandler = limits.start, limits.end
    parser.CharacterDataHandler = limits.text
    try:
        with archive.open(part) as file:
            while piece := file.read(_PIECE):
                parser.Parse(piece, False)
        parser.Parse(b"", True)
    except expat.ExpatError:
        if part.filename.lower().endswith(_XML):
            raise


def _refuse_document_type(*_declared: object) -> None:
    raise FileError("unreadable")


def _text(value: Any) -> str:
    """Return the value of a cell as text: a day as 2026-11-30, an hour as 08:30, 8.0 as 8.

    A value that is neither text, number, day nor hour is returned as a formula, which the check refuses.
    """
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == _MIDNIGHT else value.isoformat(" ", "minutes")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return value.isoformat("minutes")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return _cut(str(value)) if isinstance(value, str | int | float) else _FORMULA


def _cut(text: str) -> str:
    """Return a text without spaces around it; of one that is too long for a cell the first characters."""
    return text.strip() if len(text) <= MOST_KEPT else text[:MOST_KEPT]
