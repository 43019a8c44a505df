"""Invariants of daily registrations beside other declarations, in any batches (rule R36)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import combinations
from typing import Any, ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from services.intake.reception.rules import admit
from services.personnel_file.relation.rules import DayCanceled, Event, Relation
from services.personnel_file.settlement.handler.ledger import Ledger, Settled
from services.personnel_file.settlement.rules import daily
from shared.domain.declared import Declaration
from shared.messages import ChangeAdmitted
from tests.unit.builders import NISS, OTHER_NISS, RECEIVED, a_daily, an_in
from tests.unit.services.personnel_file.settlement.machine import (
    DAY,
    EMPLOYERS,
    FIRST,
    HOURS,
    SEARCH,
    SETTINGS,
    AnySequence,
)

CLOCK = st.sampled_from(["0800", "1200", "1600"])
OFFSETS = st.integers(0, 5)
PERIODS = st.sampled_from([0, 0, 0, 0, 0, 1, 2])


def _by_period(ssin: str, worker_type: str, first: int) -> Declaration:
    """Build an IN for some days, numbered from the first of them all."""
    numbers = {"enterpriseNumber": EMPLOYERS[0].enterprise_number}
    span = {"startDate": str(FIRST + first * DAY), "endDate": str(FIRST + (first + 4) * DAY)}
    return an_in(employer=numbers, worker={"ssin": ssin}, features={"workerType": worker_type}, **span)


class AnyDays(RuleBasedStateMachine):
    """Two flexi-jobs by period and one of another kind, with days registered, changed and canceled."""

    days: ClassVar[Bundle[int]] = Bundle("days")

    def __init__(self) -> None:
        super().__init__()
        self.office = AnySequence()  #: its three files and invariants
        self.period_of: dict[int, int] = {}

    @initialize(first=OFFSETS, identified=st.sampled_from([True, True, True, False]))
    def engage(self, first: int, identified: bool) -> None:
        self.periods = [
            self.office.declare_in(_by_period(NISS, "FLX", 0), 0, NISS),
            self.office.declare_in(
                _by_period(OTHER_NISS, "FLX", first), 0, OTHER_NISS if identified else None
            ),
            self.office.declare_in(_by_period(NISS, "OTH", 0), 0, NISS),
        ]

    @rule(target=days, period=PERIODS, day=OFFSETS, lasts=st.integers(0, 1), start=CLOCK, end=HOURS)
    def register(self, period: int, day: int, lasts: int, start: str, end: str | None) -> int:
        number = self.periods[period]
        span = {"startDate": str(FIRST + day * DAY), "endDate": str(FIRST + (day + lasts) * DAY)}
        return self.declare_day(0, number, periodId=number, startHour=start, endHour=end, **span)

    @rule(number=days, day=st.none() | OFFSETS, start=HOURS, end=HOURS)
    def change_day(self, number: int, day: int | None, start: str | None, end: str | None) -> None:
        date_ = None if day is None else str(FIRST + day * DAY)
        given = {"startDate": date_, "endDate": date_, "startHour": start, "endHour": end}
        self.declare_day(1, self.period_of[number], dailyRegistrationId=number, **given)

    @rule(number=days)
    def cancel_day(self, number: int) -> None:
        self.declare_day(3, self.period_of[number], dailyRegistrationId=number)

    @rule(period=PERIODS, end=OFFSETS)
    def leave_earlier(self, period: int, end: int) -> None:
        self.office.declare_change("update", self.periods[period], True, endDate=str(FIRST + end * DAY))

    @rule(period=PERIODS, really=st.sampled_from([True, False, False, False]))
    def cancel_period(self, period: int, really: bool) -> None:
        if really:  # it is the end of all that can happen to the period
            self.office.declare_change("cancel", self.periods[period], True)

    def declare_day(self, status: int, period: int, **given: Any) -> int:
        """Build a valid daily registration that was sent before the final of its IN."""
        declared, employer = a_daily(status, **given), self.office.said[period][1]
        known = replace(self.office.known[period], refused=False)
        declaration = self.office.received(declared, employer)
        if not admit(declared, EMPLOYERS[employer], True, known, RECEIVED):
            self.office.settle(ChangeAdmitted(declaration=declaration))
        self.period_of[declaration.number] = period
        return declaration.number

    @rule()
    def cut(self) -> None:
        self.office.in_cuts.cut()

    def teardown(self) -> None:
        self.office.teardown()

    @invariant()
    def what_stays_true(self) -> None:
        AnySequence.what_stays_true(self.office)
        for key in self.office.singly.relations:
            relation = self.office.singly.relation(key)
            standing = [day for day in relation.days.values() if not day.canceled]
            for day in standing:
                start, end = day.span.interval
                assert end is not None
                assert timedelta(0) <= end - start <= timedelta(hours=24), "a day that is none"
            for one, other in combinations(standing, 2):
                apart = one.period_id != other.period_id or not one.span.overlaps(other.span)
                assert apart, "two days overlap"


def test_any_days_keep_the_laws() -> None:
    run_state_machine_as_test(AnyDays, settings=settings(SETTINGS, max_examples=80))


def test_the_drawn_days_reach_every_event_and_refusal() -> None:
    """Of those that the laws are about."""
    AnySequence.reached.clear()
    run_state_machine_as_test(AnyDays, settings=settings(SEARCH, max_examples=80))
    assert AnySequence.reached >= {"dayRegistered", "dayUpdated", "dayCanceled"}
    assert AnySequence.reached >= {
        "90480-260", "90480-334", "90480-444", "00910-462", "00911-462", "00778-345", "00913-355",
        "00913-357", "00913-462", "01085-354", "01085-355",
    }  # fmt: skip


APPLY, SAVE = Relation.apply, Ledger._apply


def _canceled_day_disappears(relation: Relation, event: Event) -> Relation:
    after = APPLY(relation, event)
    if isinstance(event, DayCanceled):
        return replace(after, days={id_: day for id_, day in after.days.items() if not day.canceled})
    return after


def _forgets_whose_day_it_is(ledger: Ledger, settled: Settled, *given: Any) -> None:
    SAVE(ledger, settled, *given)
    ledger.day_periods.pop(settled.request.declaration.number, None)


Plant = Callable[[pytest.MonkeyPatch], None]
FAULTS: dict[str, Plant] = {
    "overlaps of days are allowed": lambda monkeypatch: monkeypatch.setattr(
        daily, "DAILY_ROWS", [row for row in daily.DAILY_ROWS if row.code != "90480-334"]
    ),
    "days may last for ever": lambda monkeypatch: monkeypatch.setattr(
        daily, "LONGEST", timedelta(days=10)
    ),
    "a canceled day disappears": lambda monkeypatch: monkeypatch.setattr(
        Relation, "apply", _canceled_day_disappears
    ),
    "a batch forgets the days it registered itself": lambda monkeypatch: monkeypatch.setattr(
        Ledger, "_apply", _forgets_whose_day_it_is
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_control_each_law_of_days_can_be_broken(monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    """Planted faults, each of which the sequences find."""
    FAULTS[fault](monkeypatch)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(AnyDays, settings=settings(SEARCH, max_examples=80))
