"""A workbook (Office Open XML, ISO/IEC 29500) with one sheet, written row by row.

A workbook is a ZIP archive of XML parts. Python's `zipfile` can write it to a stream without position, so the
whole workbook is never in memory or in a temporary file. For CSV files this module has `without_formula`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO, Final, cast
from zipfile import ZIP_DEFLATED, ZipFile

#: Most rows of a sheet that spreadsheets can read, including the row of headings.
MOST_ROWS: Final = 1_048_576
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_KIND: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_PARTS: Final = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_KIND}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_KIND}.worksheet+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
    f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
    '<sheet name="Dimona" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
    f'Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
}
#: Characters that XML gives a meaning, and control characters, which XML 1.0 cannot have.
_ESCAPES: Final = {
    **dict.fromkeys((*range(0x20), 0xFFFE, 0xFFFF), None), 0x09: " ", 0x0A: " ", 0x0D: " ",
    ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;",
}  # fmt: skip
#: A spreadsheet reads a cell of a CSV file that begins with one of these as a formula.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def without_formula(text: str) -> str:
    """Return the text of a cell of a CSV file, after an apostrophe if it would be read as a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


class _Sink:
    """A stream that keeps written bytes until `take`. It has no position, so `zipfile` never moves back."""

    def __init__(self) -> None:
        self._written = bytearray()

    def write(self, data: bytes) -> int:
        self._written += data
        return len(data)

    def flush(self) -> None:
        """Do nothing, because written bytes wait until `take`."""

    def take(self) -> bytes:
        data = bytes(self._written)
        self._written.clear()
        return data


class Workbook:
    """A writer of one workbook. Each method returns the bytes to add to the file."""

    def __init__(self) -> None:
        self._sink = _Sink()
        self._archive = ZipFile(cast("IO[bytes]", self._sink), "w", ZIP_DEFLATED, compresslevel=1)
        self._sheet: IO[bytes]
        self.size = 0  #: bytes of the sheet before compression

    def begin(self) -> bytes:
        """Return the parts of the archive before the sheet, and the beginning of the sheet."""
        for name, xml in _PARTS.items():
            self._archive.writestr(name, _HEAD + xml)
        self._sheet = self._archive.open("xl/worksheets/sheet1.xml", "w")
        self._sheet.write(f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetData>'.encode())
        return self._sink.take()

    def add(self, rows: Sequence[Sequence[str | int | None]]) -> bytes:
        """Add rows, and return their bytes. A text never becomes a formula; None is an empty cell."""
        xml = "".join([f"<row>{''.join([_cell(value) for value in row])}</row>" for row in rows])
        self.size += self._sheet.write(xml.encode())
        return self._sink.take()

    def end(self) -> bytes:
        """Return the end of the sheet and of the archive."""
        self._sheet.write(b"</sheetData></worksheet>")
        self._sheet.close()
        self._archive.close()
        return self._sink.take()


def _cell(value: str | int | None) -> str:
    if value is None:
        return "<c/>"
    if isinstance(value, int):
        return f"<c><v>{value}</v></c>"
    return f'<c t="inlineStr"><is><t xml:space="preserve">{value.translate(_ESCAPES)}</t></is></c>'
