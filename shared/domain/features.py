"""Joint commissions and worker types: the two code lists that characterise a period (dimona.md §6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

TEMPORARY_AGENCY_WORK: Final = "322"

#: Zone 00046; XXX stands for every other sector.
JOINT_COMMISSIONS: Final = frozenset({"124", "140", "144", "145", "149", "302", "320", "322", "XXX"})


@dataclass(frozen=True, slots=True)
class WorkerType:
    """One row of zone 00655, with what the type by itself demands."""

    code: str
    end_date_required: bool = False  #: R14
    planned_hours: bool = False  #: R23


WORKER_TYPES: Final = {
    row.code: row
    for row in (
        WorkerType("A17", end_date_required=True),
        WorkerType("ALT"),
        WorkerType("BCW"),
        WorkerType("DWD"),
        WorkerType("EXT", end_date_required=True),
        WorkerType("FLX"),
        WorkerType("IVT", end_date_required=True),
        WorkerType("O17", end_date_required=True, planned_hours=True),
        WorkerType("OTH"),
        WorkerType("PMP"),
        WorkerType("RTA"),
        WorkerType("S17", end_date_required=True, planned_hours=True),
        WorkerType("STG", end_date_required=True),
        WorkerType("STU", end_date_required=True, planned_hours=True),
        WorkerType("T17", end_date_required=True),
        WorkerType("TEA"),
        WorkerType("TRI", end_date_required=True),
    )
}


def requires_end_date(joint_commission: str | None, worker_type: str | None) -> bool:
    """Whether a period with these features must have an end date (R14)."""
    row = WORKER_TYPES.get(worker_type or "")
    return joint_commission == TEMPORARY_AGENCY_WORK or (row is not None and row.end_date_required)


def has_planned_hours(worker_type: str) -> bool:
    """Whether planned hours belong to this type: STU, O17, S17 (R23)."""
    row = WORKER_TYPES.get(worker_type)
    return row is not None and row.planned_hours
