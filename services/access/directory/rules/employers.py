"""Values of an employer, and the rights needed to change each of them. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Final

from services.access.finding import Finding
from shared.domain.identifiers import looks_provisional
from shared.domain.rights import AUTHORITY, Right

#: Rights that may set a field, at registration and later. The employer's own managers decide about its
#: choices, an agent of the authority about consequences of the law.
_OWN: Final = frozenset({Right.REPRESENTATIVE, Right.ACCESS})
_AUTHORITY: Final = frozenset({Right.AGENT})
CHANGED_BY: Final[Mapping[str, frozenset[Right]]] = {
    "name": _OWN | _AUTHORITY,
    "language": _OWN | _AUTHORITY,
    "dailyRegistration": _OWN | _AUTHORITY,
    "employerId": _AUTHORITY,
    "category": _AUTHORITY,
    "provincialOrLocal": _AUTHORITY,
    "activeFrom": _AUTHORITY,
    "activeUntil": _AUTHORITY,
    "securedChannelOnly": _AUTHORITY,
    "subEntities": _AUTHORITY,
}


def beyond(has: Collection[Right], fields: Collection[str]) -> list[str]:
    """Return the fields that cannot be changed with these rights, in alphabetical order."""
    return sorted(field for field in fields if not CHANGED_BY[field] & set(has))


def registrable(enterprise_number: str) -> bool:
    """Return whether an organization may be registered as an employer.

    Every organization may be, except the authority, because its agents see the data of all employers.
    """
    return enterprise_number != AUTHORITY


def dates(active_from: date, active_until: date | None) -> list[Finding]:
    """Return a finding if the last day of activity lies before the first, otherwise an empty list."""
    if active_until is not None and active_until < active_from:
        return [Finding("invalid_period", ("activeUntil",), "The end lies before the beginning")]
    return []


def renumbered(before: int, after: int) -> list[Finding]:
    """Return a finding if an employer cannot get the number `after` in place of `before`.

    Otherwise return an empty list. A change is allowed only from a provisional number to a definitive number
    (rule R43).
    """
    if before == after or (looks_provisional(before) and not looks_provisional(after)):
        return []
    return [
        Finding(
            "invalid_input", ("employerId",), "A provisional number is replaced by a definitive one, no other"
        )
    ]
