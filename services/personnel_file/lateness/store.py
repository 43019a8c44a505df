"""The list of late declarations: a row for each accepted declaration that missed its deadline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from services.personnel_file.relation.rules import Period
from services.personnel_file.relation.store import Key
from shared.domain.lateness import Lateness
from shared.messages import ReceivedDeclaration


@dataclass(frozen=True, slots=True)
class LateDeclaration:
    """A late declaration with its period, the key of its relation, and the deadline that it missed."""

    declaration: ReceivedDeclaration
    key: Key
    employer_id: int
    period: Period
    lateness: Lateness


def late_row(late: LateDeclaration) -> dict[str, Any]:
    """Return the row of the table `late` for a late declaration."""
    declaration, period, lateness = late.declaration, late.period, late.lateness
    return {
        "declaration_id": declaration.number,
        "kind": declaration.declared.kind.name,
        "rule": lateness.rule,
        "employer": late.key[0],
        "employer_id": late.employer_id,
        "ssin": late.key[1],
        "period_id": period.id,
        "worker_type": period.features.worker_type,
        "due_at": lateness.due,
        "received_at": declaration.received_at,
        "late_after": lateness.late_after,
        "late_seconds": lateness.seconds,
        "late_working_days": lateness.working_days,
        "bears_on": lateness.bears_on,
    }
