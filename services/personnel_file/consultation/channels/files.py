"""Files with the rows of a search, written row by row: CSV for spreadsheets, XLSX, and JSON Lines."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final, Protocol

from shared.workbook import Workbook, without_formula

#: The columns of a table. The heading is also the path of the value in the object of an answer.
_COLUMNS: Final = (
    "periodId", "relationId", "employer.employerId", "employer.enterpriseNumber", "worker.ssin",
    "worker.familyName", "worker.givenName", "startDate", "startHour", "endDate", "endHour",
    "plannedHoursNumber", "plannedDaysNumber", "features.workerType", "features.jointCommissionNumber",
    "features.subEntityNumber", "features.usingEmployer.enterpriseNumber", "status", "isLate", "isLocked",
)  # fmt: skip
_PATHS: Final = tuple(tuple(column.split(".")) for column in _COLUMNS)
#: Columns with numbers in a workbook. All other columns have texts, because an identifier may begin with 0.
_AMOUNTS: Final = ("plannedHoursNumber", "plannedDaysNumber")


class Form(StrEnum):
    """The formats of a file with the rows of a search."""

    CSV = "csv"
    JSON_LINES = "jsonl"
    WORKBOOK = "xlsx"


MEDIA_TYPES: Final[Mapping[Form, str]] = {
    Form.CSV: "text/csv; charset=utf-8",
    Form.JSON_LINES: "application/jsonl",
    Form.WORKBOOK: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class Writer(Protocol):
    """A writer of one file. Each method returns the bytes to add to the file."""

    @property
    def size(self) -> int:
        """The number of bytes written so far, before compression."""

    def begin(self) -> bytes:
        """Return the beginning of the file."""

    def add(self, items: Sequence[Mapping[str, Any]]) -> bytes:
        """Add periods or relations, given as objects of an answer, and return their bytes."""

    def end(self) -> bytes:
        """Return the end of the file."""


def writer(form: Form) -> Writer:
    """Return the writer of a new file in this format."""
    return _WRITERS[form]()


class _Lines:
    """Base class of the writers of text files. Their `begin` and `end` return no bytes."""

    def __init__(self) -> None:
        self.size = 0

    def begin(self) -> bytes:
        return b""

    def end(self) -> bytes:
        return b""

    def _written(self, text: str) -> bytes:
        data = text.encode()
        self.size += len(data)
        return data


class _JsonLines(_Lines):
    def add(self, items: Sequence[Mapping[str, Any]]) -> bytes:
        return self._written("".join([json.dumps(item, ensure_ascii=False) + "\n" for item in items]))


class _Csv(_Lines):
    """A CSV file with semicolons between cells and a byte order mark, which spreadsheets need for UTF-8."""

    def begin(self) -> bytes:
        return self._written(f"\N{BYTE ORDER MARK}{_csv([_COLUMNS])}")

    def add(self, items: Sequence[Mapping[str, Any]]) -> bytes:
        return self._written(_csv([[_text(value) for value in _values(item)] for item in items]))


class _Table:
    """A workbook with one sheet; its first row has the headings."""

    def __init__(self) -> None:
        self._workbook = Workbook()

    @property
    def size(self) -> int:
        return self._workbook.size

    def begin(self) -> bytes:
        return self._workbook.begin() + self._workbook.add([_COLUMNS])

    def add(self, items: Sequence[Mapping[str, Any]]) -> bytes:
        return self._workbook.add(
            [[_cell(*pair) for pair in zip(_COLUMNS, _values(item), strict=True)] for item in items]
        )

    def end(self) -> bytes:
        return self._workbook.end()


_WRITERS: Final[Mapping[Form, Callable[[], Writer]]] = {
    Form.CSV: _Csv,
    Form.JSON_LINES: _JsonLines,
    Form.WORKBOOK: _Table,
}


def _values(item: Mapping[str, Any]) -> list[Any]:
    """Return the value of each column for one object of an answer; None for an absent value."""
    found = []
    for path in _PATHS:
        value: Any = item
        for name in path:
            value = value.get(name) if isinstance(value, Mapping) else None
        found.append(value)
    return found


def _cell(column: str, value: Any) -> str | int | None:
    if value is None or (column in _AMOUNTS and isinstance(value, int)):
        return value
    return _plain(value)


def _text(value: Any) -> str:
    return "" if value is None else without_formula(_plain(value))


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _csv(rows: Sequence[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerows(rows)
    return text.getvalue()
