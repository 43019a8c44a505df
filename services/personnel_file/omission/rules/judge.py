"""Compare a finding with the declarations: a table of outcomes, the first row that holds decides (ADR 32)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Final

from services.personnel_file.omission.rules.declared import (
    Clock,
    Known,
    PeriodDeclarations,
    by_reception,
    without_outages,
)
from services.personnel_file.omission.rules.finding import Finding, find_exemption
from shared.domain.declaration import Span

_DAY: Final = timedelta(days=1)
_NOW: Final = datetime.max.replace(tzinfo=UTC)  #: later than every declaration


class Outcome(StrEnum):
    """The outcomes of the comparison of a finding with the declarations."""

    COVERED = "covered"
    CANCELED_AFTER = "canceled_after"  #: declared at the finding, and withdrawn after it
    EXEMPT = "exempt"
    EXCUSED = "excused"  #: declared in time, and received late because of our outage
    TO_CLARIFY = "to_clarify"
    PENDING = "pending"  #: an IN received before the finding waits for the identification of its worker
    DECLARED_AFTER = "declared_after"
    OMITTED = "omitted"


#: Outcomes without a declaration at the finding. Agents decide about them.
CANDIDATES: Final = frozenset({Outcome.OMITTED, Outcome.DECLARED_AFTER})


class Cover(IntEnum):
    """How far declarations cover a finding. In part: other hours, or a day that is not registered."""

    NONE = 0
    PART = 1
    FULL = 2


@dataclass(frozen=True, slots=True)
class OpenIdentification:
    """An IN that waits for the identification of its worker.

    Attributes:
        employers: Enterprise numbers of the employer and of the user undertaking.
        first: First declared day.
        last: Last declared day; None if open.
        received_at: Reception.
        ssin: The NISS that was declared; None if the IN has none.
    """

    employers: frozenset[str]
    first: date
    last: date | None
    received_at: datetime
    ssin: str | None = None

    def with_number_in_force(self, numbers: Mapping[str, str]) -> OpenIdentification:
        """Return this identification with the NISS in force; `numbers` has it by former NISS."""
        return self if self.ssin is None else replace(self, ssin=numbers.get(self.ssin, self.ssin))

    def may_cover(self, finding: Finding) -> bool:
        """Return whether this IN, received before the finding, may be about its worker and day."""
        return (
            self.received_at <= finding.found_at
            and finding.employer in self.employers
            and self.ssin in (None, finding.ssin)
            and self.first <= finding.day
            and (self.last is None or finding.day <= self.last)
        )


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts that decide about a finding.

    Attributes:
        known: Cover by the declarations received before the finding.
        waited: Cover by the declarations that would have been received before it without outages of ours.
        now: Cover by all declarations up to now.
        pending: Whether an open identification may be about the finding.
        exempt: Whether the status of the worker, or the time, needs no declaration.
        partly_exempt: Whether only some workers with this status need none.
        removed: Whether declarations about the day may have been removed after their term.
    """

    known: Cover
    waited: Cover
    now: Cover
    pending: bool
    exempt: bool
    partly_exempt: bool
    removed: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table of outcomes."""

    outcome: Outcome
    holds: Callable[[Facts], bool]


ROWS: Final = (
    Row(Outcome.COVERED, lambda facts: facts.known is Cover.FULL and facts.now is not Cover.NONE),
    Row(Outcome.CANCELED_AFTER, lambda facts: facts.known is Cover.FULL),
    Row(Outcome.EXEMPT, lambda facts: facts.exempt),
    Row(Outcome.EXCUSED, lambda facts: facts.waited is Cover.FULL),
    Row(Outcome.TO_CLARIFY, lambda facts: Cover.PART in (facts.known, facts.waited)),
    Row(Outcome.PENDING, lambda facts: facts.pending),
    Row(Outcome.TO_CLARIFY, lambda facts: facts.partly_exempt or facts.removed),
    Row(Outcome.DECLARED_AFTER, lambda facts: facts.now is not Cover.NONE),
    Row(Outcome.OMITTED, lambda _: True),
)


@dataclass(frozen=True, slots=True)
class Judgement:
    """The outcome of a finding, and the period that decided it; None if no period covers the day."""

    outcome: Outcome
    period_id: int | None


def judge(
    finding: Finding,
    periods: Sequence[PeriodDeclarations],
    identifications: Iterable[OpenIdentification] = (),
    removed_until: date = date.min,
) -> Judgement:
    """Compare a finding with the declarations of its worker.

    Args:
        finding: The finding, with the NISS in force of its worker.
        periods: All periods of the worker at the employer, and at agencies that sent the worker to it.
        identifications: Open identifications, also of other employers.
        removed_until: The last day of which declarations may have been removed.
    """
    known, by_known = _cover(finding, periods, finding.found_at, by_reception)
    now, by_now = _cover(finding, periods, _NOW, by_reception)
    waited, by_waited = known, by_known
    pending, exemption = False, None
    if known is not Cover.FULL:
        waited, by_waited = _cover(finding, periods, finding.found_at, without_outages)
        pending = any(each.may_cover(finding) for each in identifications)
        exemption = find_exemption(finding)
    facts = Facts(
        known, waited, now, pending,
        exempt=exemption is not None and not exemption.partly,
        partly_exempt=exemption is not None and exemption.partly,
        removed=finding.day <= removed_until,
    )  # fmt: skip
    outcome = next(row.outcome for row in ROWS if row.holds(facts))
    return Judgement(outcome, by_waited or by_now)


def _cover(
    finding: Finding, periods: Sequence[PeriodDeclarations], at: datetime, clock: Clock
) -> tuple[Cover, int | None]:
    """Return the best cover of a finding at an instant, and the period with this cover."""
    best, by = Cover.NONE, None
    for period in periods:
        known = period.known(at, clock)
        cover = Cover.NONE if known is None else _cover_of(finding, known)
        if cover > best:
            best, by = cover, period.id
    return best, by


def _cover_of(finding: Finding, known: Known) -> Cover:
    user = known.period.features.using_employer
    if finding.employer not in (known.employer, None if user is None else user.enterprise_number):
        return Cover.NONE
    of_period = _cover_of_span(finding, known.period.span)
    if of_period is Cover.NONE or not known.days:
        return of_period
    of_days = max(
        (_cover_of_span(finding, day.span) for day in known.days if not day.canceled), default=Cover.NONE
    )
    return max(of_days, Cover.PART)  # the employer declared the worker, and may register a day later


def _cover_of_span(finding: Finding, span: Span) -> Cover:
    if finding.day < span.start or (span.end is not None and span.end < finding.day):
        return Cover.NONE
    if finding.start_hour is None or not span.has_hours:
        return Cover.FULL
    start, end = Span(
        finding.day, _last_day(finding), finding.start_hour, finding.end_hour or finding.start_hour
    ).interval
    first, last = span.interval
    return Cover.FULL if first <= start and (last is None or (end or start) <= last) else Cover.PART


def _last_day(finding: Finding) -> date:
    """Return the day on which the work ended: the next day if the end hour is before the start hour."""
    over_midnight = (
        finding.start_hour is not None
        and finding.end_hour is not None
        and finding.end_hour < finding.start_hour
    )
    return finding.day + _DAY if over_midnight else finding.day
