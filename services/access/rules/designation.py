"""Who designates the principal access manager of an entity, and the data that takes (seed 001). Pure.

The identity card of the responsible person is replaced by his login: he calls himself, with the
assurance level that the operation names, and gives the number that he has logged in with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from services.access.rules.finding import Finding

#: Each row is one of the data that the source calls necessary: any of its fields will do.
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
    """The necessary data that a designation lacks, each named by the first field that it may stand in."""
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
