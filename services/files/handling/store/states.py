"""The state of a file for its own sender, and its answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.files.handling.store.answers import ANSWER_COLUMNS, Answer
from shared.runtime.database import Connection

_STATE: Final = """
SELECT ticket, name, state, errors, error_line, error_column, received_at, acknowledged_at,
    forms, answered, final,
    ARRAY(SELECT a.name FROM answers a WHERE a.ticket = f.ticket AND (a.kind = 'ACRF' OR f.erasure IS NULL)
        ORDER BY answer LIMIT 1000) AS answers
FROM files f WHERE ticket = $1 AND client_id = $2"""
_ANSWER: Final = f"""
SELECT {ANSWER_COLUMNS} FROM answers a JOIN files f USING (ticket)
WHERE a.ticket = $1 AND a.name = $2 AND f.client_id = $3 AND (a.kind = 'ACRF' OR f.erasure IS NULL)"""  # noqa: S608 - our own names


@dataclass(frozen=True, slots=True)
class FileState:
    """A file as its sender sees it."""

    ticket: str
    name: str
    state: str
    errors: Sequence[str]
    error_line: int | None  #: of the mistake for which the file is refused, from 1
    error_column: int | None
    received_at: datetime
    acknowledged_at: datetime | None
    forms: int
    answered: int
    final: int
    answers: Sequence[str]  #: names of the files with answers that can be read, at most 1,000


async def load_state(connection: Connection, ticket: str, client_id: str) -> FileState | None:
    """Return the state of a file of a client; None if it has no file with this ticket."""
    row = await connection.fetchrow(_STATE, ticket, client_id)
    return None if row is None else FileState(**row)


async def load_answer(connection: Connection, ticket: str, name: str, client_id: str) -> Answer | None:
    """Return an answer to a file of a client; None if there is no such answer."""
    row = await connection.fetchrow(_ANSWER, ticket, name, client_id)
    return None if row is None else Answer(**row)
