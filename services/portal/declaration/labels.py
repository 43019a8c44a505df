"""The labels of all fields of declarations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from services.portal.declaration import identity, rules
from shared.words import later

#: By the name of the field.
LABELS: Final[Mapping[str, str]] = {
    "organization": later("Organization"),
    "employer": later("Employer"),
    **{
        each.name: each.label
        for each in (
            rules.SSIN, rules.START, rules.START_HOUR, rules.END, rules.END_HOUR, rules.PLANNED, rules.USER,
            rules.USER_COMMISSION, rules.NATURE, rules.RISK, rules.STATUS, *identity.FIELDS,
        )
    },
}  # fmt: skip
