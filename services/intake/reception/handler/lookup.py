"""Load from the directory and the stored declarations all that the rules need, once for a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.intake.reception.channels.queue import Command
from services.intake.reception.rules import Employer, KnownPeriod, employer_among
from services.intake.reception.store import directory
from services.intake.reception.store.directory import NamedPeriod
from shared.domain.declared import Declaration, Kind
from shared.domain.identifiers import (
    EnterpriseNumber,
    parse_dimona_number,
    parse_employer_id,
    parse_enterprise_number,
)
from shared.runtime.database import Transaction


@dataclass(frozen=True, slots=True)
class Submission:
    """A readable command of a registered client, with all that the rules need to admit or refuse it."""

    command: Command
    declaration: Declaration
    organization: str  #: enterprise number of the organization that the client belongs to
    employer: Employer | None
    declared_employer: Employer | None  #: the employer of the numbers that the declaration gives
    named: NamedPeriod | None
    entitled: bool  #: whether the organization may act for the employer
    user_known: bool | None  #: whether the register of enterprises has the user; None while not loaded

    @property
    def period(self) -> KnownPeriod | None:
        """The period that is named, or that the named registration belongs to."""
        return self.named.period if self.named else None


async def look_up(
    tx: Transaction, readable: Sequence[tuple[Command, Declaration]], organizations: Mapping[str, str]
) -> list[Submission]:
    """Load employers, periods and mandates of a batch in this transaction (decision D9).

    Args:
        tx: the transaction that stores the declarations.
        readable: commands with their declarations.
        organizations: the organization of each client, by client id.
    """
    declarations = [declaration for _, declaration in readable]
    periods, days = await _load_periods(tx, declarations)
    named = [declaration.employer for declaration in declarations if declaration.employer is not None]
    enterprise_numbers: set[str | None] = {parse_enterprise_number(e.enterprise_number or "") for e in named}
    enterprise_numbers |= {known.period.employer for known in (*periods.values(), *days.values())}
    users = {user for declaration in declarations if (user := _user(declaration)) is not None}
    enterprise_numbers |= users
    employer_ids: set[int | None] = {parse_employer_id(e.employer_id or 0) for e in named}
    employers = await directory.load_employers(tx, enterprise_numbers, employer_ids)
    by_number: dict[str, Employer] = {employer.enterprise_number: employer for employer in employers}
    mandates = await directory.load_mandates(tx, set(organizations.values()), set(by_number))
    users_known = await directory.load_users(tx, users) if users else {}
    users_known |= dict.fromkeys(users & by_number.keys(), True)
    submissions = []
    for command, declaration in readable:
        organization = organizations[command.client_id]
        period = periods.get(declaration.period_id or 0) or days.get(declaration.daily_registration_id or 0)
        declared = employer_among(declaration.employer, employers) if declaration.employer else None
        if declaration.kind is Kind.IN:
            employer = declared
        else:
            employer = by_number.get(period.period.employer) if period else None
        entitled = employer is not None and (
            employer.enterprise_number == organization
            or (organization, employer.enterprise_number) in mandates
        )
        user = _user(declaration)
        user_known = users_known.get(user) if user is not None else None
        submissions.append(
            Submission(command, declaration, organization, employer, declared, period, entitled, user_known)
        )
    return submissions


async def _load_periods(
    tx: Transaction, declared: Sequence[Declaration]
) -> tuple[dict[int, NamedPeriod], dict[int, NamedPeriod]]:
    """Return the periods that are named: by their own number, and by the number of a daily registration."""
    period_ids = {parse_dimona_number(d.period_id) for d in declared if d.period_id is not None}
    day_ids = {parse_dimona_number(id_) for d in declared if (id_ := d.daily_registration_id) is not None}
    periods = await directory.load_periods(tx, period_ids - {None}) if period_ids else {}
    return periods, await directory.load_days(tx, day_ids - {None}) if day_ids else {}


def _user(declaration: Declaration) -> EnterpriseNumber | None:
    """Return the enterprise number of the user undertaking of an IN, if it is declared and readable."""
    opens = declaration.dimona_in
    user = opens.features.using_employer if opens is not None else None
    return parse_enterprise_number(user.enterprise_number or "") if user is not None else None
