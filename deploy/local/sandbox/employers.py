"""The test employers of the sandbox, each with one property that a scenario needs.

Each test employer, except `stranger`, gives a mandate to every organization with a technical client.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from deploy.local.demo.directory import Employer, Mandate, Organization
from deploy.local.demo.numbers import (
    make_employer_id,
    make_enterprise_number,
    make_provisional_employer_id,
)

WITHOUT_MANDATES: Final = "stranger"
#: Numbers of employers with right check digits that are not in the directory.
UNKNOWN_ENTERPRISES: Final = {"unknown": make_enterprise_number(99_999)}
UNKNOWN_EMPLOYER_IDS: Final = {
    "unknown": make_employer_id(9_999),
    "unknown_provisional": make_provisional_employer_id(9_999),
}


def _employer(sequence: int, role: str, name: str, **facts: Any) -> Organization:
    facts.setdefault("employer_id", make_employer_id(9_000 + sequence))
    return Organization(role, make_enterprise_number(90_000 + sequence), name, "fr", Employer(**facts))


TEST_EMPLOYERS: Final[tuple[Organization, ...]] = (
    _employer(1, "plain", "Bac à sable SA"),
    _employer(2, WITHOUT_MANDATES, "Sans Mandat SA"),
    _employer(3, "ended", "Rideau Fermé SA", active_until=date(2024, 6, 30)),
    _employer(4, "provisional", "Numéro Provisoire SA", employer_id=make_provisional_employer_id(9_004)),
    _employer(5, "town", "Commune de Sable", provincial_or_local=True),
    _employer(6, "service", "Service public du Sable", sub_entities=("0100", "0200")),
    _employer(7, "flexible", "Flexi-jobs par période SA", daily_registration=True),
    _employer(8, "inn", "Auberge du Quota SA"),
)


def mandates_of(organizations: list[str]) -> list[Mandate]:
    """Return the mandates of the test employers to these organizations."""
    return [
        Mandate(employer.enterprise_number, organization)
        for employer in TEST_EMPLOYERS
        if employer.role != WITHOUT_MANDATES
        for organization in organizations
    ]
