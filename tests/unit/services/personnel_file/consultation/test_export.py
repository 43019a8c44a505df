"""Files of searches: CSV for spreadsheets, and JSON Lines."""

from __future__ import annotations

import csv
import io

from services.personnel_file.consultation.channels.export import Form, heading, lines

ITEM = {
    "periodId": 605114838201,
    "worker": {"ssin": "01051822361", "familyName": "=SUM(A1)", "givenName": "É;é"},
    "isLate": True,
}


def test_csv_keeps_zeros_semicolons_and_accents() -> None:
    text = heading(Form.CSV) + lines(Form.CSV, [ITEM])
    assert text.startswith("\N{BYTE ORDER MARK}periodId;")
    (row,) = csv.DictReader(io.StringIO(text.removeprefix("\N{BYTE ORDER MARK}")), delimiter=";")
    assert (row["periodId"], row["worker.ssin"], row["worker.givenName"]) == (
        "605114838201", "01051822361", "É;é",
    )  # fmt: skip
    assert (row["isLate"], row["endDate"]) == ("true", "")


def test_a_name_is_no_formula() -> None:
    assert "'=SUM(A1)" in lines(Form.CSV, [ITEM])


def test_json_lines_are_the_answers() -> None:
    assert heading(Form.JSON_LINES) == ""
    assert lines(Form.JSON_LINES, [ITEM, ITEM]).splitlines() == [lines(Form.JSON_LINES, [ITEM]).strip()] * 2
