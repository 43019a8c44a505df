"""The final results of the personnel file, made again from its tables after a restore (ADR 38)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from shared.domain.declared import Declaration
from shared.messages import Outcome, Person
from shared.runtime.database import Connection


@dataclass(frozen=True, slots=True)
class Settled:
    """A stored final result, and the worker of its period; the worker is None without a period."""

    outcome: Outcome
    worker: Person | None


async def load_settled(connection: Connection, declared: Mapping[int, Declaration]) -> dict[int, Settled]:
    """Return the final results of declarations by number. Declarations without a settlement are absent.

    The worker is that of the period of the result, or of the declared period or daily registration.
    """
    rows = await connection.fetch(
        """SELECT s.declaration_id, s.result, s.period_id, s.settled_at, s.findings, r.worker
        FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS d (number, period_id, registration_id)
            JOIN personnel_file.settlements s ON s.declaration_id = d.number
            LEFT JOIN personnel_file.daily_registrations g ON g.registration_id = d.registration_id
            LEFT JOIN personnel_file.periods p
                ON p.period_id = coalesce(s.period_id, g.period_id, d.period_id)
            LEFT JOIN personnel_file.relations r ON r.employer = p.employer AND r.ssin = p.ssin""",
        list(declared),
        [one.period_id for one in declared.values()],
        [one.daily_registration_id for one in declared.values()],
    )
    found = {}
    for row in rows:
        outcome = Outcome.model_validate(
            {
                "result": row["result"],
                "periodId": row["period_id"],
                "decidedAt": row["settled_at"],
                **json.loads(row["findings"] or "{}"),
            }
        )
        worker = None if row["worker"] is None else Person.model_validate_json(row["worker"])
        found[row["declaration_id"]] = Settled(outcome, worker)
    return found
