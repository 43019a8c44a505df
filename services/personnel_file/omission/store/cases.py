"""The cases of omissions: pages, days, steps of agents, and the audit of each reading."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from services.personnel_file.omission.rules.decision import Action, State, Step
from shared.runtime.database import Connection, Lock, Record

#: A step before the last day of a case does not count.
_CASE: Final = """c.case_id, c.employer, c.ssin, c.quarter, c.opened_at, j.days, j.changed_at,
    coalesce(s.state, 'open') AS state
FROM personnel_file.omission_cases c
CROSS JOIN LATERAL (
    SELECT count(*) AS days, max(judged_at) AS changed_at FROM personnel_file.omission_judgements
    WHERE case_id = c.case_id) AS j
LEFT JOIN LATERAL (
    SELECT state, at FROM personnel_file.omission_steps WHERE case_id = c.case_id ORDER BY seq DESC LIMIT 1
    ) AS s ON s.at >= j.changed_at"""
_PAGE: Final = f"""
SELECT {_CASE}
WHERE c.case_id > $1 AND ($2::text IS NULL OR coalesce(s.state, 'open') = $2)
ORDER BY c.case_id LIMIT $3"""
_ONE: Final = f"SELECT {_CASE} WHERE c.case_id = $1"
#: The number of a period is that of its IN.
_DAYS: Final = """
SELECT f.day, f.start_hour, f.end_hour, f.status, f.source, f.reference, f.found_at, j.outcome, j.period_id,
    j.judged_at, s.received_at, l.late_after, encode(i.sha256, 'hex') AS sha256, f.line
FROM personnel_file.omission_judgements j
JOIN personnel_file.omission_findings f ON (f.file_id, f.line) = (j.file_id, j.line)
JOIN personnel_file.omission_files i ON i.file_id = j.file_id
LEFT JOIN personnel_file.settlements s ON s.declaration_id = j.period_id
LEFT JOIN personnel_file.late l ON l.declaration_id = j.period_id
WHERE j.case_id = $1 ORDER BY f.day, f.found_at LIMIT $2"""
_STEPS: Final = """
SELECT action, agent, at, heard_on, words, state FROM personnel_file.omission_steps
WHERE case_id = $1 ORDER BY seq"""
_PARTIES: Final = """
SELECT c.employer, array_append(ARRAY(
    SELECT n.ssin FROM personnel_file.former_numbers n WHERE n.in_force = f.ssin), f.ssin) AS ssins
FROM personnel_file.omission_cases c CROSS JOIN LATERAL (
    SELECT coalesce((SELECT n.in_force FROM personnel_file.former_numbers n WHERE n.ssin = c.ssin), c.ssin)
        AS ssin) AS f
WHERE c.case_id = $1"""
_LOCK_JUDGING: Final = "SELECT pg_advisory_xact_lock_shared($1, 0)"
_LOCK_CASE: Final = "SELECT pg_advisory_xact_lock($1, hashtext($2))"
_NOW: Final = "SELECT platform.now()"
_ADD_STEP: Final = """
INSERT INTO personnel_file.omission_steps (case_id, action, state, agent, at, heard_on, words)
VALUES ($1, $2, $3, $4, $5, $6, $7)"""
_ADD_READING: Final = """
INSERT INTO personnel_file.omission_readings (read_at, reader, operation, cases)
VALUES (platform.now(), $1, $2, $3)"""
#: A case ended if its last decision is later than its last day.
_GAUGES: Final = """
SELECT (SELECT count(*) FROM personnel_file.omission_cases) - (
        SELECT count(DISTINCT s.case_id) FROM personnel_file.omission_steps s
        WHERE s.state IN ('confirmed', 'dismissed') AND s.at >= (
            SELECT max(j.judged_at) FROM personnel_file.omission_judgements j WHERE j.case_id = s.case_id)
    ) AS open,
    (SELECT coalesce(sum(days), 0) FROM personnel_file.omission_files) AS days,
    (SELECT max(imported_at) FROM personnel_file.omission_files) AS imported_at"""
_OUTCOMES: Final = "SELECT outcome, sum(days) AS days FROM personnel_file.omission_counts GROUP BY outcome"

MOST_DAYS: Final = 1_000  #: of a case that is shown


@dataclass(frozen=True, slots=True)
class Case:
    """A candidate for an omission: employer, worker and quarter of the finding."""

    id: int
    employer: str
    ssin: str
    quarter: str
    opened_at: datetime
    changed_at: datetime  #: when its last day was added
    days: int
    state: State


@dataclass(frozen=True, slots=True)
class Gauges:
    """The open candidates, the findings by outcome, and the last import; None before the first import."""

    open: int
    outcomes: dict[str, int]
    imported_at: datetime | None


async def load_cases(connection: Connection, after: int, state: State | None, limit: int) -> list[Case]:
    """Return the next cases after a number, by number, in one state or in all (None)."""
    return [_case(row) for row in await connection.fetch(_PAGE, after, state, limit)]


async def load_case(connection: Connection, case_id: int) -> Case | None:
    """Return a case, or None."""
    row = await connection.fetchrow(_ONE, case_id)
    return None if row is None else _case(row)


async def load_parties(connection: Connection, case_id: int) -> tuple[str, Sequence[str]] | None:
    """Return the employer of a case and all numbers of the worker, or None."""
    row = await connection.fetchrow(_PARTIES, case_id)
    return None if row is None else (row["employer"], row["ssins"])


async def load_days(connection: Connection, case_id: int) -> Sequence[Record]:
    """Return the days of a case with their evidence, at most MOST_DAYS."""
    return await connection.fetch(_DAYS, case_id, MOST_DAYS)


async def load_steps(connection: Connection, case_id: int) -> Sequence[Record]:
    """Return the steps of a case, the oldest first."""
    return await connection.fetch(_STEPS, case_id)


def step_of(row: Record) -> Step:
    """Return the step in a row of `load_steps`."""
    return Step(Action(row["action"]), row["agent"], row["at"])


async def lock_case(connection: Connection, case_id: int) -> datetime:
    """Lock a case against other agents, and against new days, until the commit. Return the instant after."""
    await connection.execute(_LOCK_JUDGING, Lock.OMISSIONS)
    await connection.execute(_LOCK_CASE, Lock.OMISSIONS, str(case_id))
    now: datetime = await connection.fetchval(_NOW)
    return now


async def add_step(
    connection: Connection, case_id: int, step: Step, state: State, words: str, heard_on: date | None
) -> None:
    """Add a step of an agent, with the state of the case after it."""
    await connection.execute(_ADD_STEP, case_id, step.action, state, step.agent, step.at, heard_on, words)


async def add_reading(connection: Connection, reader: str, operation: str, cases: Collection[int]) -> None:
    """Add an audit row, in the transaction that reads: if it fails, no data are shown."""
    await connection.execute(_ADD_READING, reader, operation, list(cases))


async def load_gauges(connection: Connection) -> Gauges:
    """Return the numbers of open candidates and of findings by outcome, pending ones included."""
    row = await connection.fetchrow(_GAUGES)
    assert row is not None
    outcomes = {each["outcome"]: each["days"] for each in await connection.fetch(_OUTCOMES)}
    outcomes["pending"] = row["days"] - sum(outcomes.values())
    return Gauges(row["open"], outcomes, row["imported_at"])


def _case(row: Record) -> Case:
    return Case(
        row["case_id"], row["employer"], row["ssin"], row["quarter"], row["opened_at"], row["changed_at"],
        row["days"], State(row["state"]),
    )  # fmt: skip
