"""Settle one declaration against the relation it is about: what it ends with, and what it changes.

The rows are tables, as in intake: those of the state of a period are asked first and the first that
holds is the answer; those of its content are all asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from services.personnel_file.rules.relation import (
    Event,
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
from shared.domain.anomalies import Anomaly, anomaly
from shared.domain.calendar import contestation_deadline
from shared.domain.declaration import Cancel, Features, In, Out, Span, Update, typed
from shared.domain.declared import Kind
from shared.domain.features import has_planned_hours, requires_end_date
from shared.messages import Outcome, ReceivedDeclaration, Result


def refuse_overlap(declaration: ReceivedDeclaration, relation: Relation | None, now: datetime) -> Settlement:
    """The end of a declaration whose period the database itself found to overlap another (D8)."""
    kind = declaration.declared.kind
    _, overlap = _CLASHES[Kind.IN if kind is Kind.IN else Kind.UPDATE]
    period_id = declaration.number if kind is Kind.IN else declaration.declared.period_id
    return _refused(declaration, (overlap,), period_id, relation, now)


def refuse_discarded(
    declaration: ReceivedDeclaration, relation: Relation | None, now: datetime
) -> Settlement:
    """The end of a declaration that failed for ever and that an operator gave up (D6)."""
    kind = declaration.declared.kind
    period_id = declaration.number if kind is Kind.IN else None
    return _refused(declaration, (anomaly("90059-163", kind.block),), period_id, relation, now)


Change = Out | Update | Cancel

_LATE: Final = "90373-460"


@dataclass(frozen=True, slots=True)
class Settlement:
    """The end of a declaration: its outcome, the events that follow, and the relation after them."""

    outcome: Outcome
    events: tuple[Event, ...]
    relation: Relation | None


def settle(
    declaration: ReceivedDeclaration,
    relation: Relation | None,
    *,
    identified: bool = True,
    in_refused: bool = False,
    ssin: str | None = None,
    now: datetime,
) -> Settlement:
    """Decide on a declaration. `in_refused` says of a change that its IN was refused.

    `ssin` is the NISS of the identified worker: it is the one of the relation that a first IN begins.
    """
    said = typed(declaration.declared)
    if not isinstance(said, In):
        return _settle_change(declaration, said, relation, in_refused, now)
    if not identified:
        return _refused(declaration, (anomaly("90017-151", "worker"),), declaration.number, relation, now)
    found = _clash(said.span, said.features, None, relation, Kind.IN)
    if found is not None:
        return _refused(declaration, (found,), declaration.number, relation, now)
    opened = PeriodOpened(
        declaration.number,
        said.span,
        said.features,
        said.planned_hours,
        late=any(known.code == _LATE for known in declaration.anomalies),
    )
    if relation is not None:
        return _accepted(declaration, opened, relation.apply(opened), now)
    declared = declaration.declared.worker
    worker = ssin or (declared.ssin if declared else None)
    assert worker is not None, "an identified worker has a NISS"
    assert declaration.employer is not None, "an admitted declaration has an employer"
    begun = relation_of(declaration.employer.enterprise_number, worker, opened)
    return _accepted(declaration, opened, begun, now)


def _settle_change(
    declaration: ReceivedDeclaration,
    change: Change,
    relation: Relation | None,
    in_refused: bool,
    now: datetime,
) -> Settlement:
    path = f"{declaration.declared.kind.block}.periodId"
    period = relation.periods.get(change.period_id) if relation else None
    if relation is None or period is None:
        missing = anomaly("00913-357" if in_refused else "00913-354", path)
        return _refused(declaration, (missing,), None, relation, now)
    for row in _STATE_ROWS:
        if isinstance(change, row.change) and row.holds(period):
            return _refused(declaration, (anomaly(row.code, path),), period.id, relation, now)
    found, event = _consider(change, period, relation)
    worker = declaration.declared.worker
    if worker and worker.ssin is not None and worker.ssin != relation.ssin:
        found = (anomaly("00024-347", "worker.ssin"), *found)  # R31, where the IN itself gave no NISS
    if found:
        return _refused(declaration, found, period.id, relation, now)
    return _accepted(declaration, event, relation.apply(event), now)


@dataclass(frozen=True, slots=True)
class StateRow:
    """A state in which a period takes no change of this kind."""

    code: str
    change: type[Change] | tuple[type[Change], ...]
    holds: Callable[[Period], bool]


_STATE_ROWS: Final = (
    StateRow("00913-355", (Out, Update, Cancel), lambda period: period.canceled),
    StateRow("00913-362", (Out, Update, Cancel), lambda period: period.locked),
    StateRow("00913-356", Out, lambda period: period.state is State.CLOSED),
)


@dataclass(frozen=True, slots=True)
class UpdateCase:
    """An UPDATE beside the period as it is, and the span and planned hours it would leave."""

    update: Update
    period: Period
    span: Span
    planned_hours: int | None

    @property
    def is_unclear(self) -> bool:
        """Whether it gives nothing that this kind of period can change by."""
        return _misses_date(self) or _misses_date_and_hour(self)


def _misses_date(case: UpdateCase) -> bool:
    """R26; planned hours alone are a change where the type has them, as real clients send them (§15.10)."""
    has_type = has_planned_hours(case.period.features.worker_type)
    is_enough = case.update.gives_date or (has_type and case.update.planned_hours is not None)
    return not case.period.span.has_hours and not is_enough


def _misses_date_and_hour(case: UpdateCase) -> bool:
    """R26."""
    return case.period.span.has_hours and not case.update.gives_date and not case.update.gives_hour


def _changes_nothing(case: UpdateCase) -> bool:
    """R26 and Q32."""
    same = case.span == case.period.span and case.planned_hours == case.period.planned_hours
    return same and not case.is_unclear


def _closes(case: UpdateCase) -> bool:
    """R27."""
    open_ = case.period.state is State.OPEN
    return open_ and case.update.end is not None and not case.update.reopens


def _removes_end(case: UpdateCase) -> bool:
    """R28."""
    features = case.period.features
    return case.update.reopens and requires_end_date(features.joint_commission, features.worker_type)


def _dates_reversed(case: UpdateCase) -> bool:
    """R13."""
    return case.span.end is not None and case.span.end < case.span.start


def _hours_reversed(case: UpdateCase) -> bool:
    """R21, with the registered values of what the UPDATE leaves out."""
    return case.span.ends_before_it_starts and not _dates_reversed(case)


@dataclass(frozen=True, slots=True)
class UpdateRow:
    """One anomaly of the content of an UPDATE."""

    code: str
    path: str
    holds: Callable[[UpdateCase], bool]


_UPDATE_ROWS: Final = (
    UpdateRow("00913-359", "dimonaUpdate.periodId", _closes),
    UpdateRow("00913-368", "dimonaUpdate.periodId", _removes_end),
    UpdateRow("90378-360", "dimonaUpdate", _misses_date),
    UpdateRow("90378-361", "dimonaUpdate", _misses_date_and_hour),
    UpdateRow("90378-444", "dimonaUpdate", _changes_nothing),
    UpdateRow("00911-014", "dimonaUpdate.endDate", _dates_reversed),
    UpdateRow("00778-345", "dimonaUpdate.endHour", _hours_reversed),
)


def _consider(change: Change, period: Period, relation: Relation) -> tuple[tuple[Anomaly, ...], Event]:
    """The anomalies of the content of a change, and the event that it is when there are none."""
    match change:
        case Out():
            return _consider_out(change.end, period), PeriodClosed(period.id, change.end)
        case Cancel():
            return (), PeriodCanceled(period.id)
        case Update():
            return _consider_update(change, period, relation)


def _consider_out(end: date, period: Period) -> tuple[Anomaly, ...]:
    """R13, and R21 where an end hour waits for its date."""
    reversed_ = replace(period.span, end=end).ends_before_it_starts
    return (anomaly("00911-014", "dimonaOut.endDate"),) if reversed_ else ()


def _consider_update(update: Update, period: Period, relation: Relation) -> tuple[tuple[Anomaly, ...], Event]:
    planned_hours = period.planned_hours if update.planned_hours is None else update.planned_hours
    case = UpdateCase(update, period, update.applied_to(period.span), planned_hours)
    found = tuple(anomaly(row.code, row.path) for row in _UPDATE_ROWS if row.holds(case))
    clash = _clash(case.span, period.features, period.id, relation, Kind.UPDATE)
    if clash is not None:
        found = (*found, clash)
    reopened = case.span.end is None and period.span.end is not None
    event = PeriodReopened if reopened else PeriodUpdated
    return found, event(period.id, case.span, planned_hours)


_CLASHES: Final = {
    kind: (anomaly(f"{block}-333", kind.block), anomaly(f"{block}-334", kind.block))
    for kind, block in ((Kind.IN, "90373"), (Kind.UPDATE, "90378"))
}


def _clash(
    span: Span, features: Features, itself: int | None, relation: Relation | None, kind: Kind
) -> Anomaly | None:
    """Duplicate (R32) or overlap (R33) with another period that has equal features and is not canceled."""
    if relation is None or span.ends_before_it_starts:
        return None
    others = [
        period.span
        for period in relation.periods.values()
        if span.shares_a_day_with(period.span)
        and not period.canceled
        and period.id != itself
        and period.features == features
    ]
    duplicate, overlap = _CLASHES[kind]
    if any(span.same_as(other) for other in others):
        return duplicate
    return overlap if any(span.overlaps(other) for other in others) else None


def _accepted(
    declaration: ReceivedDeclaration, event: Event, relation: Relation, now: datetime
) -> Settlement:
    result = Result.WARNING if declaration.anomalies else Result.ACCEPTED
    outcome = Outcome(
        result=result,
        anomalies=declaration.anomalies,
        period_id=event.period_id,
        decided_at=now,
        contestation_deadline=contestation_deadline(now),
    )
    return Settlement(outcome, (event,), relation)


def _refused(
    declaration: ReceivedDeclaration,
    found: tuple[Anomaly, ...],
    period_id: int | None,
    relation: Relation | None,
    now: datetime,
) -> Settlement:
    outcome = Outcome(
        result=Result.REFUSED,
        anomalies=(*declaration.anomalies, *found),
        period_id=period_id,
        decided_at=now,
        contestation_deadline=contestation_deadline(now),
    )
    return Settlement(outcome, (), relation)
