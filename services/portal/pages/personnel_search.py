"""The criteria of a search: the fields of the form, their check, and the body for them, both ways. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from services.portal.declaration import rules
from services.portal.declaration.rules import Field, digits
from shared.domain.features import JOINT_COMMISSIONS, WORKER_TYPES
from shared.domain.identifiers import parse_dimona_number
from shared.words import later

STATUSES: Final = {"OPEN": later("open"), "CLOSED": later("closed"), "CANCELLED": later("cancelled")}
SPANS: Final = {
    "activePeriod": later("Active"),
    "startPeriod": later("Begins"),
    "endPeriod": later("Ends"),
    "movementPeriod": later("Begins or ends"),
    "receptionPeriod": later("Declared"),
}
FLAGS: Final = {
    "isLate": later("Declared late"),
    "isLocked": later("Locked"),
    "isQuotaExceeded": later("Beyond a quota"),
    "hasDailyRegistrations": later("With daily registrations"),
}
ANSWERS: Final = {"yes": later("yes"), "no": later("no")}
LEVELS: Final = {"period": later("periods"), "relation": later("relations")}
SORTS: Final = {
    "number": later("by number"),
    "startDate": later("by first day, the earliest first"),
    "-startDate": later("by first day, the latest first"),
}
#: Mistakes of this form, besides those of declarations.
WRONG: Final[Mapping[str, str]] = {
    **rules.WRONG,
    "dimona": later("The number of a period has 12 digits, and its check digits must be right."),
    "relation": later("The number of a relation has only digits."),
    "name": later("Give the search a name of at most 100 characters."),
    "worker": later("A search that is kept or exported names no worker: empty the number and the names."),
}

#: The fields for a worker, which no kept search may have.
WORKER: Final = (
    Field("ssin", later("National register number"), required=False, digits="ssin"),
    Field("family_name", later("Beginning of the family name"), required=False, longest=100),
    Field("given_name", later("Beginning of the given name"), required=False, longest=100),
)
OTHERS: Final = (
    Field("period_id", later("Number of a period"), required=False),
    Field("relation_id", later("Number of a relation"), required=False),
    Field("sub_entity", later("Sub-entity"), required=False, longest=100),
    Field(
        "user_number", later("Enterprise number of the user undertaking"), required=False, digits="enterprise"
    ),
    Field("hours_from", later("Planned hours, at least"), "number", required=False),
    Field("hours_until", later("Planned hours, at most"), "number", required=False),
)
DAYS: Final[Mapping[str, tuple[Field, Field]]] = {
    name: (
        Field(f"{name}_from", later("from"), "date", required=False),
        Field(f"{name}_until", later("until"), "date", required=False),
    )
    for name in SPANS
}
FIELDS: Final = (*WORKER, *OTHERS, *(field for pair in DAYS.values() for field in pair))

#: The place of each field in the body.
_PLACES: Final[Mapping[str, tuple[str, ...]]] = {
    "ssin": ("worker", "ssin"),
    "family_name": ("worker", "familyName"),
    "given_name": ("worker", "givenName"),
    "period_id": ("periodId",),
    "relation_id": ("relationId",),
    "sub_entity": ("features", "subEntityNumber"),
    "user_number": ("features", "usingEmployer", "enterpriseNumber"),
    "hours_from": ("plannedHoursNumber", "minimum"),
    "hours_until": ("plannedHoursNumber", "maximum"),
    **{f"{name}_from": (name, "startDate") for name in SPANS},
    **{f"{name}_until": (name, "endDate") for name in SPANS},
}
_IN_DIGITS: Final = frozenset({"ssin", "user_number", "period_id", "relation_id"})
_WHOLE: Final = frozenset({"period_id", "relation_id", "hours_from", "hours_until"})
_MOST_DIGITS: Final = 18
#: Groups of boxes: the place of the list in the body, and the codes, each with a box `group_code`.
BOXES: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "status": (("status",), tuple(STATUSES)),
    "worker_type": (("features", "workerType"), tuple(sorted(WORKER_TYPES))),
    "joint_commission": (("features", "jointCommissionNumber"), tuple(sorted(JOINT_COMMISSIONS))),
}


def mistakes(typed: Mapping[str, str]) -> dict[str, str]:
    """Return the mistakes in the form of a search: name of the field, and a key of WRONG."""
    found = rules.mistakes(FIELDS, typed)
    period, relation = (digits(typed.get(name, "")) for name in ("period_id", "relation_id"))
    if period and not (period.isdecimal() and parse_dimona_number(int(period[:_MOST_DIGITS]))):
        found["period_id"] = "dimona"
    if relation and not (relation.isdecimal() and len(relation) <= _MOST_DIGITS):
        found["relation_id"] = "relation"
    for first, last in DAYS.values():
        start, end = typed.get(first.name, ""), typed.get(last.name, "")
        if start and end and end < start and not {first.name, last.name} & found.keys():
            found[last.name] = "order"
    return found


def names_worker(typed: Mapping[str, str]) -> str:
    """Return the first field that names a worker; an empty text if none does."""
    return next((field.name for field in WORKER if typed.get(field.name)), "")


def criteria(typed: Mapping[str, str], employer: str) -> dict[str, Any]:
    """Return the body of a search for an employer. Empty fields are no criteria.

    Without `employer` the body names none, as in a search that is kept for all employers.
    """
    body: dict[str, Any] = {}
    if employer:
        _put(body, ("employer", "enterpriseNumber"), employer)
    for name, place in _PLACES.items():
        if text := typed.get(name, ""):
            value = digits(text) if name in _IN_DIGITS else text
            _put(body, place, int(value) if name in _WHOLE else value)
    for group, (place, codes) in BOXES.items():
        if chosen := [code for code in codes if typed.get(f"{group}_{code}")]:
            _put(body, place, chosen)
    return body | {name: typed[name] == "yes" for name in FLAGS if typed.get(name) in ANSWERS}


def typed_of(body: Mapping[str, Any]) -> dict[str, str]:
    """Return the fields of the form for the criteria of a kept search."""
    typed = {name: str(value) for name, place in _PLACES.items() if (value := _get(body, place)) is not None}
    for group, (place, codes) in BOXES.items():
        chosen = _get(body, place) or ()
        typed |= {f"{group}_{code}": "yes" for code in codes if code in chosen}
    return typed | {name: "yes" if body[name] else "no" for name in FLAGS if name in body}


def _put(body: dict[str, Any], place: tuple[str, ...], value: object) -> None:
    *parents, last = place
    for name in parents:
        body = body.setdefault(name, {})
    body[last] = value


def _get(body: Mapping[str, Any], place: tuple[str, ...]) -> Any:
    found: Any = body
    for name in place:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found
