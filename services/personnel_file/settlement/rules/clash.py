"""Checks of a period against the other periods of its relation (rules R24, R32, R33, R34)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Final

from services.personnel_file.relation.rules import Period, Relation
from shared.domain.anomalies import Anomaly, anomaly
from shared.domain.declaration import Features, Span
from shared.domain.declared import Kind
from shared.domain.features import OCCASIONAL, is_horeca

CLASHES: Final = {
    kind: (anomaly(f"{block}-333", kind.block), anomaly(f"{block}-334", kind.block))
    for kind, block in ((Kind.IN, "90373"), (Kind.UPDATE, "90378"))
}
_CONSECUTIVE: Final = {
    kind: anomaly("00910-459", f"{kind.block}.startDate") for kind in (Kind.IN, Kind.UPDATE)
}
_DAY: Final = timedelta(days=1)
_MOST_DAYS: Final = 2
_NEAR: Final = _MOST_DAYS * _DAY


def neighbors(span: Span, itself: int | None, relation: Relation | None) -> list[Period]:
    """Return the periods of the relation that lie at most two days before or after this span.

    Canceled periods and the period with the number `itself` are left out. The further checks read only these
    few periods, because a relation may have a thousand.
    """
    if relation is None:
        return []
    first, last = span.start - _NEAR, None if span.end is None else span.end + _NEAR
    if relation.end is not None and relation.end < first:
        return []  # the span is after all of them
    return [
        period
        for period in relation.periods.values()
        if ((other := period.span).end is None or first <= other.end)
        and (last is None or other.start <= last)
        and not period.canceled
        and period.id != itself
    ]


def clash(span: Span, features: Features, near: Iterable[Period], kind: Kind) -> Anomaly | None:
    """Return the anomaly of a duplicate (rule R32) or overlap (rule R33) with another period, or None.

    Only periods of `near` with equal features count. None also if the span ends before it starts.
    """
    if span.ends_before_it_starts:
        return None
    others = [period.span for period in near if period.features == features]
    duplicate, overlap = CLASHES[kind]
    if any(span.same_as(other) for other in others):
        return duplicate
    return overlap if any(span.overlaps(other) for other in others) else None


def too_many_days_in_a_row(
    span: Span, features: Features, near: Iterable[Period], kind: Kind
) -> Anomaly | None:
    """Return the anomaly of occasional Horeca work for more than two days in a row, or None (rule R24).

    The days count separately for each employer or user undertaking.
    """
    if not _is_occasional_horeca(features) or span.end is None or span.ends_before_it_starts:
        return None
    if (span.end - span.start).days > _MOST_DAYS:
        return _CONSECUTIVE[kind]  # by itself; do not enumerate years of days
    worked = set(_days(span))
    day, run = min(worked), 1
    for period in near:
        if period.span.end is not None and _is_occasional_at(period.features, features):
            worked |= set(_days(period.span))
    while day - _DAY in worked:
        day -= _DAY
    while day + _DAY in worked and run <= _MOST_DAYS:
        day += _DAY
        run += 1
    return _CONSECUTIVE[kind] if run > _MOST_DAYS else None


def _is_occasional_horeca(features: Features) -> bool:
    user = features.using_employer
    return features.worker_type == OCCASIONAL and is_horeca(
        features.joint_commission, user.joint_commission if user is not None else None
    )


def _is_occasional_at(features: Features, workplace: Features) -> bool:
    """Return whether the features are occasional Horeca work in the undertaking of `workplace`.

    The undertaking is the user undertaking, or the employer if there is no user undertaking.
    """
    return _is_occasional_horeca(features) and _user(features) == _user(workplace)


def _user(features: Features) -> str | None:
    """Return the user undertaking, by number or name; None for work with the employer itself."""
    user = features.using_employer
    return None if user is None else user.enterprise_number or user.name


def _days(span: Span) -> Iterator[date]:
    """Yield the days of a span that has an end. Work past midnight counts as one day (rule R67)."""
    assert span.end is not None
    past_midnight = span.end - span.start == _DAY and span.end_hour is not None
    last = span.start if past_midnight else span.end
    day = span.start
    while day <= last:
        yield day
        day += _DAY
