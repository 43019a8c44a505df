"""Spreadsheets of people are read in their usual forms, and those of attackers are refused."""

from __future__ import annotations

import csv
import io
import warnings
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from openpyxl import load_workbook

from services.portal.rendering import speak
from services.portal.spreadsheet.problems import PROBLEMS, FileError
from services.portal.spreadsheet.reading import MOST_COLUMNS, rows_of
from services.portal.spreadsheet.rules import COLUMNS, MOST_ROWS, Row, check
from services.portal.spreadsheet.store import Outcome
from services.portal.spreadsheet.workbook import (
    MOST_ELEMENTS,
    MOST_KEPT,
    MOST_PARTS,
    MOST_TEXT,
    MOST_UNPACKED,
)
from services.portal.spreadsheet.writing import MEDIA_TYPES, Line, results, template
from shared.words import LANGUAGES
from tests.workbooks import part_of, with_parts, workbook

SHEET = "xl/worksheets/sheet1.xml"
HEADINGS = ["kind", "ssin", "reference"]
LINES = [HEADINGS, ["IN", "93051822361", "é1"], ["OUT", "", ""]]
READ = [
    (2, {"kind": "IN", "ssin": "93051822361", "reference": "é1"}),
    (3, {"kind": "OUT", "ssin": "", "reference": ""}),
]


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Let openpyxl warn about workbooks without styles, as it does for many programs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def text(separator: str, lines: list[list[str]] = LINES) -> str:
    return "".join(f"{separator.join(line)}\r\n" for line in lines)


def refused(content: bytes) -> str:
    with pytest.raises(FileError) as caught:
        rows_of(content)
    assert caught.value.problem in PROBLEMS
    return caught.value.problem


@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_text_is_read_in_the_usual_encodings_and_separators(separator: str, encoding: str) -> None:
    assert rows_of(text(separator).encode(encoding)) == READ


def test_text_in_quotes_may_have_separators_and_breaks_of_lines() -> None:
    content = 'kind;reference\nIN;"a;b"\n"OUT";"c\nd"\n'
    assert rows_of(content.encode()) == [
        (2, {"kind": "IN", "reference": "a;b"}), (3, {"kind": "OUT", "reference": "c\nd"}),
    ]  # fmt: skip


def test_headings_have_any_order_and_case_and_explanations_are_not_read() -> None:
    content = "\nREFERENCE;Kind;\n# explained;;\n;;\nx;IN;\n"
    assert rows_of(content.encode()) == [(5, {"reference": "x", "kind": "IN"})]


def test_a_workbook_has_typed_values() -> None:
    headings = ["kind", "startDate", "startHour", "plannedHours", "ssin"]
    row: list[Any] = ["IN", date(2026, 12, 1), time(8, 30), 8, 93051822361]
    content = workbook([headings, row, ["IN", datetime(2026, 12, 1, 8, 30), None, 8.5, "x"]])  # noqa: DTZ001
    assert rows_of(content) == [
        (2, {"kind": "IN", "start_date": "2026-12-01", "start_hour": "08:30", "planned_hours": "8",
             "ssin": "93051822361"}),
        (3, {"kind": "IN", "start_date": "2026-12-01 08:30", "start_hour": "", "planned_hours": "8.5",
             "ssin": "x"}),
    ]  # fmt: skip


def test_a_formula_is_not_evaluated() -> None:
    """The text of the formula is read, and the check of the row refuses it."""
    assert rows_of(workbook([["kind", "ssin"], ["IN", "=1+1"]])) == [(2, {"kind": "IN", "ssin": "=1+1"})]


def test_a_row_after_a_gap_is_read() -> None:
    content = with_parts(
        workbook([["kind"]]),
        {SHEET: part_of(workbook([["kind"], ["IN"]]), SHEET).replace(b'r="2"', b'r="9000"').replace(
            b'r="A2"', b'r="A9000"')},
    )  # fmt: skip
    assert rows_of(content) == [(9000, {"kind": "IN"})]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "empty"),
        (b"kind;ssin\r\n", "empty"),
        (b"name;first\r\na;b\r\n", "headings"),
        (b"kind;kind\r\nIN;IN\r\n", "headings"),
        (b"ssin\r\n1\r\n", "headings"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), "type"),
        (b"%PDF-1.7\x00", "type"),
        (b'kind\r\n"IN', "unreadable"),
        (b"\xff\xfea", "unreadable"),
        (b"PK\x03\x04 broken", "unreadable"),
        (b"kind\r\n" + b"IN\r\n" * (MOST_ROWS + 1), "rows"),
        (b"kind\r\nIN" + b";" * MOST_COLUMNS, "columns"),
    ],
)
def test_a_file_that_is_no_table_of_declarations_is_refused(content: bytes, problem: str) -> None:
    assert refused(content) == problem


def test_the_greatest_number_of_rows_is_read() -> None:
    assert len(rows_of(b"kind\r\n" + b"IN\r\n" * MOST_ROWS)) == MOST_ROWS
    assert refused(workbook([["kind"], *[["IN"]] * (MOST_ROWS + 1)])) == "rows"
    assert refused(workbook([["kind"], ["IN"] * (MOST_COLUMNS + 1)])) == "columns"


def _declared(declaration: bytes) -> bytes:
    sheet = part_of(workbook(LINES), SHEET)
    return with_parts(workbook(LINES), {SHEET: declaration + sheet[sheet.index(b"<worksheet") :]})


ENTITY = b'<!DOCTYPE worksheet [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
LAUGHS = b'<!DOCTYPE worksheet [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize("declaration", [ENTITY, LAUGHS, b"<!DOCTYPE worksheet>"])
def test_a_workbook_with_a_document_type_is_refused(declaration: bytes) -> None:
    """No entity is read, of this file or of another one; also in an encoding that hides it."""
    assert rows_of(_declared(b"")) == READ, "without a document type it is read"
    assert refused(_declared(declaration)) == "unreadable"
    hidden = (declaration + b"<worksheet/>").decode().encode("utf-16")
    assert refused(with_parts(workbook(LINES), {"xl/other.xml": hidden})) == "unreadable"


def test_a_workbook_that_is_large_when_it_is_unpacked_is_refused() -> None:
    bomb = with_parts(workbook(LINES), {"xl/media/image1.png": bytes(MOST_UNPACKED)})
    assert len(bomb) < 100_000
    assert refused(bomb) == "bytes"


def test_a_workbook_that_lies_about_its_size_is_refused() -> None:
    """The archive unpacks no more than its directory says."""
    bomb = with_parts(workbook(LINES), {"xl/other.xml": b"<a>" + b" " * 1_000_000 + b"</a>"})
    size = (1_000_007).to_bytes(4, "little")
    assert bomb.count(size) == 2, "in the directory, and before the part"
    assert refused(bomb.replace(size, (100).to_bytes(4, "little"))) == "unreadable"


def test_a_workbook_with_very_many_elements_or_parts_is_refused() -> None:
    many = b"<a>" + b"<b/>" * MOST_ELEMENTS + b"</a>"
    assert refused(with_parts(workbook(LINES), {"xl/styles.xml": many})) == "bytes"
    parts = {f"xl/{number}.bin": b"" for number in range(MOST_PARTS)}
    assert refused(with_parts(workbook(LINES), parts)) == "bytes"


def _strings(texts: str, prefix: str = "") -> bytes:
    """Return a table of shared strings with one string, in the runs that are given."""
    space = f"xmlns{prefix and ':' + prefix}"
    of = f"{prefix}:" if prefix else ""
    return (
        f'<{of}sst {space}="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f"<{of}si>{texts}</{of}si></{of}sst>"
    ).encode()


STRINGS = "xl/sharedStrings.xml"
SHARED = (
    b'<Override PartName="/xl/sst.bin" '
    b'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/>'
)
SHEET_WITH_SHARED = (
    b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    b'<row><c t="s"><v>0</v></c></row><row><c t="inlineStr"><is><t>IN</t></is></c></row>'
    b"</sheetData></worksheet>"
)
HALF = "x" * (MOST_TEXT // 2 + 1)


@pytest.mark.parametrize(
    "strings",
    [
        _strings(f"<t>{HALF}{HALF}</t>"),
        _strings(f"<r><t>{HALF}</t></r>" * 2),
        _strings(f"<s:t>{HALF}\n{HALF}</s:t>", "s"),
    ],
)
def test_a_workbook_with_a_text_that_no_cell_has_is_refused(strings: bytes) -> None:
    """Otherwise very many cells could share one text of megabytes."""
    assert refused(with_parts(workbook(LINES), {STRINGS: strings})) == "bytes"


def test_the_text_of_a_cell_itself_has_the_same_limit() -> None:
    sheet = part_of(workbook(LINES), SHEET)
    own = f'<c r="D2" t="inlineStr"><is><t>{HALF}{HALF}</t></is></c></row>'.encode()
    assert refused(with_parts(workbook(LINES), {SHEET: sheet.replace(b"</row>", own, 1)})) == "bytes"


def test_a_long_text_is_cut_before_it_is_kept() -> None:
    """The check still finds it too long, also if it is cut within its spaces."""
    for text in ("x" * MOST_TEXT, " " * MOST_TEXT):
        content = workbook([HEADINGS, ["IN", "1", text], ["IN", "2", text]])
        kept = [cells["reference"] for _, cells in rows_of(content)]
        assert kept == [text[:MOST_KEPT]] * 2
        assert [row.mistakes for row in check(rows_of(content), datetime.now(UTC))] == [
            {"reference": "long"}
        ] * 2


def test_a_part_of_any_name_is_read_before_openpyxl_follows_it() -> None:
    """The archive says which part has the strings; images and settings of printers are no XML."""
    types = part_of(workbook(LINES), "[Content_Types].xml").replace(b"</Types>", SHARED + b"</Types>")
    strings = _strings("<t>kind</t>")
    parts = {"[Content_Types].xml": types, "xl/sst.bin": strings, SHEET: SHEET_WITH_SHARED}
    moved = with_parts(workbook(LINES), parts)
    assert rows_of(moved) == [(2, {"kind": "IN"})], "openpyxl follows the name"
    for part, problem in ((LAUGHS + strings, "unreadable"), (_strings(f"<t>{HALF}{HALF}</t>"), "bytes")):
        assert refused(with_parts(moved, {"xl/sst.bin": part})) == problem
        assert refused(with_parts(moved, {"xl/sst.bin": part + b"<"})) == problem, "no XML at its end"
    image = {"xl/media/image1.png": b"\x89PNG\r\n\x1a\n", "xl/printer.bin": "printer".encode("utf-16-le")}
    assert rows_of(with_parts(moved, image)) == [(2, {"kind": "IN"})]


def test_a_workbook_in_an_encoding_that_python_does_not_know_is_refused() -> None:
    unknown = b'<?xml version="1.0" encoding="none"?><a/>'
    assert refused(with_parts(workbook(LINES), {"xl/other.xml": unknown})) == "unreadable"


def test_a_workbook_with_a_part_twice_is_refused() -> None:
    stored = io.BytesIO(workbook(LINES))
    with ZipFile(stored, "a", ZIP_DEFLATED) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        archive.writestr(SHEET, b"<worksheet/>")
    assert refused(stored.getvalue()) == "unreadable"


def test_an_archive_without_a_workbook_is_refused() -> None:
    stored = io.BytesIO()
    with ZipFile(stored, "w") as archive:
        archive.writestr("a.txt", "x")
    assert refused(stored.getvalue()) == "unreadable"


@pytest.mark.parametrize("form", MEDIA_TYPES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_template_has_every_column_and_is_read_as_empty(form: str, language: str) -> None:
    content = template(form, speak(language))
    assert refused(content) == "empty"
    rows = _cells(form, content)
    assert rows[0] == [column.heading for column in COLUMNS]
    assert rows[1][1:] == [speak(language)(column.text) for column in COLUMNS[1:]]


def _cells(form: str, content: bytes) -> list[list[str]]:
    if form == "csv":
        return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))
    sheet = load_workbook(io.BytesIO(content)).active
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row), "no formula"
    return [
        ["" if value is None else str(value) for value in row] for row in sheet.iter_rows(values_only=True)
    ]


RESULTS = [
    Line(Row(2, {"kind": "IN", "reference": "=1+1"}, {"reference": "formula"})),
    Line(Row(3, {"kind": "IN", "reference": "@x"}), Outcome(605114838201), {"result": "W", "codes": "1 2"}),
    Line(Row(4, {"kind": "IN", "reference": "-x"}), Outcome(605114838201)),
    Line(Row(5, {"kind": "IN", "reference": "+x"}), Outcome(problem="tooManyRequests")),
    Line(Row(6, {"kind": "IN", "reference": "x"})),
]  # fmt: skip


@pytest.mark.parametrize("form", MEDIA_TYPES)
def test_a_result_has_every_row_and_no_formula(form: str) -> None:
    """A cell that begins like a formula has an apostrophe before it in CSV, and is a text in a workbook."""
    rows = _cells(form, results(form, RESULTS, speak("en")))
    assert rows[0] == [
        "row",
        *(column.heading for column in COLUMNS),
        "declarationId",
        "result",
        "codes",
        "text",
    ]
    assert [row[0] for row in rows[1:]] == ["2", "3", "4", "5", "6"]
    mark = "'" if form == "csv" else ""
    assert [row[len(COLUMNS)] for row in rows[1:]] == [
        f"{mark}=1+1",
        f"{mark}@x",
        f"{mark}-x",
        f"{mark}+x",
        "x",
    ]
    assert [row[-4:] for row in rows[1:]] == [
        ["", "", "", "reference: Write the value instead of a formula."],
        ["605114838201", "W", "1 2", ""],
        ["605114838201", "", "", ""],
        ["", "", "", "Refused: too many new workers today. Send this row in another file tomorrow."],
        ["", "", "", "Not sent yet."],
    ]
