"""The reasons why a file is not read as a spreadsheet. No row of such a file is checked or sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from shared.runtime.errors import OurError
from shared.words import later

PROBLEMS: Final[Mapping[str, str]] = {
    "none": later("Choose a file."),
    "bytes": later("The workbook is too large when it is unpacked. Save its rows as a CSV file."),
    "type": later("This is no CSV file and no XLSX workbook. Save it as one of these in your program."),
    "unreadable": later("The file is damaged, or protected by a password. Save it again."),
    "headings": later("The headings in the first row are not those of the template."),
    "columns": later("The file has too many columns: at most 40."),
    "rows": later("The file has too many rows: at most 5,000. Divide it."),
    "empty": later("The file has no row with a declaration."),
    "many": later("You have three files here already. Remove one of them first."),
}


class FileError(OurError):
    """The error for a file that is not read. `problem` is a key of PROBLEMS."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"file refused: {problem}")
        self.problem = problem
