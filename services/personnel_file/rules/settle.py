"""Settle one declaration against the relation it is about: what it ends with, and what it changes.

The rows are tables, as in intake: those of the state of a period are asked first and the first that
holds is the answer; those of its content are all asked.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.personnel_file.rules.change import UpdateCase, out_anomalies, update_anomalies
from services.personnel_file.rules.clash import CLASHES, clash, neighbors, too_many_days_in_a_row
from services.personnel_file.rules.daily import OVERLAP, register
from services.personnel_file.rules.quota import Usage, exceeded, told
from services.personnel_file.rules.relation import (
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
from services.personnel_file.rules.takings import Taken, taken
from shared.domain.anomalies import Anomaly, anomaly
from shared.domain.daily import CreateDaily, typed_daily
from shared.domain.declaration import Cancel, Features, In, Out, Span, Update, typed
from shared.domain.declared import DeclaredDailyRegistration, Kind
from shared.domain.features import CLOSURES, Closure
from shared.messages import Outcome, QuotaExcess, ReceivedDeclaration, Result


def refuse_overlap(declaration: ReceivedDeclaration, relation: Relation | None, now: datetime) -> Settlement:
    """The end of a declaration whose period the database itself found to overlap another (D8)."""
    kind = declaration.declared.kind
    overlap = OVERLAP if kind is Kind.DAILY else CLASHES[Kind.IN if kind is Kind.IN else Kind.UPDATE][1]
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
#: Declared until 2013 only; their periods are still in the file.
_OCCASIONAL_STUDENT: Final = "STX"


@dataclass(frozen=True, slots=True)
class Settlement:
    """The end of a declaration: its outcome, the events that follow, and the relation after them."""

    outcome: Outcome
    events: tuple[OfPeriod | OfDay, ...]
    relation: Relation | None


def settle(
    declaration: ReceivedDeclaration,
    relation: Relation | None,
    *,
    identified: bool = True,
    in_refused: bool = False,
    ssin: str | None = None,
    closures: Sequence[Closure] = CLOSURES,
    usage: Usage | None = None,
    former: Collection[str] = (),
    now: datetime,
) -> Settlement:
    """Decide on a declaration. `in_refused` says of a change that its IN was refused.

    `usage` is what was taken of the quotas before; None where none counts the period.
    `ssin` is the NISS of the identified worker: it is the one of the relation that a first IN begins.
    `former` are numbers that the one of the relation has replaced: a change may still give them.
    `closures` is what the authority has closed for a time (R57).
    """
    if isinstance(declaration.declared.block, DeclaredDailyRegistration):
        return _settle_daily(declaration, declaration.declared.block, relation, in_refused, now)
    said = typed(declaration.declared)
    if not isinstance(said, In):
        return _settle_change(declaration, said, relation, in_refused, closures, usage, former, now)
    if not identified:
        return _refused(declaration, (anomaly("90017-151", "worker"),), declaration.number, relation, now)
    found = tuple(_beside_others(said.span, said.features, None, relation, Kind.IN))
    if found:
        return _refused(declaration, found, declaration.number, relation, now)
    takes = taken(said.features, said.span, said.planned_hours) if usage else None
    warned, excess = _beyond_quotas(declaration, takes, None, usage)
    if any(each.blocks for each in warned):
        return _refused(declaration, warned, declaration.number, relation, now, excess)
    opened = PeriodOpened(
        declaration.number,
        said.span,
        said.features,
        said.planned_hours,
        late=any(known.code == _LATE for known in declaration.anomalies),
    )
    if relation is not None:
        return _accepted(declaration, opened, relation.apply(opened), now, warned, excess)
    declared = declaration.declared.worker
    worker = ssin or (declared.ssin if declared else None)
    assert worker is not None, "an identified worker has a NISS"
    assert declaration.employer is not None, "an admitted declaration has an employer"
    begun = relation_of(declaration.employer.enterprise_number, worker, opened)
    return _accepted(declaration, opened, begun, now, warned, excess)


def _settle_change(
    declaration: ReceivedDeclaration,
    change: Change,
    relation: Relation | None,
    in_refused: bool,
    closures: Sequence[Closure],
    usage: Usage | None,
    former: Collection[str],
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
    found, event = _consider(declaration, change, period, relation, closures)
    worker = declaration.declared.worker
    if worker and worker.ssin is not None and worker.ssin not in (relation.ssin, *former):
        found = (anomaly("00024-347", "worker.ssin"), *found)  # R31: of whichever number the IN gave
    if any(each.blocks for each in found):
        return _refused(declaration, found, period.id, relation, now)
    after = relation.apply(event)
    if usage is None or not isinstance(change, Update):
        return _accepted(declaration, event, after, now, found)
    takes, took = (
        taken(each.features, each.span, each.planned_hours) for each in (after.periods[period.id], period)
    )
    warned, excess = _beyond_quotas(declaration, takes, took, usage)
    if any(each.blocks for each in warned):
        return _refused(declaration, (*found, *warned), period.id, relation, now, excess)
    return _accepted(declaration, event, after, now, (*found, *warned), excess)


def _settle_daily(
    declaration: ReceivedDeclaration,
    block: DeclaredDailyRegistration,
    relation: Relation | None,
    in_refused: bool,
    now: datetime,
) -> Settlement:
    said = typed_daily(block)
    days = relation.days if relation is not None else {}
    known = None if isinstance(said, CreateDaily) else days.get(said.registration_id)
    period_id = known.period_id if known is not None else block.period_id
    period = relation.periods.get(period_id or 0) if relation is not None else None
    settled = register(
        said,
        declaration.number,
        period,
        {day.id: day for day in days.values() if day.period_id == period_id},
        chosen=bool(declaration.registers_days),
        in_refused=in_refused,
    )
    event = settled.event(said)
    if relation is None or event is None:
        period_id, registration_id = (each.id if each is not None else None for each in (period, known))
        return _refused(
            declaration, settled.anomalies, period_id, relation, now, registration_id=registration_id
        )
    return _accepted(declaration, event, relation.apply(event), now)


def _beyond_quotas(
    declaration: ReceivedDeclaration, takes: Taken | None, took: Taken | None, usage: Usage | None
) -> tuple[tuple[Anomaly, ...], tuple[QuotaExcess, ...]]:
    """R59 to R61. Only asked of a period that comes to be: a refused one takes nothing."""
    if usage is None or takes is None:
        return (), ()
    return told(exceeded(takes, took, usage), declaration.sender.channel)


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
    StateRow("00913-181", Update, lambda period: period.features.worker_type == _OCCASIONAL_STUDENT),  # R29
)


def _consider(
    declaration: ReceivedDeclaration,
    change: Change,
    period: Period,
    relation: Relation,
    closures: Sequence[Closure],
) -> tuple[tuple[Anomaly, ...], OfPeriod | OfDay]:
    """The anomalies of the content of a change, and the event that it is when none blocks."""
    match change:
        case Out():
            return out_anomalies(change.end, period), PeriodClosed(period.id, change.end)
        case Cancel():
            return (), PeriodCanceled(period.id)
        case Update():
            planned_hours = period.planned_hours if change.planned_hours is None else change.planned_hours
            span = change.applied_to(period.span)
            case_ = UpdateCase(change, period, span, planned_hours, declaration.late_after, closures)
            found = [
                *update_anomalies(case_),
                *_beside_others(span, period.features, period.id, relation, Kind.UPDATE),
            ]
            reopened = span.end is None and period.span.end is not None
            event = PeriodReopened if reopened else PeriodUpdated
            return tuple(found), event(period.id, span, planned_hours)


def _beside_others(
    span: Span, features: Features, itself: int | None, relation: Relation | None, kind: Kind
) -> Iterator[Anomaly]:
    """What is wrong with a period beside the others of its relation."""
    near = neighbors(span, itself, relation)
    for found in (
        too_many_days_in_a_row(span, features, near, kind),
        clash(span, features, near, kind),
    ):
        if found is not None:
            yield found


def _accepted(
    declaration: ReceivedDeclaration,
    event: OfPeriod | OfDay,
    relation: Relation,
    now: datetime,
    warnings: tuple[Anomaly, ...] = (),
    quota: tuple[QuotaExcess, ...] = (),
) -> Settlement:
    anomalies = (*declaration.anomalies, *warnings)
    outcome = Outcome(
        result=Result.WARNING if anomalies else Result.ACCEPTED,
        anomalies=anomalies,
        quota=quota,
        period_id=event.period_id,
        daily_registration_id=event.registration_id if isinstance(event, OfDay) else None,
        decided_at=now,
    )
    return Settlement(outcome, (event,), relation)


def _refused(
    declaration: ReceivedDeclaration,
    found: tuple[Anomaly, ...],
    period_id: int | None,
    relation: Relation | None,
    now: datetime,
    quota: tuple[QuotaExcess, ...] = (),
    registration_id: int | None = None,
) -> Settlement:
    outcome = Outcome(
        result=Result.REFUSED,
        anomalies=(*declaration.anomalies, *found),
        quota=quota,
        period_id=period_id,
        daily_registration_id=registration_id,
        decided_at=now,
    )
    return Settlement(outcome, (), relation)
