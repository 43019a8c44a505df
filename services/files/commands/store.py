"""SQL of `dimona file show`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from shared.runtime.database import Connection

_FILE: Final = """
SELECT ticket, expeditor, name, state, errors, error_line, error_column, received_at, acknowledged_at,
    forms, submitted, answered, final, content_lost, erasure
FROM files.files WHERE ticket = $1"""
_ANSWERS: Final = "SELECT name, written_at FROM files.answers WHERE ticket = $1 ORDER BY answer"


@dataclass(frozen=True, slots=True)
class FileState:
    """A file with its counts, and the names of the files with its answers."""

    row: dict[str, Any]
    answers: Sequence[tuple[str, str]]

    def facts(self) -> Iterator[tuple[str, str]]:
        """Yield the facts of the file that are known, as pairs of name and text."""
        for name, value in self.row.items():
            if value not in (None, []) and value is not False:
                yield name, _text(value)


async def load_file(connection: Connection, ticket: str) -> FileState | None:
    """Return the state of a file, or None if no file has this ticket."""
    row = await connection.fetchrow(_FILE, ticket)
    if row is None:
        return None
    answers = await connection.fetch(_ANSWERS, ticket)
    return FileState(dict(row), [(each["name"], _written(each["written_at"])) for each in answers])


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return f"{value.astimezone():%Y-%m-%d %H:%M:%S}"
    return " ".join(value) if isinstance(value, list) else str(value)


def _written(at: datetime | None) -> str:
    return "not written yet" if at is None else f"written {_text(at)}"
