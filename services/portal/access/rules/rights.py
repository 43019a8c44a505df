"""The rights of users: their texts, the boxes of a form, and the changes between two sets. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from services.portal.access.rules.inputs import YES
from shared.domain.rights import MessageType, Right
from shared.words import later

#: A right and, for the e-Box, a type of message; None means all types.
Grant = tuple[str, str | None]

RIGHTS: Final[Mapping[str, str]] = {
    Right.REPRESENTATIVE: later("Legal representative"),
    Right.ACCESS: later("Principal access manager"),
    Right.USERS: later("Local access manager"),
    Right.DECLARE: later("Declare"),
    Right.CONSULT: later("Personnel file"),
    Right.EBOX: later("Read the e-Box"),
    Right.EBOX_MANAGEMENT: later("Manage the e-Box"),
    Right.CONTEST: later("Contest"),
    Right.AGENT: later("Agent of the authority"),
    Right.PRIVACY: later("Data protection officer"),
}
#: The columns of the matrix of an organization other than the authority.
COLUMNS: Final = tuple(right for right in RIGHTS if right not in (Right.AGENT, Right.PRIVACY))
_PREFIX: Final = "right_"


def field_of(grant: Grant) -> str:
    """Return the name of the box for a right: `right_declare`, `right_ebox_dimonaPositive`."""
    right, of = grant
    return f"{_PREFIX}{right}" + (f"_{of}" if of else "")


def boxes(rights: Iterable[str]) -> list[Grant]:
    """Return the boxes for these rights, in the order of the matrix; the e-Box has one per type too."""
    given = set(rights)
    return [
        (str(right), of)
        for right in RIGHTS
        if right in given
        for of in ((None, *MessageType) if right == Right.EBOX else (None,))
    ]


def checked(typed: Mapping[str, str], rights: Iterable[str]) -> set[Grant]:
    """Return the rights with a checked box, in a form that has boxes for `rights`."""
    return {(right, of) for right, of in boxes(rights) if typed.get(field_of((right, of))) == YES}


def grants(rights: Iterable[Mapping[str, str]]) -> set[Grant]:
    """Return the rights of a user as the directory shows them."""
    return {(each["right"], each.get("messageType")) for each in rights}


def wanted(present: Collection[Grant], chosen: Collection[Grant], grantable: Collection[str]) -> set[Grant]:
    """Return all rights after a change: those beyond the power of the person stay, the others as chosen."""
    return {grant for grant in present if grant[0] not in grantable} | set(chosen)


def body_of(rights: Iterable[Grant]) -> list[dict[str, Any]]:
    """Return rights in the form of the API."""
    ordered = sorted(rights, key=lambda grant: (grant[0], grant[1] or ""))
    return [{"right": right, **({"messageType": of} if of else {})} for right, of in ordered]


def digest(rights: Iterable[Grant]) -> str:
    """Return the SHA-256 of rights in hexadecimal, the same for each order of them."""
    return hashlib.sha256(json.dumps(body_of(rights)).encode()).hexdigest()
