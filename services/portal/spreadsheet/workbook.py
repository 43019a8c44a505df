"""Read the first sheet of a workbook (XLSX) of a stranger, in bounded memory and time.

A workbook is a ZIP archive of XML parts. openpyxl reads its cells. Before that, the archive is read once with
expat: a part with a document type, and so any entity, is refused, and so are an archive or a part that is too
large when it is unpacked, and one with too many elements. Formulas are not evaluated: their text comes back.
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
_LAST_ROW: Final = 1_048_576  #: of a sheet
_PIECE: Final = 64 * 1024
_XML: Final = (".xml", ".rels")
_MIDNIGHT: Final = time()
_FORMULA: Final = "="


class _Elements:
    """A counter of the elements of all parts of an archive."""

    def __init__(self) -> None:
        self.left = MOST_ELEMENTS

    def start(self, _name: str, _attributes: dict[str, str]) -> None:
        self.left -= 1
        if self.left < 0:
            raise FileError("bytes")


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
    elements = _Elements()
    try:
        with ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            names = {part.filename for part in parts}
            if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
                raise FileError("bytes")
            if len(names) < len(parts):
                raise FileError("unreadable")
            for part in parts:
                if part.filename.lower().endswith(_XML):
                    _read_part(archive, part, elements)
    except (BadZipFile, LargeZipFile, EOFError, NotImplementedError, RuntimeError, zlib.error, OSError):
        raise FileError("unreadable") from None  # RuntimeError: with a password
    except (expat.ExpatError, ValueError):  # ValueError: a name or an encoding that Python does not know
        raise FileError("unreadable") from None


def _read_part(archive: ZipFile, part: ZipInfo, elements: _Elements) -> None:
    """Parse a part. `zipfile` unpacks no more than the size in the directory of the archive."""
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse_document_type
    parser.StartElementHandler = elements.start
    with archive.open(part) as file:
        while piece := file.read(_PIECE):
            parser.Parse(piece, False)
    parser.Parse(b"", True)


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
    return str(value).strip() if isinstance(value, str | int | float) else _FORMULA
