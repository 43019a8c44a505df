"""Every worker type of zone 00655, with an accepted IN, an accepted change and a refused IN.

Days are numbers, counted from the day of the declaration, or dates; None leaves a property out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

Block = Mapping[str, Any]

_DAYS: Final = ("startDate", "endDate")
_ONE_DAY: Final = {"startDate": 1, "endDate": 1}
_WEEKS: Final = {"startDate": 1, "endDate": 20}
_OPEN: Final = {"startDate": 1}
_PLANNED: Final = {**_ONE_DAY, "plannedHoursNumber": 8}
_EVENING: Final = {**_ONE_DAY, "startHour": "1700", "endHour": "2130"}
_CARD: Final = "123456789012"
_CARDS: Final = {
    "constructionControlCards": {"firstMonthC32ANumber": _CARD, "nextMonthC32ANumber": "123456789013"}
}
_TRAINING: Final = {
    **_WEEKS,
    "smallStatutesInformation": {"employmentNature": "WORKER", "workerStatus": "F1"},
}
_LAST: Final = "2021-12-31"  #: the last day on which a period of these could start
_TOO_LATE: Final = {"startDate": "2022-01-01"}


@dataclass(frozen=True, slots=True)
class WorkerType:
    """One worker type."""

    code: str
    given: Block  #: fields of an IN of this type
    wrong: Block  #: fields that differ in a refused IN
    refusal: str  #: the anomalies of that IN
    update: Block | None = None  #: an accepted UPDATE; None if only an OUT changes the period
    joint_commission: str | None = "XXX"
    of_authorities: bool = False  #: declared by provincial and local authorities alone

    @property
    def is_past(self) -> bool:
        """Return whether the type is no longer valid, so that each of its INs is late."""
        return bool(self.given["startDate"] == _LAST)

    @property
    def features(self) -> dict[str, Any]:
        """The features of an IN."""
        return _without_nones(jointCommissionNumber=self.joint_commission, workerType=self.code)

    def block(self, today: date, *, late: bool = False) -> dict[str, Any]:
        """Build a correct IN, on request one day late."""
        return dated({**self.given, "features": self.features}, today - timedelta(2 * late))

    def wrong_block(self, today: date) -> dict[str, Any]:
        """Build an IN that is refused."""
        features = {**self.features, **self.wrong.get("features", {})}
        given = {**self.given, **self.wrong, "features": _without_nones(**features)}
        return dated(_without_nones(**given), today)


def dated(block: Block, today: date) -> dict[str, Any]:
    """Return a block of a declaration, with its days as dates."""
    days = {
        name: (today + timedelta(block[name])).isoformat()
        for name in _DAYS
        if isinstance(block.get(name), int)
    }
    return {**block, **days}


def _without_nones(**given: Any) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value is not None}


WORKER_TYPES: Final = (
    WorkerType("OTH", _OPEN, {"features": {"jointCommissionNumber": None}}, "00046-001"),
    WorkerType("STU", _PLANNED, {"plannedHoursNumber": None}, "01135-001", {"plannedHoursNumber": 9}),
    WorkerType("EXT", _EVENING, {"startHour": None}, "00777-001", {"endHour": "2230"}, "302"),
    WorkerType("FLX", _EVENING, {"startHour": None}, "00777-001", {"endHour": "2230"}),
    WorkerType(
        "BCW", {**_OPEN, **_CARDS}, {"constructionControlCards": {"firstMonthC32ANumber": _CARD}},
        "00664-001",
        joint_commission="124",
    ),
    WorkerType(
        "RTA", {**_OPEN, **_CARDS},
        {"constructionControlCards": {"firstMonthC32ANumber": _CARD, "nextMonthC32ANumber": _CARD}},
        "00664-353",
        joint_commission="124",
    ),
    WorkerType("IVT", _TRAINING, {"smallStatutesInformation": None}, "00053-001 01231-001", {"endDate": 21}),
    WorkerType("TRI", _TRAINING, {"endDate": None}, "00911-001", {"endDate": 21}),
    WorkerType(
        "STG", _TRAINING,
        {"smallStatutesInformation": {"employmentNature": "CLERK", "workerStatus": "F1"}}, "01231-003",
        {"endDate": 21},
    ),
    WorkerType("DWD", _OPEN, {"plannedHoursNumber": 8}, "01135-005"),
    WorkerType("ALT", _OPEN, {"startDate": "2023-08-31"}, "00655-003 90373-460"),
    WorkerType(
        "O17", _PLANNED, {"startDate": _LAST, "endDate": _LAST}, "00910-008 90373-460",
        {"plannedHoursNumber": 9},
    ),
    WorkerType("S17", _PLANNED, {"endDate": 100}, "90373-421", {"plannedHoursNumber": 9}),
    WorkerType("T17", _ONE_DAY, {"endDate": 2}, "00911-008", {"startDate": 2, "endDate": 2}),
    WorkerType(
        "A17", {"startDate": _LAST, "endDate": _LAST}, {**_TOO_LATE, "endDate": "2022-01-01"},
        "00910-008 90373-460", {"startDate": "2021-12-30", "endDate": "2021-12-30"},
    ),
    WorkerType("PMP", _OPEN, {"plannedHoursNumber": 8}, "01135-005"),
    WorkerType("SWO", _OPEN, {"startDate": "2024-11-30"}, "00655-003 90373-460"),
    WorkerType(
        "TEA", {"startDate": _LAST}, _TOO_LATE, "00655-350 90373-460",
        joint_commission=None, of_authorities=True,
    ),
)  # fmt: skip
