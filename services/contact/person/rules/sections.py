"""The sections of the data of a person: in which section each table appears."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from services.contact.person.rules.asking import Person
from shared.domain.wire_values import given

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
    ),
    "files": (
        "files.forms", "files.results", "files.pages", "files.changes", "feed.inscriptions",
        "feed.inscription_history",
    ),
    "cases": ("contact.cases", "contact.reports", "contact.readings"),
    "account": (
        "access.login", "access.session", "access.granted", "access.enterprise", "access.registration",
        "access.rehearsal", "access.interruption", "platform.security_log",
    ),
}  # fmt: skip
_SECTION_OF: Final = {place: name for name, places in SECTIONS.items() for place in places}
_ORDER: Final = {place: n for n, place in enumerate(_SECTION_OF)}


@dataclass(frozen=True, slots=True)
class Row:
    """A stored row about a person: the name of its table, and its values."""

    place: str
    item: Mapping[str, Any]


def document(person: Person, rows: Iterable[Row], now: datetime) -> dict[str, Any]:
    """Return the data of a person as JSON: each section with its rows, and the use of quotas by year."""
    sections: dict[str, list[dict[str, Any]]] = {name: [] for name in SECTIONS}
    ordered = sorted(rows, key=lambda row: _ORDER[row.place])
    for row in ordered:
        sections[_SECTION_OF[row.place]].append({"source": row.place, **given(row.item)})
    return {
        "ssin": person.ssin,
        "formerSsins": list(person.former_ssins),
        "isDeceased": person.is_deceased,
        "generatedAt": now.isoformat(),
        "sections": sections,
        "quotas": quotas([row.item for row in ordered if row.place == "personnel_file.periods"]),
    }


def quotas(periods: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the use of quotas: announced hours and days of counted periods, by year and type of worker."""
    used: defaultdict[tuple[int, str], dict[str, int]] = defaultdict(
        lambda: {"periods": 0, "plannedHours": 0, "plannedDays": 0}
    )
    for period in periods:
        if period["isCounted"] and not period["isCanceled"]:
            row = used[int(period["startDate"][:4]), period["features"]["worker_type"]]
            row["periods"] += 1
            row["plannedHours"] += period["plannedHours"] or 0
            row["plannedDays"] += period["plannedDays"] or 0
    return [{"year": year, "workerType": type_, **row} for (year, type_), row in sorted(used.items())]
