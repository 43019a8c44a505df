"""Select from the loaded facts of a batch the facts that the rules need about each declaration."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from services.intake.reception.channels.queue import Command
from services.intake.reception.rules import Employer, KnownPeriod, employer_among
from services.intake.reception.store.loading import Loaded, NamedPeriod, Needs
from shared.domain.declared import Declaration, Kind
from shared.domain.identifiers import (
    EnterpriseNumber,
    parse_dimona_number,
    parse_employer_id,
    parse_enterprise_number,
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Submission:
    """A readable command of a registered client, with all that the rules need to admit or refuse it."""

    command: Command
    declaration: Declaration
    organization: str  #: enterprise number of the organization that the client belongs to
    employer: Employer | None
    declared_employer: Employer | None  #: the employer with the declared numbers, if known
    named: NamedPeriod | None
    entitled: bool  #: whether the organization may act for the employer
    user_known: bool | None  #: whether the enterprise register has the user; None without user or register

    @property
    def period(self) -> KnownPeriod | None:
        """The period that the declaration names directly, or through a daily registration.

        None if the declaration names no period, or a period that intake does not know.
        """
        return self.named.period if self.named else None


def needs_of(declarations: Sequence[Declaration]) -> Needs:
    """Return the numbers that declarations name, so that the facts about them can be loaded.

    Numbers that cannot be read are left out.
    """
    named = [declaration.employer for declaration in declarations if declaration.employer is not None]
    return Needs(
        _given(parse_dimona_number(d.period_id) for d in declarations if d.period_id is not None),
        _given(
            parse_dimona_number(id_) for d in declarations if (id_ := d.daily_registration_id) is not None
        ),
        _given(parse_enterprise_number(e.enterprise_number or "") for e in named),
        _given(parse_employer_id(e.employer_id or 0) for e in named),
        _given(_user(declaration) for declaration in declarations),
    )


def _given(numbers: Iterable[T | None]) -> set[T]:
    return {number for number in numbers if number is not None}


def look_up(command: Command, declaration: Declaration, loaded: Loaded) -> Submission:
    """Return a readable command of a registered client, with the loaded facts about it."""
    organization = loaded.organizations[command.client_id]
    by_number = loaded.by_number
    period = loaded.periods.get(declaration.period_id or 0) or loaded.days.get(
        declaration.daily_registration_id or 0
    )
    declared = employer_among(declaration.employer, loaded.employers) if declaration.employer else None
    if declaration.kind is Kind.IN:
        employer = declared
    else:
        employer = by_number.get(period.period.employer) if period else None
    entitled = employer is not None and (
        employer.enterprise_number == organization
        or (organization, employer.enterprise_number) in loaded.mandates
    )
    user = _user(declaration)
    user_known = None if user is None else True if user in by_number else loaded.users.get(user)
    return Submission(command, declaration, organization, employer, declared, period, entitled, user_known)


def _user(declaration: Declaration) -> EnterpriseNumber | None:
    """Return the enterprise number of the user undertaking of an IN, or None if there is none."""
    opens = declaration.dimona_in
    user = opens.features.using_employer if opens is not None else None
    return parse_enterprise_number(user.enterprise_number or "") if user is not None else None
