"""Data that the designation of a principal access manager requires. Pure.

The responsible person shows no identity card, but is the caller, logged in with the assurance level of the
operation. The national register number in the request must be that of the login.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from services.access.finding import Finding

#: Each row is one required datum: the fields that may hold it, and the text for a missing one.
REQUIRED: Final[Sequence[tuple[tuple[tuple[str, ...], ...], str]]] = (
    (
        (("enterpriseNumber",), ("employerId",)),
        "Give the enterprise number, or the NSSO or provisional number, of the entity",
    ),
    ((("person", "ssin"),), "Give the national register number of the person you designate"),
    ((("person", "phone"),), "Give the phone number of the person you designate"),
    ((("responsible", "ssin"),), "Give the national register number of the responsible person"),
    ((("responsible", "phone"),), "Give the phone number of the responsible person"),
)


def missing(given: Mapping[str, Any]) -> list[Finding]:
    """Return a finding for each required value that is missing, with the field that should hold it."""
    return [
        Finding("required_input", fields[0], detail)
        for fields, detail in REQUIRED
        if all(_value(given, field) is None for field in fields)
    ]


def _value(given: Mapping[str, Any], field: tuple[str, ...]) -> Any:
    value: Any = given
    for name in field:
        value = value.get(name) if value is not None else None
    return value
