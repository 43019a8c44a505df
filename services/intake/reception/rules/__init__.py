"""Rules of intake: form and content of a declaration, and authorization of its sender."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from services.intake.reception.rules.daily import admit_daily, check_daily
from services.intake.reception.rules.facts import Employer, KnownPeriod, facts
from services.intake.reception.rules.features import inferred_pair
from services.intake.reception.rules.table import PERIOD_UNKNOWN, RULES
from shared.domain.anomalies import Anomaly
from shared.domain.calendar import local_date
from shared.domain.declared import Declaration, DeclaredDailyRegistration, DeclaredEmployer
from shared.domain.features import CLOSURES, Closure
from shared.domain.identifiers import parse_enterprise_number

__all__ = [
    "Employer",
    "KnownPeriod",
    "admit",
    "check_daily",
    "employer_among",
    "inferred_pair",
]


def admit(
    declaration: Declaration,
    employer: Employer | None,
    entitled: bool,
    period: KnownPeriod | None,
    late_after: datetime,
    *,
    received_at: datetime | None = None,
    declared_employer: Employer | None = None,
    secured: bool = True,
    user_known: bool | None = None,
    closures: Sequence[Closure] = CLOSURES,
) -> tuple[Anomaly, ...]:
    """Return all anomalies of a declaration, in the order of the rule table.

    The declaration is admitted if none of its anomalies blocks. If a change names an unknown period, or a
    period of an employer for which the sender may not act, the only anomaly is 00913-354 (unknown period).
    Another anomaly would reveal that the period exists (decision D4).

    Args:
        declaration: The declaration.
        employer: The declared employer; for a change, the employer of its period.
        entitled: Whether the sender may act for the employer.
        period: The named period, or the period of the named daily registration.
        late_after: A declaration with a deadline before this instant is late (decision D9).
        received_at: The instant of reception; by default `late_after`.
        declared_employer: The employer with the numbers in the declaration; None if the directory has none.
        secured: Whether the channel is secured (decision D33).
        user_known: Whether the enterprise register has the user undertaking; None when it was not consulted.
        closures: Closures by the authority (rule R57).
    """
    received = received_at or late_after
    if isinstance(declaration.block, DeclaredDailyRegistration):
        return admit_daily(declaration.block, entitled, period, local_date(received))
    seen = facts(
        declaration,
        employer,
        entitled,
        period,
        late_after,
        received_at=received,
        declared_employer=declared_employer,
        secured=secured,
        user_known=user_known,
        closures=closures,
    )
    unknown = PERIOD_UNKNOWN.get(seen.kind)
    if unknown is not None and unknown.holds(seen):
        return (unknown.anomaly,)
    return tuple(rule.anomaly for rule in RULES[seen.kind] if rule.holds(seen))


def employer_among(declared: DeclaredEmployer, rows: Sequence[Employer]) -> Employer | None:
    """Return the employer with the declared numbers, or None.

    `rows` are the employers of the directory with one of the numbers. If these are two employers, the NSSO or
    provisional number decides. For provincial and local authorities the enterprise number decides.
    """
    enterprise_number = parse_enterprise_number(declared.enterprise_number or "")
    by_enterprise = [row for row in rows if row.enterprise_number == enterprise_number]
    by_id = [row for row in rows if row.employer_id == declared.employer_id]
    authorities = [row for row in by_enterprise if row.provincial_or_local]
    found = authorities or (by_enterprise if declared.employer_id is None else by_id)
    return found[0] if found else None
