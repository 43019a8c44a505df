"""Table of appointments: employer, mandatary and group of applications (decision D34). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from services.access.fields import MandataryKind


class Group(StrEnum):
    """A group of applications. A mandate covers one group; the employer may handle other groups itself."""

    DIMONA = "dimona"
    DMFA = "dmfa"  #: the quarterly declaration
    PERSONNEL_FILE = "personnelFile"
    CONTRIBUTIONS = "contributions"  #: payment of contributions
    OTHER = "other"  #: other administrative acts of social security


_ACTS: Final = frozenset({Group.DIMONA, Group.DMFA, Group.PERSONNEL_FILE, Group.OTHER})

#: (provincial or local authority?, kind of mandatary) → the groups it may be appointed for. Only an
#: approved secretariat collects contributions, and only those of private employers.
APPOINTABLE: Final[Mapping[tuple[bool, MandataryKind], frozenset[Group]]] = {
    (False, MandataryKind.APPROVED_SECRETARIAT): _ACTS | {Group.CONTRIBUTIONS},
    (False, MandataryKind.SERVICE_PROVIDER): _ACTS,
    (True, MandataryKind.APPROVED_SECRETARIAT): _ACTS,
    (True, MandataryKind.SERVICE_PROVIDER): _ACTS,
}

#: (provincial or local authority?, kind of mandatary) of each allowed affiliation.
AFFILIABLE: Final = frozenset({(False, MandataryKind.APPROVED_SECRETARIAT)})


def appointable(*, provincial_or_local: bool, kind: MandataryKind | None, group: str) -> bool:
    """Return whether an employer may appoint a mandatary of this kind for this group of applications.

    It depends on whether the employer is a provincial or local authority. A `kind` of None means an
    organization that is no mandatary.
    """
    return kind is not None and group in APPOINTABLE[provincial_or_local, kind]


def affiliable(*, provincial_or_local: bool, kind: MandataryKind | None) -> bool:
    """Return whether the employer is private, and the mandatary an approved secretariat."""
    return (provincial_or_local, kind) in AFFILIABLE
