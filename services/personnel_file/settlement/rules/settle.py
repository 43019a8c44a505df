"""Settlement of one declaration: check the state of its period, then its content, then the quotas.

Rules about the state of the period are rows of a table: the first row with a true condition refuses the
declaration (rules R29, R31). All rules about the content are evaluated, and each may give an anomaly.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from services.personnel_file.relation.rules import (
    OfDay,
    OfPeriod,
    Period,
    PeriodCanceled,
    PeriodClosed,
    PeriodOpened,
    PeriodReopened,
    PeriodUpdated,
    Relation,
    State,
    relation_of,
)
from services.personnel_file.settlement.rules.change import UpdateCase, out_anomalies, update_anomalies
from services.personnel_file.settlement.rules.clash import (
    CLASHES,
    clash,
    neighbors,
    too_many_days_in_a_row,
)
from services.personnel_file.settlement.rules.daily import OVERLAP, register
from services.personnel_file.settlement.rules.quota import (
    Usage,
    find_excesses,
    report_excesses,
    use_of_period,
)
from shared.domain.anomalies import Anomaly, anomaly
from shared.domain.daily import CreateDaily, typed_daily
from shared.domain.declaration import Cancel, Features, In, Out, Span, Update, typed
from shared.domain.declared import DeclaredDailyRegistration, Kind
from shared.domain.features import CLOSURES, Closure, has_planned_days
from shared.messages import Outcome, QuotaExcess, ReceivedDeclaration, Result

Change = Out | Update | Cancel

_LATE: Final = "90373-460"
#: A worker type that was declared until 2013 only; the file still has periods with it.
_OCCASIONAL_STUDENT: Final = "STX"


@dataclass(frozen=True, slots=True)
class SettlementCase:
    """A declaration to decide, with all facts that the decision needs."""

    declaration: ReceivedDeclaration
    relation: Relation | None
    now: datetime  #: the instant of the decision
    identified: bool = True  #: whether the worker of an IN was identified
    in_refused: bool = False  #: whether the IN of the period of a change was refused
    ssin: str | None = None  #: the NISS of the identified worker, which a first IN gives to its relation
    usage: Usage | None = None  #: the quota use before the declaration; None where no quota counts the period
    former_ssins: Collection[str] = ()  #: numbers that the NISS of the relation replaced (rule R31)
    closures: Sequence[Closure] = CLOSURES  #: employments that the authority has closed for a time (rule R57)

    @property
    def kind(self) -> Kind:
        """The kind of the declaration."""
        return self.declaration.declared.kind


@dataclass(frozen=True, slots=True)
class Settlement:
    """The decision on a declaration: its outcome, its events, and the relation after them."""

    outcome: Outcome
    events: tuple[OfPeriod | OfDay, ...]
    relation: Relation | None
    quota_exceeded: bool | None = None  #: by the changed period; None if no quota was checked


@dataclass(frozen=True, slots=True)
class Finding:
    """The anomalies of a declaration so far, and the event that follows if it is accepted."""

    anomalies: tuple[Anomaly, ...] = ()
    event: OfPeriod | OfDay | None = None  #: the effect on the relation unless refused
    period_id: int | None = None
    registration_id: int | None = None
    excesses: tuple[QuotaExcess, ...] = field(default=())
    quota_exceeded: bool | None = None  #: None if no quota was checked

    @property
    def refused(self) -> bool:
        """Whether the declaration is refused: it has no event, or an anomaly that refuses it."""
        return self.event is None or any(found.blocks for found in self.anomalies)


def settle(case: SettlementCase) -> Settlement:
    """Return the decision on a declaration: the outcome and, if it is accepted, its event and relation."""
    finding = _consider(case)
    if finding.refused or finding.event is None:
        return _refuse(case, finding)
    relation = _apply(case, finding.event)
    finding = _check_quotas(case, finding, relation)
    return _refuse(case, finding) if finding.refused else _accept(case, finding, relation)


def refuse_overlap(case: SettlementCase) -> Settlement:
    """Refuse a declaration after the database found an overlap of its period (decision D8)."""
    kind = case.kind
    overlap = OVERLAP if kind is Kind.DAILY else CLASHES[Kind.IN if kind is Kind.IN else Kind.UPDATE][1]
    declared = case.declaration.declared
    period_id = case.declaration.number if kind is Kind.IN else declared.period_id
    return _refuse(case, Finding((overlap,), None, period_id))


def refuse_discarded(case: SettlementCase) -> Settlement:
    """Return the refusal of a declaration that always fails and that an operator discarded (decision D6)."""
    period_id = case.declaration.number if case.kind is Kind.IN else None
    return _refuse(case, Finding((anomaly("90059-163", case.kind.block),), None, period_id))


def _consider(case: SettlementCase) -> Finding:
    """Return the anomalies and the event of a declaration, before the quotas are checked."""
    block = case.declaration.declared.block
    if isinstance(block, DeclaredDailyRegistration):
        return _consider_daily(case, block)
    change = typed(case.declaration.declared)
    return _consider_in(case, change) if isinstance(change, In) else _consider_change(case, change)


def _consider_in(case: SettlementCase, opening: In) -> Finding:
    number = case.declaration.number
    if not case.identified:
        return Finding((anomaly("90017-151", "worker"),), None, number)
    found = tuple(_check_neighbors(opening.span, opening.features, None, case.relation, Kind.IN))
    late = any(known.code == _LATE for known in case.declaration.anomalies)
    received, late_after = case.declaration.received_at, case.declaration.late_after
    opened = PeriodOpened(
        number,
        opening.span,
        opening.features,
        opening.planned_hours,
        late=late,
        planned_days=opening.planned_days,
        late_after=late_after if late_after < received else None,
    )
    return Finding(found, None if found else opened, number)


def _consider_change(case: SettlementCase, change: Change) -> Finding:
    path = f"{case.kind.block}.periodId"
    relation = case.relation
    period = relation.periods.get(change.period_id) if relation else None
    if relation is None or period is None:
        return Finding((anomaly("00913-357" if case.in_refused else "00913-354", path),))
    for row in _STATE_ROWS:
        if isinstance(change, row.change) and row.holds(period):
            return Finding((anomaly(row.code, path),), None, period.id)
    found, event = _consider_content(case, change, period, relation)
    worker = case.declaration.declared.worker
    if worker and worker.ssin is not None and worker.ssin not in (relation.ssin, *case.former_ssins):
        found = (anomaly("00024-347", "worker.ssin"), *found)  # rule R31: any number that the worker had
    return Finding(found, event, period.id)


def _consider_content(
    case: SettlementCase, change: Change, period: Period, relation: Relation
) -> tuple[tuple[Anomaly, ...], OfPeriod]:
    """Return the anomalies of the content of a change, and the event that follows if it is accepted."""
    match change:
        case Out():
            return out_anomalies(change.end, period), PeriodClosed(period.id, change.end)
        case Cancel():
            return (), PeriodCanceled(period.id)
        case Update():
            planned_hours = period.planned_hours if change.planned_hours is None else change.planned_hours
            span = change.applied_to(period.span)
            planned_days = change.planned_days
            if planned_days is None and has_planned_days(period.features.worker_type, span.end or span.start):
                planned_days = period.planned_days
            update = UpdateCase(
                change,
                period,
                span,
                planned_hours,
                planned_days,
                case.declaration.received_at,
                case.declaration.late_after,
                case.closures,
            )
            found = [
                *update_anomalies(update),
                *_check_neighbors(span, period.features, period.id, relation, Kind.UPDATE),
            ]
            reopened = span.end is None and period.span.end is not None
            event = PeriodReopened if reopened else PeriodUpdated
            return tuple(found), event(period.id, span, planned_hours, planned_days)


def _consider_daily(case: SettlementCase, block: DeclaredDailyRegistration) -> Finding:
    """Return the anomalies of a daily registration, and its event if it is accepted (rule R36)."""
    daily = typed_daily(block)
    relation = case.relation
    days = relation.days if relation is not None else {}
    known = None if isinstance(daily, CreateDaily) else days.get(daily.registration_id)
    period_id = known.period_id if known is not None else block.period_id
    period = relation.periods.get(period_id or 0) if relation is not None else None
    settled = register(
        daily,
        case.declaration.number,
        period,
        {day.id: day for day in days.values() if day.period_id == period_id},
        chosen=bool(case.declaration.registers_days),
        in_refused=case.in_refused,
    )
    period_id, registration_id = (each.id if each is not None else None for each in (period, known))
    return Finding(settled.anomalies, settled.event(daily), period_id, registration_id)


def _check_neighbors(
    span: Span, features: Features, itself: int | None, relation: Relation | None, kind: Kind
) -> Iterator[Anomaly]:
    """Yield the anomalies of a period with periods near it: too many days in a row, duplicate, overlap."""
    near = neighbors(span, itself, relation)
    for found in (
        too_many_days_in_a_row(span, features, near, kind),
        clash(span, features, near, kind),
    ):
        if found is not None:
            yield found


def _apply(case: SettlementCase, event: OfPeriod | OfDay) -> Relation:
    """Return the relation as it is after an event. If it does not exist yet, the event of an IN begins it."""
    if case.relation is not None:
        return case.relation.apply(event)
    declared = case.declaration.declared.worker
    ssin = case.ssin or (declared.ssin if declared else None)
    assert isinstance(event, PeriodOpened), "only an IN begins a relation"
    assert ssin is not None, "an identified worker has a NISS"
    assert case.declaration.employer is not None, "an admitted declaration has an employer"
    return relation_of(case.declaration.employer.enterprise_number, ssin, event)


def _check_quotas(case: SettlementCase, finding: Finding, relation: Relation) -> Finding:
    """Return the finding with the anomalies of the quotas that the period exceeds (rules R59, R60, R61).

    The finding is unchanged if no quota counts the period, or if the event is not of an IN or UPDATE.
    """
    if case.usage is None or not isinstance(finding.event, PeriodOpened | PeriodUpdated | PeriodReopened):
        return finding
    before = case.relation.periods.get(finding.event.period_id) if case.relation else None
    after = relation.periods[finding.event.period_id]
    use = use_of_period(after)
    if use is None:
        return replace(finding, quota_exceeded=False)
    use_before = use_of_period(before) if before else None
    anomalies, excesses = report_excesses(
        find_excesses(use, use_before, case.usage), case.declaration.sender.channel
    )
    return replace(
        finding,
        anomalies=(*finding.anomalies, *anomalies),
        excesses=excesses,
        quota_exceeded=bool(anomalies),
    )


def _accept(case: SettlementCase, finding: Finding, relation: Relation) -> Settlement:
    event = finding.event
    assert event is not None
    anomalies = (*case.declaration.anomalies, *finding.anomalies)
    outcome = Outcome(
        result=Result.WARNING if anomalies else Result.ACCEPTED,
        anomalies=anomalies,
        quota=finding.excesses,
        period_id=event.period_id,
        daily_registration_id=event.registration_id if isinstance(event, OfDay) else None,
        decided_at=case.now,
    )
    return Settlement(outcome, (event,), relation, finding.quota_exceeded)


def _refuse(case: SettlementCase, finding: Finding) -> Settlement:
    outcome = Outcome(
        result=Result.REFUSED,
        anomalies=(*case.declaration.anomalies, *finding.anomalies),
        quota=finding.excesses,
        period_id=finding.period_id,
        daily_registration_id=finding.registration_id,
        decided_at=case.now,
    )
    return Settlement(outcome, (), case.relation)


@dataclass(frozen=True, slots=True)
class StateRow:
    """A rule for the state of a period: anomaly code, the kinds of change that it refuses, and condition."""

    code: str
    change: type[Change] | tuple[type[Change], ...]
    holds: Callable[[Period], bool]


_STATE_ROWS: Final = (
    StateRow("00913-355", (Out, Update, Cancel), lambda period: period.canceled),
    StateRow("00913-362", (Out, Update, Cancel), lambda period: period.locked),
    StateRow("00913-356", Out, lambda period: period.state is State.CLOSED),
    # rule R29
    StateRow(
        "00913-181", Update, lambda period: period.features.worker_type == _OCCASIONAL_STUDENT
    ),  # rule R29
)
