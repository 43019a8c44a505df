"""The facts that the judge needs, by chunks of findings, and its judgements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from pydantic import TypeAdapter

from services.personnel_file.omission.rules.declared import Declared, PeriodDeclarations
from services.personnel_file.omission.rules.finding import Finding, Source
from services.personnel_file.omission.rules.judge import CANDIDATES, Judgement
from services.personnel_file.relation.rules import EVENT, OfDay, OfPeriod
from services.personnel_file.relation.store import Key
from shared.domain.calendar import local_date, quarter
from shared.runtime.database import Connection, Lock

_LOCK: Final = "SELECT pg_advisory_xact_lock($1, 0)"
_IN_FORCE: Final = "SELECT ssin, in_force FROM personnel_file.former_numbers WHERE ssin = ANY($1::text[])"
#: A file by worker, after a place. A NISS of a source that was replaced is mapped to the one in force.
_UNJUDGED: Final = """
SELECT f.line, f.ssin, coalesce(n.in_force, f.ssin) AS in_force, f.employer, f.day, f.start_hour, f.end_hour,
    f.status, f.source, f.reference, f.found_at
FROM personnel_file.omission_findings f LEFT JOIN personnel_file.former_numbers n ON n.ssin = f.ssin
WHERE f.file_id = $1 AND (f.ssin, f.line) > ($2, $3) AND NOT EXISTS (
    SELECT FROM personnel_file.omission_judgements j WHERE (j.file_id, j.line) = (f.file_id, f.line))
ORDER BY f.ssin, f.line LIMIT $4"""
#: The periods of a worker at an employer, and those of agencies that sent the worker to it.
_PERIODS: Final = """
SELECT k.employer AS found, k.ssin::text, p.period_id, p.employer
FROM unnest($1::text[], $2::bpchar[]) AS k (employer, ssin)
JOIN personnel_file.periods p
    ON p.ssin = k.ssin AND (p.employer = k.employer OR p.user_number = k.employer)"""
_DECLARATIONS: Final = """
SELECT h.period_id, h.event, coalesce(s.received_at, h.recorded_at) AS received_at, l.late_after
FROM personnel_file.history h
LEFT JOIN personnel_file.settlements s ON s.declaration_id = h.declaration_id
LEFT JOIN personnel_file.late l ON l.declaration_id = h.declaration_id
WHERE h.period_id = ANY($1::bigint[]) ORDER BY h.period_id, h.recorded_at, h.version"""
_REMOVED_UNTIL: Final = "SELECT last_day FROM personnel_file.removed_until"
_ADD_CASES: Final = """
INSERT INTO personnel_file.omission_cases (employer, ssin, quarter, opened_at)
SELECT DISTINCT e, s, q, platform.now() FROM unnest($1::text[], $2::text[], $3::text[]) AS k (e, s, q)
ON CONFLICT DO NOTHING"""
_CASES: Final = """
SELECT c.employer, c.ssin, c.quarter, c.case_id FROM unnest($1::text[], $2::text[], $3::text[]) AS k (e, s, q)
JOIN personnel_file.omission_cases c ON (c.ssin, c.employer, c.quarter) = (k.s, k.e, k.q)"""
_ADD_JUDGEMENTS: Final = """
INSERT INTO personnel_file.omission_judgements (file_id, line, outcome, period_id, case_id, judged_at)
SELECT $1, l, o, p, c, platform.now()
FROM unnest($2::int[], $3::text[], $4::bigint[], $5::bigint[]) AS j (l, o, p, c)"""
_ADD_COUNTS: Final = """
INSERT INTO personnel_file.omission_counts (file_id, outcome, days)
SELECT $1, o, d FROM unnest($2::text[], $3::int[]) AS c (o, d)"""

_EVENT: Final[TypeAdapter[OfPeriod | OfDay]] = EVENT  # type: ignore[assignment]  # those with a period

Place = tuple[str, int]  #: NISS and line of the last finding of a chunk
START: Final[Place] = ("", 0)


@dataclass(frozen=True, slots=True)
class Found:
    """A finding of a file, with the NISS in force of its worker."""

    line: int
    place: Place
    finding: Finding

    @property
    def key(self) -> Key:
        """Enterprise number of the employer and NISS in force."""
        return self.finding.employer, self.finding.ssin


async def lock_judging(connection: Connection) -> None:
    """Wait until no other process judges, and no agent acts on a case; lock both until the commit."""
    await connection.execute(_LOCK, Lock.OMISSIONS)


async def load_in_force(connection: Connection, ssins: Collection[str]) -> dict[str, str]:
    """Return the NISS in force of each of these NISS that was replaced."""
    return {row["ssin"]: row["in_force"] for row in await connection.fetch(_IN_FORCE, list(ssins))}


async def load_unjudged(connection: Connection, file_id: int, after: Place, limit: int) -> list[Found]:
    """Return the next findings of a file without judgement, by NISS and line."""
    return [
        Found(
            row["line"],
            (row["ssin"], row["line"]),
            Finding(
                row["employer"], row["in_force"], row["day"], row["found_at"], Source(row["source"]),
                row["reference"], row["start_hour"], row["end_hour"], row["status"],
            ),
        )
        for row in await connection.fetch(_UNJUDGED, file_id, *after, limit)
    ]  # fmt: skip


async def load_declarations(
    connection: Connection, keys: Collection[Key]
) -> Mapping[Key, Sequence[PeriodDeclarations]]:
    """Return all declarations about the periods of these employers and workers, by period.

    A key is an enterprise number and the NISS in force. The periods of agencies with this employer as user
    undertaking are included.
    """
    asked = list(dict.fromkeys(keys))
    columns = [employer for employer, _ in asked], [ssin for _, ssin in asked]
    rows = await connection.fetch(_PERIODS, *columns)
    declarations: dict[int, list[Declared]] = {row["period_id"]: [] for row in rows}
    for row in await connection.fetch(_DECLARATIONS, list(declarations)):
        event = _EVENT.validate_json(row["event"])
        declarations[row["period_id"]].append(Declared.of(event, row["received_at"], row["late_after"]))
    found: dict[Key, list[PeriodDeclarations]] = {}
    for row in rows:
        period = PeriodDeclarations(row["period_id"], row["employer"], declarations[row["period_id"]])
        found.setdefault((row["found"], row["ssin"]), []).append(period)
    return found


async def load_removed_until(connection: Connection) -> date:
    """Return the last day of which declarations may have been removed.

    Read it after the declarations, so that no removal between the two is missed.
    """
    last_day: date = await connection.fetchval(_REMOVED_UNTIL)
    return last_day


async def add_judgements(
    connection: Connection, file_id: int, judged: Sequence[tuple[Found, Judgement]]
) -> None:
    """Add judgements with their counts, and a case for each employer, worker and quarter of candidates."""
    if not judged:
        return
    of = {
        found.line: (*found.key, quarter(local_date(found.finding.found_at)))
        for found, judgement in judged
        if judgement.outcome in CANDIDATES
    }
    cases: dict[tuple[str, str, str], int] = {}
    if of:
        columns = [list(column) for column in zip(*set(of.values()), strict=True)]
        await connection.execute(_ADD_CASES, *columns)
        for row in await connection.fetch(_CASES, *columns):
            cases[row["employer"], row["ssin"], row["quarter"]] = row["case_id"]
    await connection.execute(
        _ADD_JUDGEMENTS,
        file_id,
        [found.line for found, _ in judged],
        [judgement.outcome for _, judgement in judged],
        [judgement.period_id for _, judgement in judged],
        [cases[of[found.line]] if found.line in of else None for found, _ in judged],
    )
    counts = Counter(judgement.outcome for _, judgement in judged)
    await connection.execute(_ADD_COUNTS, file_id, list(counts), list(counts.values()))
