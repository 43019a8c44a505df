"""The final results of the personnel file, made again from its tables after a restore (ADR 38)."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass

from shared.messages import Outcome, Person
from shared.runtime.database import Connection


@dataclass(frozen=True, slots=True)
class Settled:
    """A stored final result, and the worker of its period; the worker is None without a period."""

    outcome: Outcome
    worker: Person | None


async def load_settled(connection: Connection, numbers: Collection[int]) -> dict[int, Settled]:
    """Return the final results of declarations by number. Declarations without a settlement are absent.

    The worker is that of the period of the result, or of the declared period or daily registration.
    """
    rows = await connection.fetch(
        """SELECT s.declaration_id, s.result, s.period_id, s.settled_at, s.findings, r.worker
        FROM personnel_file.settlements s
            JOIN intake.declarations d ON d.number = s.declaration_id
            LEFT JOIN personnel_file.daily_registrations g ON g.registration_id =
                (d.declared::jsonb #>> '{dimonaDailyRegistration,dailyRegistrationId}')::bigint
            LEFT JOIN personnel_file.periods p ON p.period_id = coalesce(s.period_id, g.period_id, (
                SELECT (b.value ->> 'periodId')::bigint FROM jsonb_each(d.declared::jsonb) AS b
                WHERE jsonb_typeof(b.value) = 'object' AND b.value ? 'periodId' LIMIT 1))
            LEFT JOIN personnel_file.relations r ON r.employer = p.employer AND r.ssin = p.ssin
        WHERE s.declaration_id = ANY($1::bigint[])""",
        list(numbers),
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
