"""What an employer's row may say, and who may change which part of it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Final

from services.access.rules.finding import Finding
from shared.domain.identifiers import looks_provisional
from shared.domain.rights import AUTHORITY, Right

#: Who decides about what, when an employer is registered and afterwards: his own managers about how he
#: wants to be treated, and an agent of the authority about what follows from the law.
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
    """Of these fields those that somebody with these rights may not change, in alphabetical order."""
    return sorted(field for field in fields if not CHANGED_BY[field] & set(has))


def registrable(enterprise_number: str) -> bool:
    """Whether somebody may register it: the authority, whose agents see everything, is nobody's to take."""
    return enterprise_number != AUTHORITY


def dates(active_from: date, active_until: date | None) -> list[Finding]:
    """What is wrong with the days of activity."""
    if active_until is not None and active_until < active_from:
        return [Finding("invalid_period", ("activeUntil",), "The end lies before the beginning")]
    return []


def renumbered(before: int, after: int) -> list[Finding]:
    """What is wrong with another number: only a provisional one is ever replaced, by a definitive one."""
    if before == after or (looks_provisional(before) and not looks_provisional(after)):
        return []
    return [
        Finding(
            "invalid_input", ("employerId",), "A provisional number is replaced by a definitive one, no other"
        )
    ]
