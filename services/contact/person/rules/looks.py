"""The looks at the data of a person, as the person sees them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

#: The purpose of a look without a stated one, by its table.
_PURPOSES: Final[Mapping[str, str]] = {
    "personnel_file.consultations": "personnelFile",
    "personnel_file.late_readings": "lateDeclarations",
    "intake.readings": "declarationResult",
    "personnel_file.omission_readings": "omission",
    "notifier.readings": "eBox",
    "platform.looks": "notification",
    "platform.security_log": "security",
    "feed.disclosures": "institution",
    "identification.readings": "identification",
    "contact.readings": "case",
    "contact.person_looks": "ownRequest",
}
#: The purpose of an operation that shares its record with operations of other purposes.
_PURPOSES_OF_OPERATIONS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("listUsers", "addUser", "readUser"), "directory"),
    **dict.fromkeys(("listRegistrations", "readRegistration", "decideRegistration"), "directory"),
    **dict.fromkeys(("readContestations", "claimReport", "answerReport"), "case"),
    "parked show": "operation",
    "getFileAnswer": "declarationResult",
}


@dataclass(frozen=True, slots=True)
class Look:
    """A look at data of a person, as its service recorded it."""

    place: str  #: the table of the record
    at: datetime
    reader: str  #: user id, client id, or account of an operator
    organization: str | None  #: enterprise number, if the record has it
    operation: str
    subject: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Organization:
    """An organization for which a reader acts, and whether the reader is an agent of the authority there."""

    enterprise_number: str
    name: str
    is_agent: bool = False


def newest(looks: Sequence[Look], most: int) -> tuple[list[Look], datetime | None]:
    """Return a page of looks, newest first, and the instant before which the next page begins.

    Looks of one instant stay on one page, so a page may be larger than `most`. The instant is None on the
    last page.
    """
    ordered = sorted(looks, key=lambda look: (look.at, look.place, look.reader), reverse=True)
    if len(ordered) <= most:
        return ordered, None
    edge = ordered[most - 1].at
    page = [look for look in ordered if look.at >= edge]
    return page, edge if len(page) < len(ordered) else None


def line(look: Look, organizations: Sequence[Organization]) -> dict[str, Any]:
    """Return a look as JSON.

    The reader appears as an organization, and not by name or user id: these are data of another person.
    """
    of_record = [each for each in organizations if each.enterprise_number == look.organization]
    about = {name: value for name, value in look.subject.items() if value is not None}
    return {
        "lookedAt": look.at.isoformat(),
        "kind": _kind(look, organizations),
        "organizations": [
            {"enterpriseNumber": each.enterprise_number, "name": each.name}
            for each in of_record or organizations
        ],
        "operation": look.operation,
        "purpose": about.pop("reason", None)
        or _PURPOSES_OF_OPERATIONS.get(look.operation, _PURPOSES[look.place]),
        "about": about,
        "source": look.place,
    }


def _kind(look: Look, organizations: Sequence[Organization]) -> str:
    if look.place == "contact.person_looks" and "reason" not in look.subject:
        return "self"
    if look.place.startswith("contact.") or any(each.is_agent for each in organizations):
        return "agent"
    if look.place == "feed.disclosures":
        return "institution"
    return "employer" if organizations else "operator"
