"""The tables of imported files and of their findings."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from services.personnel_file.omission.rules.finding import Finding
from shared.runtime.database import Connection, Record

_ADD_FILE: Final = """
INSERT INTO personnel_file.omission_files (sha256, days, imported_at, imported_by)
VALUES ($1, $2, platform.now(), session_user) ON CONFLICT (sha256) DO NOTHING RETURNING file_id"""
_FILE: Final = "SELECT file_id FROM personnel_file.omission_files WHERE sha256 = $1"
_COLUMNS: Final = (
    "file_id", "line", "employer", "ssin", "day", "start_hour", "end_hour", "status", "source", "reference",
    "found_at",
)  # fmt: skip
_UNJUDGED_FILES: Final = """
SELECT file_id FROM personnel_file.omission_files f
WHERE days > (
    SELECT coalesce(sum(c.days), 0) FROM personnel_file.omission_counts c WHERE c.file_id = f.file_id)
ORDER BY file_id"""
_FILES: Final = """
SELECT f.file_id, f.days, f.imported_at, f.imported_by, encode(f.sha256, 'hex') AS sha256,
    (SELECT json_object_agg(o.outcome, o.days) FROM (
        SELECT outcome, sum(days) AS days FROM personnel_file.omission_counts c WHERE c.file_id = f.file_id
        GROUP BY outcome) AS o) AS outcomes
FROM personnel_file.omission_files f ORDER BY f.file_id DESC LIMIT $1"""


async def add_file(connection: Connection, sha256: bytes, days: int) -> int | None:
    """Add a file with this digest and number of findings, and return its id; None if it is known already."""
    id_: int | None = await connection.fetchval(_ADD_FILE, sha256, days)
    return id_


async def load_file_id(connection: Connection, sha256: bytes) -> int:
    """Return the id of the imported file with this digest."""
    id_: int = await connection.fetchval(_FILE, sha256)
    return id_


async def add_findings(connection: Connection, file_id: int, findings: Iterable[tuple[int, Finding]]) -> None:
    """Copy findings with the numbers of their lines into the table, as `findings` yields them."""

    async def rows() -> AsyncIterator[Sequence[Any]]:
        for line, each in findings:
            yield (
                file_id, line, each.employer, each.ssin, each.day, each.start_hour, each.end_hour,
                each.status, each.source, each.reference, each.found_at,
            )  # fmt: skip

    await connection.copy_records_to_table(
        "omission_findings", records=rows(), columns=_COLUMNS, schema_name="personnel_file", timeout=None
    )


async def load_unjudged_files(connection: Connection) -> list[int]:
    """Return the files with findings that have no judgement, the oldest first."""
    return [row["file_id"] for row in await connection.fetch(_UNJUDGED_FILES)]


async def load_files(connection: Connection, limit: int) -> Sequence[Record]:
    """Return the files, the newest first, each with its number of days by outcome as JSON."""
    return await connection.fetch(_FILES, limit)


async def load_instant(connection: Connection) -> datetime:
    """Return the present instant of the database."""
    now: datetime = await connection.fetchval("SELECT platform.now()")
    return now
