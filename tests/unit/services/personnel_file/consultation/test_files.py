"""Files of searches: CSV for spreadsheets, workbooks, and JSON Lines."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any
from zipfile import ZipFile

import pytest
from openpyxl import load_workbook

from services.personnel_file.consultation.channels.files import Form, writer
from shared.workbook import Workbook

ITEM = {
    "periodId": 605114838201,
    "worker": {"ssin": "01051822361", "familyName": "=SUM(A1)", "givenName": "É;é"},
    "plannedHoursNumber": 8,
    "isLate": True,
}


def written(form: Form, items: Sequence[Mapping[str, Any]]) -> bytes:
    """Return a file with the items, which are added one by one."""
    file = writer(form)
    return b"".join([file.begin(), *(file.add([each]) for each in items), file.end()])


def sheet(data: bytes) -> list[dict[str, Any]]:
    """Return the rows of a workbook by their headings, as another program reads them."""
    (found,) = load_workbook(io.BytesIO(data), read_only=True).worksheets
    heading, *rows = found.iter_rows(values_only=True)
    return [dict(zip(map(str, heading), row, strict=True)) for row in rows]


def test_csv_keeps_zeros_semicolons_and_accents() -> None:
    text = written(Form.CSV, [ITEM]).decode()
    assert text.startswith("\N{BYTE ORDER MARK}periodId;")
    (row,) = csv.DictReader(io.StringIO(text.removeprefix("\N{BYTE ORDER MARK}")), delimiter=";")
    assert (row["periodId"], row["worker.ssin"], row["worker.givenName"]) == (
        "605114838201", "01051822361", "É;é",
    )  # fmt: skip
    assert (row["isLate"], row["endDate"]) == ("true", "")


def test_a_name_is_no_formula_in_csv() -> None:
    assert b"'=SUM(A1)" in written(Form.CSV, [ITEM])


def test_json_lines_are_the_answers() -> None:
    lines = written(Form.JSON_LINES, [ITEM, {"periodId": 1}]).decode().splitlines()
    assert [json.loads(line) for line in lines] == [ITEM, {"periodId": 1}]


def test_a_workbook_has_texts_as_they_are_and_amounts_as_numbers() -> None:
    """A NISS keeps its zero, and a text that looks like a formula is none."""
    first, second = sheet(written(Form.WORKBOOK, [ITEM, {"periodId": 1}]))
    assert (first["periodId"], first["worker.ssin"]) == ("605114838201", "01051822361")
    assert (first["worker.familyName"], first["worker.givenName"]) == ("=SUM(A1)", "É;é")
    assert (first["plannedHoursNumber"], first["isLate"], first["endDate"]) == (8, "true", None)
    assert (second["periodId"], second["plannedHoursNumber"]) == ("1", None)


@pytest.mark.parametrize("text", ["<&>\"'", " spaces ", "tab\tline\nend", "\x00\x01\x1f\ufffe", "😀 Ж ß", ""])
def test_any_text_can_be_in_a_workbook(text: str) -> None:
    """Characters that XML cannot have are left out; tabs and line ends become spaces."""
    book = Workbook()
    data = b"".join([book.begin(), book.add([[text, "next"]]), book.end()])
    (row,) = load_workbook(io.BytesIO(data), read_only=True).worksheets[0].iter_rows(values_only=True)
    expected = "".join(
        " " if letter in "\t\n\r" else letter for letter in text if letter in "\t\n\r" or letter >= " "
    )
    assert ((row[0] or ""), row[1]) == (expected.replace("\ufffe", ""), "next")


def test_a_workbook_is_a_sound_archive_and_is_given_piece_by_piece() -> None:
    """No piece is kept: the beginning comes before the rows, and rows come long before the end."""
    file = writer(Form.WORKBOOK)
    begin = file.begin()
    rows = [{"periodId": n * 7919, "worker": {"ssin": str(n**5)}} for n in range(2_000)]
    pieces = [file.add(rows) for _ in range(30)]
    end = file.end()
    assert begin
    assert sum(map(len, pieces)) > 20 * len(end)
    with ZipFile(io.BytesIO(b"".join([begin, *pieces, end]))) as archive:
        assert archive.testzip() is None
        assert archive.getinfo("xl/worksheets/sheet1.xml").file_size > file.size > 1_000_000


def test_the_size_is_that_of_the_text() -> None:
    for form in (Form.CSV, Form.JSON_LINES):
        file = writer(form)
        data = file.begin() + file.add([ITEM, ITEM]) + file.end()
        assert file.size == len(data)
