"""Files for people: the template with the columns, and the rows of a spreadsheet with their results."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from services.portal.spreadsheet.reading import COMMENT
from services.portal.spreadsheet.rules import COLUMNS, WRONG, Row
from services.portal.spreadsheet.store import Outcome
from shared.words import Words, later
from shared.workbook import Workbook, without_formula

MEDIA_TYPES: Final[Mapping[str, str]] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
#: The columns of a result after those of the file; the names are those of the official answers.
_MORE: Final = ("declarationId", "result", "codes", "text")
NOT_SENT: Final = later("Not sent yet.")
#: The reasons why a row without mistake got no Dimona number, by the last part of the type of the problem.
REFUSED: Final[Mapping[str, str]] = {
    "missingPermission": later("Refused: no right or mandate for this employer."),
    "tooManyRequests": later("Refused: too many new workers today. Send this row in another file tomorrow."),
    "conflict": later("Refused: other data were sent for this row of this file. Send it in another file."),
}
REFUSED_ELSE: Final = later("Refused: the declaration was not received. Send this row in another file.")


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a spreadsheet with its outcome and the answer of intake, as far as they exist."""

    row: Row
    outcome: Outcome | None = None
    answer: Mapping[str, str] | None = None

    @property
    def number(self) -> int | None:
        """The Dimona number, or None if the row has none."""
        return self.outcome.number if self.outcome is not None else None

    @property
    def result(self) -> str:
        """The result A, W, B or S; empty if there is none yet."""
        return self.answer["result"] if self.answer is not None else ""

    @property
    def codes(self) -> str:
        """The codes of the anomalies, with spaces between them."""
        return self.answer["codes"] if self.answer is not None else ""

    def text(self, say: Words) -> str:
        """Return the mistakes or the refusal of the row in words; empty for a received declaration."""
        if self.row.mistakes:
            return " ".join(
                f"{column.heading}: {say(WRONG[self.row.mistakes[column.field]])}"
                for column in COLUMNS
                if column.field in self.row.mistakes
            )
        if self.outcome is None:
            return say(NOT_SENT)
        return "" if self.outcome.number else say(REFUSED.get(self.outcome.problem, REFUSED_ELSE))


def template(form: str, say: Words) -> bytes:
    """Return a file with the headings and, in a row that is not read, their explanation."""
    explained = [say(column.text) for column in COLUMNS]
    explained[0] = f"{COMMENT} {explained[0]}"
    return _WRITERS[form]([[column.heading for column in COLUMNS], explained])


def results(form: str, lines: Sequence[Line], say: Words) -> bytes:
    """Return a file with every row as it was read, its Dimona number, its result and its codes."""
    return _WRITERS[form](
        [("row", *(column.heading for column in COLUMNS), *_MORE), *(_cells(line, say) for line in lines)]
    )


def _cells(line: Line, say: Words) -> list[str]:
    typed = [line.row.typed.get(column.field, "") for column in COLUMNS]
    return [
        str(line.row.number), *typed, str(line.number or ""), line.result, line.codes, line.text(say),
    ]  # fmt: skip


def _csv(rows: Sequence[Sequence[str]]) -> bytes:
    """Return a file with semicolons and a byte order mark, which spreadsheets need for UTF-8."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerows([[without_formula(cell) for cell in row] for row in rows])
    return f"\N{BYTE ORDER MARK}{text.getvalue()}".encode()


def _xlsx(rows: Sequence[Sequence[str]]) -> bytes:
    """Return a workbook in which every cell is a text, so that no program reads a formula."""
    book = Workbook()
    return b"".join([book.begin(), book.add(rows), book.end()])


_WRITERS: Final[Mapping[str, Callable[[Sequence[Sequence[str]]], bytes]]] = {"csv": _csv, "xlsx": _xlsx}
