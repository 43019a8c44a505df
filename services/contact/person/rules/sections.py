"""The sections of the data of a person: in which section each table appears."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from shared.domain.wire_values import given

#: The schemas with a table of messages that the broker can never take.
_PIPELINES: Final = (
    "access", "contact", "feed", "files", "identification", "intake", "notifier", "personnel_file",
)  # fmt: skip
#: Section → tables, in the order of the document.
SECTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "identity": ("identification.persons", "access.person", "personnel_file.former_numbers"),
    "careers": ("identification.careers",),
    "relations": ("personnel_file.relations",),
    "periods": ("personnel_file.periods", "personnel_file.locks"),
    "days": ("personnel_file.daily_registrations",),
    "findings": ("personnel_file.omission_findings", "personnel_file.omission_cases"),
    "declarations": (
        "intake.declarations", "intake.results", "identification.cases", "identification.case_history",
        "personnel_file.settlements", "personnel_file.waiting", "personnel_file.late",
        "personnel_file.history",
    ),
    "messages": (
        "notifier.notifications", "notifier.messages", "notifier.dispatches", "contact.notifications",
        *(f"{schema}.set_aside" for schema in _PIPELINES),
    ),
    "files": (
        "files.forms", "files.results", "files.queries", "files.pages", "files.changes",
        "feed.inscriptions", "feed.inscription_history", "feed.states_due",
    ),
    "cases": ("contact.cases", "contact.reports", "contact.readings"),
    "account": (
        "access.login", "access.session", "access.granted", "access.enterprise", "access.registration",
        "access.rehearsal", "access.interruption", "platform.security_log", "platform.holds",
    ),
}  # fmt: skip
#: Table → its section, in the order of the document.
SECTION_OF: Final[Mapping[str, str]] = {place: name for name, places in SECTIONS.items() for place in places}


@dataclass(frozen=True, slots=True)
class Row:
    """A stored row about a person: the name of its table, and its values."""

    place: str
    item: Mapping[str, Any]


class Quotas:
    """The use of quotas: announced hours and days of counted periods, by year and type of worker."""

    def __init__(self) -> None:
        self._used: defaultdict[tuple[int, str], dict[str, int]] = defaultdict(
            lambda: {"periods": 0, "plannedHours": 0, "plannedDays": 0}
        )

    def add(self, rows: Iterable[Row]) -> None:
        """Count the periods among these rows."""
        for period in (row.item for row in rows if row.place == "personnel_file.periods"):
            if period["isCounted"] and not period["isCanceled"]:
                used = self._used[int(period["startDate"][:4]), period["features"]["worker_type"]]
                used["periods"] += 1
                used["plannedHours"] += period["plannedHours"] or 0
                used["plannedDays"] += period["plannedDays"] or 0

    def rows(self) -> list[dict[str, Any]]:
        """Return the use of each year and type of worker."""
        return [
            {"year": year, "workerType": type_, **used} for (year, type_), used in sorted(self._used.items())
        ]


def shown(row: Row) -> dict[str, Any]:
    """Return a row as JSON, with the name of its table and without empty values."""
    return {"source": row.place, **given(row.item)}
