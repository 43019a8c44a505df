"""No UPDATE makes a period that an IN may not declare: intake and settlement together, for any dates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time, timedelta
from functools import cache
from itertools import product
from typing import Any

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from services.intake.reception.rules import admit
from services.personnel_file.relation.rules import Period, Relation
from services.personnel_file.settlement.rules import change
from services.personnel_file.settlement.rules.settle import SettlementCase, settle
from shared.domain.declared import Declaration
from shared.messages import Result
from tests.unit.builders import EMPLOYER, KNOWN, NISS, RECEIVED, a_change, an_in, received

FEATURES = [
    {"workerType": type_, "jointCommissionNumber": commission}
    for type_, commission in (
        ("FLX", "XXX"), ("EXT", "302"), ("EXT", "144"), ("STU", "XXX"), ("S17", "XXX"), ("T17", "XXX"),
        ("OTH", "XXX"),
    )
]  # fmt: skip
#: Around the day after the reception, the ends of a year and of a quarter, and the last student of 2016.
FIRST_DAYS = [date(2026, 2, 21), date(2026, 3, 31), date(2025, 12, 31), date(2016, 12, 30)]
HOURS = [None, "0000", "0800", "1700", "2359"]
WITH_HOURS = ("FLX", "EXT")


DISTANCES = [0, 1, 2, 9, 40, -1, -5]  #: days from the first one


@cache
def openings() -> Sequence[tuple[date, Relation]]:
    """Return every period of these values that an IN may begin, with its first day."""
    found = []
    for first, features, distance in product(FIRST_DAYS, FEATURES, [None, *DISTANCES]):
        has_hours = features["workerType"] in WITH_HOURS
        end = None if distance is None else str(first + timedelta(days=distance))
        for start_hour, end_hour in product(HOURS, HOURS) if has_hours else [(None, None)]:
            relation = after(None, opening(first, features, end, start_hour, end_hour))
            if relation is not None:
                found.append((first, relation))
    return found


def opening(
    first: date, features: dict[str, str], end: str | None, start_hour: str | None, end_hour: str | None
) -> Declaration:
    """Build an IN. STU and S17 plan hours, a student of 2016 plans days."""
    in_days = features["workerType"] == "STU" and first.year == 2016
    planned = 5 if features["workerType"] in ("STU", "S17") and not in_days else None
    return an_in(
        startDate=str(first), endDate=end, startHour=start_hour, endHour=end_hour, features=features,
        plannedHoursNumber=planned, plannedDaysNumber=1 if in_days else None,
    )  # fmt: skip


@st.composite
def updates(draw: st.DrawFn) -> tuple[Relation, Declaration]:
    """Draw a period that an IN began, and an UPDATE of it."""
    first, relation = draw(st.sampled_from(openings()))
    (period,) = relation.periods.values()

    def day() -> str:
        return str(first + timedelta(days=draw(st.sampled_from(DISTANCES))))

    def hour() -> str | None:
        return draw(st.sampled_from(HOURS)) if period.features.worker_type in WITH_HOURS else None

    given_: dict[str, Any] = {
        "startDate": day(), "endDate": draw(st.sampled_from([day(), "9999-12-31"])), "startHour": hour(),
        "endHour": hour(), "plannedHoursNumber": 6,
    }  # fmt: skip
    chosen = draw(st.sets(st.sampled_from(sorted(given_)), min_size=1))
    return relation, a_change("update", periodId=period.id, **{name: given_[name] for name in chosen})


def after(relation: Relation | None, declared: Declaration) -> Relation | None:
    """Return the relation after an accepted declaration; None for a refused one."""
    known = None if relation is None else KNOWN
    if any(found.blocks for found in admit(declared, EMPLOYER, True, known, RECEIVED)):
        return None
    settlement = settle(SettlementCase(received(declared), relation, now=RECEIVED, ssin=NISS))
    return None if settlement.outcome.result is Result.REFUSED else settlement.relation


def as_in(period: Period) -> Declaration:
    """Return the IN that would declare a period."""
    span, features = period.span, period.features
    return an_in(
        startDate=str(span.start), endDate=None if span.end is None else str(span.end),
        startHour=hhmm(span.start_hour), endHour=hhmm(span.end_hour),
        features={"workerType": features.worker_type, "jointCommissionNumber": features.joint_commission},
        plannedHoursNumber=period.planned_hours, plannedDaysNumber=period.planned_days,
    )  # fmt: skip


def hhmm(hour: time | None) -> str | None:
    return None if hour is None else f"{hour:%H%M}"


def is_unlike_an_in(update: tuple[Relation, Declaration]) -> bool:
    """Return whether the UPDATE is accepted although no IN may declare its result."""
    changed = after(*update)
    if changed is None:
        return False
    (period,) = changed.periods.values()
    return any(found.blocks for found in admit(as_in(period), EMPLOYER, True, None, RECEIVED))


SEARCH = settings(max_examples=1000, deadline=None, derandomize=True, phases=(Phase.generate,), database=None)


@settings(max_examples=100, deadline=None)
@given(updates())
def test_an_accepted_update_leaves_a_period_that_an_in_may_declare(
    update: tuple[Relation, Declaration],
) -> None:
    assert not is_unlike_an_in(update)


@pytest.mark.parametrize("codes", [{"00911-014"}, {"00913-368", "90378-368"}], ids=sorted)
def test_a_row_that_is_left_out_is_found(codes: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a row an UPDATE is accepted that leaves a wrong period."""
    rows = tuple(row for row in change.UPDATE_ROWS if row.code not in codes)
    monkeypatch.setattr(change, "UPDATE_ROWS", rows)
    find(updates(), is_unlike_an_in, settings=SEARCH)
