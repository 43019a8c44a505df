"""SQL of spreadsheets. Their content is sealed; a spreadsheet belongs to one session and ends with it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from services.portal.session.rules import Session, read
from services.portal.spreadsheet.problems import FileError
from services.portal.spreadsheet.rules import PART, Row, parts
from shared.runtime.database import Connection, Pool, Record
from shared.runtime.sealing import SealBrokenError, Sealer

#: Spreadsheets of one session.
MOST_SHEETS: Final = 3
#: Attempts to send a part, one after the other without success, before the sending stops.
_MOST_FAILURES: Final = 12
#: The time for which a process has a part for itself while it sends it.
_LEASE: Final = timedelta(seconds=30)

_LOCK: Final = "SELECT id_sha256 FROM session WHERE id_sha256 = $1 FOR UPDATE"
_COUNT_OWN: Final = "SELECT count(*) FROM sheet WHERE session_sha256 = $1"
_ADD: Final = "INSERT INTO sheet (id, session_sha256, sealed) VALUES ($1, $2, $3)"
_ADD_PARTS: Final = """
INSERT INTO sheet_part (sheet_id, place, rows)
SELECT $1, p, r FROM unnest($2::int[], $3::text[]) AS k (p, r)"""
_LIST: Final = """
SELECT s.id, s.sealed, s.state, (
    SELECT count(*) FROM sheet_part p WHERE p.sheet_id = s.id AND p.outcomes IS NULL) AS parts_left
FROM sheet s WHERE s.session_sha256 = $1 ORDER BY s.added_at"""
_PARTS: Final = "SELECT place, rows, outcomes FROM sheet_part WHERE sheet_id = $1 ORDER BY place"
_NEXT: Final = """
SELECT place, rows FROM sheet_part WHERE sheet_id = $1 AND outcomes IS NULL ORDER BY place LIMIT 1"""
_STORE: Final = """
UPDATE sheet_part SET outcomes = $3 WHERE sheet_id = $1 AND place = $2 AND outcomes IS NULL"""
_MARK: Final = """
UPDATE sheet SET state = $2, failures = 0, due_at = clock_timestamp() + $3::interval WHERE id = $1"""
_POSTPONE: Final = """
UPDATE sheet SET failures = failures + 1, due_at = clock_timestamp() + $2::interval,
    state = CASE WHEN failures + 1 < $3 THEN state ELSE 'stopped' END
WHERE id = $1"""
_CLAIM: Final = """
UPDATE sheet s SET due_at = clock_timestamp() + $2::interval
FROM session
WHERE session.id_sha256 = s.session_sha256 AND s.id IN (
    SELECT id FROM sheet WHERE state = 'sending' AND due_at <= clock_timestamp()
    ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED)
RETURNING s.id, s.sealed, s.session_sha256, session.sealed AS session"""
_REMOVE: Final = "DELETE FROM sheet WHERE id = $1 AND session_sha256 = $2 AND state <> 'sending'"
_COUNTS: Final = "SELECT state, count(*) AS number FROM sheet GROUP BY state"
STATES: Final = ("checked", "sending", "stopped", "sent")


@dataclass(frozen=True, slots=True)
class Head:
    """The facts about a whole spreadsheet."""

    name: str  #: of the file, as the browser gave it
    digest: str  #: SHA-256 of the file, the organization and the employer
    organization: str
    employer: str
    rows: int
    wrong: int
    late: int

    @property
    def right(self) -> int:
        """The number of rows without mistake, which can be sent."""
        return self.rows - self.wrong


@dataclass(frozen=True, slots=True)
class Sheet:
    """A spreadsheet of a session: its state, and the number of parts that are not sent yet."""

    id: UUID
    head: Head
    state: str  #: checked, sending, stopped or sent
    parts_left: int

    @property
    def parts(self) -> int:
        """The number of all parts."""
        return -(-self.head.rows // PART)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a row that was sent: its Dimona number, or the last part of the type of the problem."""

    number: int | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """Some rows of a spreadsheet, with their outcomes by number of the row; None if they were not sent."""

    place: int
    rows: Sequence[Row]
    outcomes: Mapping[int, Outcome] | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """A spreadsheet that this process sends now, with its session."""

    id: UUID
    head: Head
    session: Session


class Sheets:
    """The spreadsheets of all sessions, in the database of the portal."""

    def __init__(self, pool: Pool, sealer: Sealer, session_sealer: Sealer) -> None:
        self._pool, self._sealer, self._session_sealer = pool, sealer, session_sealer

    async def add(self, cookie: str, head: Head, rows: Sequence[Row]) -> UUID:
        """Store a checked spreadsheet for the session of a cookie, and return its id.

        Raise FileError if the session has three spreadsheets already.
        """
        id_, owner = uuid4(), _digest(cookie)
        sealed = [self._seal(id_, place, list(map(asdict, part))) for place, part in enumerate(parts(rows))]
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(_LOCK, owner)
            if await connection.fetchval(_COUNT_OWN, owner) >= MOST_SHEETS:
                raise FileError("many")
            await connection.execute(_ADD, id_, owner, self._seal(id_, "", asdict(head)))
            await connection.execute(_ADD_PARTS, id_, list(range(len(sealed))), sealed)
        return id_

    async def of(self, cookie: str) -> list[Sheet]:
        """Return the spreadsheets of the session of a cookie, the oldest first."""
        rows = await self._pool.fetch(_LIST, _digest(cookie))
        return [Sheet(row["id"], self._head(row), row["state"], row["parts_left"]) for row in rows]

    async def parts(self, id_: UUID) -> list[Part]:
        """Return all parts of a spreadsheet, in the order of the rows."""
        return [self._part(id_, {**row}) for row in await self._pool.fetch(_PARTS, id_)]

    async def next_part(self, id_: UUID) -> Part | None:
        """Return the first part that was not sent, or None if all were."""
        row = await self._pool.fetchrow(_NEXT, id_)
        return None if row is None else self._part(id_, {**row, "outcomes": None})

    async def store(self, id_: UUID, place: int, outcomes: Mapping[int, Outcome], pause: timedelta) -> None:
        """Store the outcomes of a part. The next part is sent after a pause."""
        document = {str(number): asdict(outcome) for number, outcome in outcomes.items()}
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(_STORE, id_, place, self._seal(id_, f"{place}/outcomes", document))
            await _mark(connection, id_, "sending", pause)

    async def end(self, id_: UUID, state: str) -> None:
        """Note that a spreadsheet is sent, or that its sending has stopped."""
        async with self._pool.acquire() as connection:
            await _mark(connection, id_, state, timedelta())

    async def postpone(self, id_: UUID, pause: timedelta) -> None:
        """Note a failed attempt. After twelve of them without success the sending stops."""
        await self._pool.execute(_POSTPONE, id_, pause, _MOST_FAILURES)

    async def claim(self, most: int) -> list[Claim]:
        """Return spreadsheets with a part to send now. No other process gets them for half a minute."""
        found = []
        for row in await self._pool.fetch(_CLAIM, most, _LEASE):
            try:
                opened = self._session_sealer.open(row["session"], row["session_sha256"].hex())
                found.append(Claim(row["id"], self._head(row), read(json.loads(opened))))
            except SealBrokenError:  # of another key of the deployment
                await self.end(row["id"], "stopped")
        return found

    async def remove(self, cookie: str, id_: UUID) -> None:
        """Remove a spreadsheet of the session of a cookie, unless it is being sent."""
        await self._pool.execute(_REMOVE, id_, _digest(cookie))

    async def counts(self) -> Mapping[str, int]:
        """Return the number of spreadsheets in each of STATES."""
        return dict.fromkeys(STATES, 0) | {
            row["state"]: row["number"] for row in await self._pool.fetch(_COUNTS)
        }

    def _seal(self, id_: UUID, place: object, document: Any) -> str:
        return self._sealer.seal(json.dumps(document), f"{id_}/{place}")

    def _open(self, id_: UUID, place: object, sealed: str) -> Any:
        return json.loads(self._sealer.open(sealed, f"{id_}/{place}"))

    def _head(self, row: Record) -> Head:
        return Head(**self._open(row["id"], "", row["sealed"]))

    def _part(self, id_: UUID, row: Mapping[str, Any]) -> Part:
        place = row["place"]
        rows = [Row(**each) for each in self._open(id_, place, row["rows"])]
        if row["outcomes"] is None:
            return Part(place, rows)
        told = self._open(id_, f"{place}/outcomes", row["outcomes"])
        return Part(place, rows, {int(number): Outcome(**each) for number, each in told.items()})


async def _mark(connection: Connection, id_: UUID, state: str, pause: timedelta) -> None:
    await connection.execute(_MARK, id_, state, pause)


def _digest(cookie: str) -> bytes:
    return hashlib.sha256(cookie.encode()).digest()
