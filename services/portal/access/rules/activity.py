"""The texts of changes and looks in the activity log. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from shared.words import later

#: Kind of row and end of the type of an event → text.
CHANGES: Final[Mapping[tuple[str, str], str]] = {
    ("organizations", "added"): later("Organization added"),
    ("organizations", "changed"): later("Name or language changed"),
    ("organizations", "removed"): later("Organization removed"),
    ("employers", "added"): later("Registered as employer"),
    ("employers", "changed"): later("Data of the employer changed"),
    ("employers", "removed"): later("Employer removed"),
    ("mandataries", "added"): later("May act for others"),
    ("mandataries", "changed"): later("May act for others in another way"),
    ("mandataries", "removed"): later("May no longer act for others"),
    ("mandates", "added"): later("Mandate proposed"),
    ("mandates", "changed"): later("Mandate changed"),
    ("mandates", "removed"): later("Mandate removed"),
    ("affiliations", "added"): later("Affiliation begun"),
    ("affiliations", "changed"): later("Affiliation changed"),
    ("affiliations", "removed"): later("Affiliation removed"),
    ("clients", "added"): later("Technical client added"),
    ("clients", "changed"): later("Technical client changed"),
    ("clients", "removed"): later("Technical client removed"),
    ("clientKeys", "added"): later("Key added"),
    ("clientKeys", "changed"): later("Key ended"),
    ("rights", "added"): later("Right given"),
    ("rights", "changed"): later("Right taken back"),
    ("rights", "removed"): later("Right removed"),
    ("eboxes", "added"): later("e-Box opened"),
    ("eboxes", "changed"): later("e-Box changed"),
    ("eboxes", "removed"): later("e-Box closed"),
}
OTHER: Final = later("Another change of access")
LOOKS: Final[Mapping[str, str]] = {
    "listUsers": later("List of users"),
    "readUser": later("A user with the rights"),
    "addUser": later("A user was added"),
    "listChanges": later("Activity log: changes"),
    "listLooks": later("Activity log: looks"),
    "readMessage": later("A message of the e-Box"),
}
OTHER_LOOK: Final = later("Other data about persons")


def text_of_change(type_: str) -> str:
    """Return the text of a change: `be.nsso.dimona.v1.rights.notify.added`."""
    before, _, end = type_.rpartition(".notify.")
    return CHANGES.get((before.rpartition(".")[2], end), OTHER)


def right_of_change(change: Mapping[str, Any]) -> tuple[str, str | None] | None:
    """Return the right that a change gave or took back, with its type of message; None for another change."""
    row = change.get("after") or change.get("before") or {}
    return (row["what"], row.get("messageType")) if "what" in row else None
