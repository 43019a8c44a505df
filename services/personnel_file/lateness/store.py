"""The list of late declarations: a row for each accepted declaration that missed its deadline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from services.personnel_file.lateness.rules import Lateness
from services.personnel_file.relation.rules import Period
from services.personnel_file.relation.store import Key
from shared.messages import ReceivedDeclaration
from shared.runtime.database import Transaction

_SAVE: Final = """
INSERT INTO late (declaration_id, kind, rule, employer, employer_id, ssin, period_id, worker_type, due_at,
    received_at, late_after, late_seconds, late_working_days, bears_on)
SELECT n, k, r, e, i, s, p, t, d, a, j, l, w, string_to_array(b, ' ')
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::bigint[],
    $8::text[], $9::timestamptz[], $10::timestamptz[], $11::timestamptz[], $12::bigint[], $13::int[],
    $14::text[]) AS u (n, k, r, e, i, s, p, t, d, a, j, l, w, b)"""


@dataclass(frozen=True, slots=True)
class LateDeclaration:
    """A late declaration, its period and its relation."""

    declaration: ReceivedDeclaration
    key: Key
    employer_id: int
    period: Period
    lateness: Lateness


async def save_late(tx: Transaction, rows: Sequence[LateDeclaration]) -> None:
    """Save late declarations. Their settlements must be saved before."""
    await tx.connection.execute(
        _SAVE,
        [row.declaration.number for row in rows],
        [row.declaration.declared.kind.name for row in rows],
        [row.lateness.rule for row in rows],
        [row.key[0] for row in rows],
        [row.employer_id for row in rows],
        [row.key[1] for row in rows],
        [row.period.id for row in rows],
        [row.period.features.worker_type for row in rows],
        [row.lateness.due for row in rows],
        [row.declaration.received_at for row in rows],
        [row.lateness.late_after for row in rows],
        [row.lateness.seconds for row in rows],
        [row.lateness.working_days for row in rows],
        [" ".join(row.lateness.bears_on) for row in rows],
    )
