"""The writer of the declarations of the scenario, with the JSON names of the contract."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from deploy.local.demo.data import DemoData
from deploy.local.demo.people import DemoPerson
from shared.domain.calendar import quarter

OTHER: Final = {"jointCommissionNumber": "XXX", "workerType": "OTH"}
FLEXI: Final = {"jointCommissionNumber": "XXX", "workerType": "FLX"}
STUDENT: Final = {"jointCommissionNumber": "XXX", "workerType": "STU"}


@dataclass(frozen=True, slots=True)
class NumberOf:
    """A placeholder in a declaration for a number that an earlier act got.

    The number is that of the period or registered day that the act created.
    """

    act: str


@dataclass(frozen=True, slots=True)
class Writer:
    """A writer of declarations with the JSON names of the contract; days are counted from today."""

    data: DemoData

    def day(self, days: int) -> str:
        return (self.data.today + timedelta(days)).isoformat()

    def engage(
        self,
        role: str,
        worker: DemoPerson | dict[str, Any],
        start: int = 0,
        end: int | None = None,
        features: dict[str, str] = OTHER,
        **more: Any,
    ) -> dict[str, Any]:
        """Return an IN for the employer in this role.

        `worker` is a person, declared by NISS, or a whole `worker` block. `start` and `end` are days counted
        from today; an `end` of None leaves the period open. `more` has further properties of the IN.
        """
        block: dict[str, Any] = {"startDate": self.day(start), "features": features, **more}
        if end is not None:
            block["endDate"] = self.day(end)
        return {
            "employer": {"enterpriseNumber": self.data.organizations[role].enterprise_number},
            "worker": {"ssin": worker.ssin} if isinstance(worker, DemoPerson) else worker,
            "dimonaIn": block,
        }

    def leave(self, act: str, end: int) -> dict[str, Any]:
        """Return an OUT that ends the period of this act. `end` is the last day, counted from today."""
        return {"dimonaOut": {"periodId": NumberOf(act), "endDate": self.day(end)}}

    def change(self, act: str, **changes: Any) -> dict[str, Any]:
        """Return an UPDATE of the period of this act, with these properties."""
        return {"dimonaUpdate": {"periodId": NumberOf(act), **changes}}

    def cancel(self, act: str) -> dict[str, Any]:
        """Return a CANCEL of the period of this act."""
        return {"dimonaCancel": {"periodId": NumberOf(act)}}

    def register_day(self, act: str, day: int, start_hour: str, end_hour: str) -> dict[str, Any]:
        """Return a daily registration of one day in the period of this act. `day` is counted from today."""
        date_ = self.day(day)
        return {
            "dimonaDailyRegistration": {
                "attestationStatus": 0, "periodId": NumberOf(act),
                "startDate": date_, "startHour": start_hour, "endDate": date_, "endHour": end_hour,
            }
        }  # fmt: skip

    def change_day(self, act: str, **changes: Any) -> dict[str, Any]:
        """Return a change of the day that this act registered; without changes, a cancellation of the day."""
        block = {"attestationStatus": 1 if changes else 3, "dailyRegistrationId": NumberOf(act), **changes}
        return {"dimonaDailyRegistration": block}

    def fortnight(self) -> int:
        """Return the number of days from today to a day that is in one quarter with the 14 days after it."""
        days = ((n, self.data.today + timedelta(n)) for n in range(1, 32))
        return next(n for n, first in days if quarter(first) == quarter(first + timedelta(14)))
