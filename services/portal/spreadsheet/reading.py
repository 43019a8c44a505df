"""The bytes of a spreadsheet become rows of texts: CSV in the usual encodings and separators, and XLSX."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final

from services.portal.spreadsheet.problems import FileError
from services.portal.spreadsheet.rules import BY_HEADING, KIND, MOST_ROWS
from services.portal.spreadsheet.workbook import lines_of

#: Columns of a file, with those that are not ours.
MOST_COLUMNS: Final = 40
_WORKBOOK: Final = b"PK\x03\x04"
_BYTE_ORDER_MARKS: Final = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
#: Control characters that text never has: a file with them is of another type, such as XLS or PDF.
_BINARY: Final = frozenset(map(chr, {*range(0x20)} - {0x09, 0x0A, 0x0D}))
_SEPARATORS: Final = ";\t,"
#: An explanation is a row with this at the begin of its first cell.
COMMENT: Final = "#"

Line = tuple[int, Sequence[str]]  #: number of a row in the file, from 1, and its cells


def rows_of(content: bytes) -> list[tuple[int, Mapping[str, str]]]:
    """Return the rows of a file: the number of each in the file, and its cells by name of the field.

    The first row has the headings, in any order. Empty rows and explanations are left out. Raise FileError.
    """
    lines = lines_of(content, MOST_COLUMNS) if content.startswith(_WORKBOOK) else _lines_of_text(content)
    return _rows(iter(lines))


def _rows(lines: Iterator[Line]) -> list[tuple[int, Mapping[str, str]]]:
    first = next((cells for _, cells in lines if any(cells)), None)
    if first is None:
        raise FileError("empty")
    names = _names(first)
    found: list[tuple[int, Mapping[str, str]]] = [
        (number, dict(zip(names, cells, strict=False)))
        for number, cells in islice(_with_data(lines), MOST_ROWS + 1)
    ]
    if len(found) > MOST_ROWS:
        raise FileError("rows")
    if not found:
        raise FileError("empty")
    return found


def _with_data(lines: Iterable[Line]) -> Iterator[Line]:
    return ((number, cells) for number, cells in lines if any(cells) and not cells[0].startswith(COMMENT))


def _names(headings: Sequence[str]) -> list[str]:
    """Return the name of the field of each column. Raise FileError for an unknown or repeated heading."""
    given = list(headings)
    while given and not given[-1]:
        given.pop()
    columns = [BY_HEADING.get(heading.lower()) for heading in given]
    names = [column.field for column in columns if column is not None]
    if len(names) < len(given) or len(set(names)) < len(names) or KIND not in names:
        raise FileError("headings")
    return names


def _lines_of_text(content: bytes) -> Iterator[Line]:
    text = _decoded(content)
    if not _BINARY.isdisjoint(text):
        raise FileError("type")
    heading = text.partition("\n")[0]
    separator = max(_SEPARATORS, key=heading.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        for number, cells in enumerate(reader, 1):
            if len(cells) > MOST_COLUMNS:
                raise FileError("columns")
            yield number, [cell.strip() for cell in cells]
    except csv.Error:
        raise FileError("unreadable") from None


def _decoded(content: bytes) -> str:
    """Return the text of a file: by its byte order mark, else UTF-8, else Windows-1252."""
    for mark, encoding in _BYTE_ORDER_MARKS.items():
        if content.startswith(mark):
            try:
                return content.decode(encoding)
            except UnicodeDecodeError:
                raise FileError("unreadable") from None
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")
