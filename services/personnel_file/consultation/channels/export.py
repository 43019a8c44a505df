"""Files of searches: CSV for spreadsheets, and JSON Lines."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

#: The columns of a CSV file: heading, and the path of the value in an answer.
_COLUMNS: Final = (
    "periodId", "relationId", "employer.employerId", "employer.enterpriseNumber", "worker.ssin",
    "worker.familyName", "worker.givenName", "startDate", "startHour", "endDate", "endHour",
    "plannedHoursNumber", "plannedDaysNumber", "features.workerType", "features.jointCommissionNumber",
    "features.subEntityNumber", "features.usingEmployer.enterpriseNumber", "status", "isLate", "isLocked",
)  # fmt: skip
#: A spreadsheet would take a cell that begins so for a formula.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


class Form(StrEnum):
    """Forms of a file."""

    CSV = "csv"
    JSON_LINES = "jsonl"


def heading(form: Form) -> str:
    """Return the first text of a file: for CSV the byte order mark and the headings."""
    return f"\N{BYTE ORDER MARK}{_line(_COLUMNS)}" if form is Form.CSV else ""


def lines(form: Form, items: Sequence[Mapping[str, Any]]) -> str:
    """Return periods or relations as lines of a file."""
    if form is Form.JSON_LINES:
        return "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in items)
    return "".join(_line([_cell(item, column) for column in _COLUMNS]) for item in items)


def _cell(item: Mapping[str, Any], path: str) -> str:
    value: Any = item
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    if isinstance(value, bool):
        return str(value).lower()
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _line(cells: Sequence[str]) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerow(cells)
    return text.getvalue()
