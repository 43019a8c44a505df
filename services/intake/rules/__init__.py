"""Intake's rules: is a declaration well formed, and may its sender say it?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from services.intake.rules.daily import admit_daily, check_daily
from services.intake.rules.facts import Employer, KnownPeriod, facts
from services.intake.rules.form import Form, Reference, check_file, check_form
from services.intake.rules.table import PERIOD_UNKNOWN, RULES
from shared.domain.anomalies import Anomaly
from shared.domain.calendar import local_date
from shared.domain.declared import Declaration, DeclaredDailyRegistration, DeclaredEmployer
from shared.domain.features import CLOSURES, Closure
from shared.domain.identifiers import parse_enterprise_number

__all__ = [
    "Employer",
    "Form",
    "KnownPeriod",
    "Reference",
    "admit",
    "check_daily",
    "check_file",
    "check_form",
    "employer_among",
]


def admit(
    declaration: Declaration,
    employer: Employer | None,
    entitled: bool,
    period: KnownPeriod | None,
    late_after: datetime,
    *,
    secured: bool = True,
    user_known: bool | None = None,
    closures: Sequence[Closure] = CLOSURES,
) -> tuple[Anomaly, ...]:
    """Every anomaly that intake sees, in the order of the table; the declaration is admitted if none blocks.

    `employer` is the one declared or, for a change, that of its period; `entitled` says whether the
    sender may act for him. A change of a period that is unknown, or not the sender's, says that and
    nothing else (D4): anything more would tell him that the period exists. `period` is the one that is
    named; for a daily registration that is changed or canceled, the one that it belongs to.

    `secured` says whether the channel is (D33); `user_known` whether the directory has the user
    undertaking, None when it was not asked; `closures` what the authority has closed for a time.
    """
    if isinstance(declaration.block, DeclaredDailyRegistration):
        return admit_daily(declaration.block, entitled, period, local_date(late_after))
    seen = facts(
        declaration,
        employer,
        entitled,
        period,
        late_after,
        secured=secured,
        user_known=user_known,
        closures=closures,
    )
    unknown = PERIOD_UNKNOWN.get(seen.kind)
    if unknown is not None and unknown.holds(seen):
        return (unknown.anomaly,)
    return tuple(rule.anomaly for rule in RULES[seen.kind] if rule.holds(seen))


def employer_among(declared: DeclaredEmployer, rows: Sequence[Employer]) -> Employer | None:
    """The employer that the declared numbers mean, among the directory's rows with either number.

    The NSSO or provisional number prevails, but for provincial and local authorities the enterprise
    number does (dimona.md §5.4).
    """
    enterprise_number = parse_enterprise_number(declared.enterprise_number or "")
    by_enterprise = [row for row in rows if row.enterprise_number == enterprise_number]
    by_id = [row for row in rows if row.employer_id == declared.employer_id]
    authorities = [row for row in by_enterprise if row.provincial_or_local]
    found = authorities or (by_enterprise if declared.employer_id is None else by_id)
    return found[0] if found else None
