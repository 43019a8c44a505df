"""The table of files: registering, judging and canceling them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from services.files.transfer.rules import FileName, Kind
from shared.runtime.database import Connection, Pool, Transaction

_TICKET: Final = "SELECT nextval('tickets')"
#: A name with the content of an earlier file has no new row, unless that one was canceled before its forms.
_REGISTER: Final = """
INSERT INTO files (ticket, expeditor, client_id, name, sha256, bytes, environment, channel, received_at)
SELECT $1::text, e.expeditor, e.client_id, $3::text, $4::bytea, $5::bigint, $6::text, $7::text,
    $8::timestamptz
FROM expeditors e WHERE e.expeditor = $2
ON CONFLICT (expeditor, name, sha256) WHERE state <> 'canceled' OR submitted > 0 DO NOTHING
RETURNING ticket"""
#: A file with forms to submit needs its content: some of them may not be stored, or be lost.
_EARLIER: Final = """
SELECT ticket, state = 'received' OR (state = 'accepted' AND submitted < forms) AS expects_content
FROM files WHERE expeditor = $1 AND name = $2 AND sha256 = $3 AND (state <> 'canceled' OR submitted > 0)"""
_TICKETS: Final = "SELECT ticket FROM files WHERE ticket = ANY($1)"
_UNREAD: Final = """
SELECT ticket, expeditor, name, environment, received_at, content_lost FROM files
WHERE state = 'received' ORDER BY received_at, ticket"""
#: Only of a file that nothing has canceled meanwhile.
_JUDGE: Final = """
UPDATE files SET state = $2, errors = $3, forms = $4, acknowledged_at = $5, error_line = $6, error_column = $7
WHERE ticket = $1 AND state = 'received' RETURNING ticket"""
_CANCEL: Final = """
UPDATE files SET state = 'canceled', forms = submitted
WHERE expeditor = $1 AND (name = $2 OR name LIKE $3)
  AND (state = 'received' OR (state = 'accepted' AND submitted < forms))
RETURNING ticket"""


_SET_LOST: Final = """
UPDATE files SET content_lost = ticket = ANY($1) WHERE ticket = ANY($1) OR ticket = ANY($2)"""


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file that was taken from the folder of an expeditor or uploaded."""

    expeditor: str
    name: str
    sha256: bytes
    size: int
    environment: str
    channel: str


class MistakePlace(NamedTuple):
    """The line and the column, from 1, of the mistake for which a whole file is refused; None without one."""

    line: int | None = None
    column: int | None = None


NOWHERE: Final = MistakePlace()


@dataclass(frozen=True, slots=True)
class Registered:
    """The ticket of a file, and whether its content is still needed."""

    ticket: str
    expects_content: bool


@dataclass(frozen=True, slots=True)
class Unread:
    """A file with a ticket that is neither accepted nor refused yet."""

    ticket: str
    expeditor: str
    name: str
    environment: str
    received_at: datetime
    content_lost: bool  #: as it is stored


async def take_ticket(tx: Transaction) -> int:
    """Return a number for a new ticket."""
    number: int = await tx.connection.fetchval(_TICKET)
    return number


async def register(tx: Transaction, ticket: str, file: NewFile) -> Registered | None:
    """Store a new file under a ticket. A repeated file keeps its earlier ticket.

    A file that was canceled before a form of it was submitted has no effect, so a repeat of it is a new file.

    Return None for an unknown expeditor.
    """
    values = (file.expeditor, file.name, file.sha256, file.size, file.environment, file.channel, tx.now)
    new = await tx.connection.fetchval(_REGISTER, ticket, *values)
    if new is not None:
        return Registered(new, expects_content=True)
    earlier = await tx.connection.fetchrow(_EARLIER, file.expeditor, file.name, file.sha256)
    if earlier is None:
        return None
    return Registered(**earlier)


async def find_tickets(connection: Connection | Pool, texts: Sequence[str]) -> set[str]:
    """Return the texts that are tickets of files."""
    return {row["ticket"] for row in await connection.fetch(_TICKETS, list(texts))}


async def load_unread(connection: Connection | Pool) -> Sequence[Unread]:
    """Return the files that are neither accepted nor refused yet, the oldest first."""
    return [Unread(**row) for row in await connection.fetch(_UNREAD)]


async def judge(
    tx: Transaction, ticket: str, errors: Sequence[str], forms: int, place: MistakePlace = NOWHERE
) -> bool:
    """Store that a file is accepted with this number of forms or, with errors, refused.

    `place` is that of the mistake in a refused file. Return False if the file was canceled.
    """
    state = "refused" if errors else "accepted"
    values = (ticket, state, list(errors), 0 if errors else forms, tx.now, *place)
    return await tx.connection.fetchval(_JUDGE, *values) is not None


async def store_losses(tx: Transaction, lost: Collection[str], found: Collection[str]) -> None:
    """Store which files have lost their content, and which have it again."""
    await tx.connection.execute(_SET_LOST, list(lost), list(found))


async def cancel_sending(tx: Transaction, command: FileName) -> Sequence[str]:
    """Cancel the files of the sending that a TD file names. Return their tickets.

    Forms that were not submitted are never submitted. Only a sending with a number has files that are counted
    after it.
    """
    name = f"{Kind.FORMS}{command.text[2:]}"
    counted = f"{name}.%" if command.sending.number else name
    rows = await tx.connection.fetch(_CANCEL, command.sending.expeditor, name, counted)
    return [row["ticket"] for row in rows]
