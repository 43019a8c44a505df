"""What intake must know of the world before its rules can judge: asked once for a whole batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.intake.channels.queue import Command
from services.intake.rules import Employer, KnownPeriod, employer_among
from services.intake.store import world
from services.intake.store.world import Known
from shared.domain.declared import Declaration, Kind
from shared.domain.identifiers import (
    EnterpriseNumber,
    parse_dimona_number,
    parse_employer_id,
    parse_enterprise_number,
)
from shared.runtime.database import Transaction


@dataclass(frozen=True, slots=True)
class Entry:
    """A command on its way to being stored: who says it, about whom, and by what right."""

    command: Command
    declaration: Declaration
    organization: str
    employer: Employer | None
    known: Known | None
    entitled: bool
    user_known: bool | None  #: whether the directory has the user undertaking; None when none is named

    @property
    def period(self) -> KnownPeriod | None:
        """The period that is named, or that the registration named belongs to, if there is one."""
        return self.known.period if self.known else None


async def look_up(
    tx: Transaction, readable: Sequence[tuple[Command, Declaration]], organizations: Mapping[str, str]
) -> list[Entry]:
    """Employers, periods and mandates of a batch, each asked in one statement, in this transaction (D9)."""
    named = [d.employer for _, d in readable if d.employer is not None]
    period_ids = {parse_dimona_number(d.period_id) for _, d in readable if d.period_id is not None}
    periods = await world.periods(tx, period_ids - {None}) if period_ids else {}
    day_ids = {parse_dimona_number(id_) for _, d in readable if (id_ := d.daily_registration_id) is not None}
    days = await world.days(tx, day_ids - {None}) if day_ids else {}
    enterprise_numbers: set[str | None] = {parse_enterprise_number(e.enterprise_number or "") for e in named}
    enterprise_numbers |= {each.period.employer for each in (*periods.values(), *days.values())}
    enterprise_numbers |= {_user(declaration) for _, declaration in readable}
    employer_ids: set[int | None] = {parse_employer_id(e.employer_id or 0) for e in named}
    directory = await world.employers(tx, enterprise_numbers, employer_ids)
    by_number: dict[str, Employer] = {employer.enterprise_number: employer for employer in directory}
    mandates = await world.mandates(tx, set(organizations.values()), set(by_number))
    entries = []
    for command, declaration in readable:
        organization = organizations[command.client_id]
        period = periods.get(declaration.period_id or 0)
        if period is None:
            period = days.get(declaration.daily_registration_id or 0)
        if declaration.kind is Kind.IN:
            employer = employer_among(declaration.employer, directory) if declaration.employer else None
        else:
            employer = by_number.get(period.period.employer) if period else None
        entitled = employer is not None and (
            employer.enterprise_number == organization
            or (organization, employer.enterprise_number) in mandates
        )
        user = _user(declaration)
        user_known = None if user is None else user in by_number
        entries.append(Entry(command, declaration, organization, employer, period, entitled, user_known))
    return entries


def _user(declaration: Declaration) -> EnterpriseNumber | None:
    """The enterprise number of the user undertaking, where an IN gives one that can be read."""
    opens = declaration.dimona_in
    user = opens.features.using_employer if opens is not None else None
    return parse_enterprise_number(user.enterprise_number or "") if user is not None else None
