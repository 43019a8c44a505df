"""Quotas over sequences of declarations at several employers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.personnel_file.relation.rules import PeriodOpened, Relation
from services.personnel_file.settlement.rules.quota import UsageBook, counted_features, declared_days
from services.personnel_file.settlement.rules.quota_usage import PeriodUse, UsageTotals
from services.personnel_file.settlement.rules.settle import Settlement, SettlementCase, settle
from shared.domain.declaration import Features, Span, features, parse_hour
from tests.histories import fold
from tests.unit.builders import (
    ENTERPRISE,
    NISS,
    OTHER_ENTERPRISE,
    PERIOD,
    RECEIVED,
    a_change,
    an_in,
    received,
)

DAY = timedelta(days=1)


class File:
    """The personnel file of one worker and two employers."""

    def __init__(self) -> None:
        self.relations: dict[str, Relation] = {}
        self.book = UsageBook()
        self.sequence = 0

    def declare(self, declared: Any, employer: str = ENTERPRISE) -> Settlement:
        self.sequence += 1
        declaration = received(declared, self.sequence)
        assert declaration.employer is not None
        numbers = declaration.employer.model_copy(update={"enterprise_number": employer})
        declaration = declaration.model_copy(update={"employer": numbers})
        relation = self.relations.get(employer)
        spent = counted_features(declared, relation)
        settlement = settle(
            SettlementCase(
                declaration,
                relation,
                usage=self.book.usage_for(employer, NISS, spent) if spent else None,
                now=RECEIVED,
            )
        )
        for event in settlement.events:
            assert settlement.relation is not None
            before = relation.periods.get(event.period_id) if relation else None
            self.book.add_change(employer, NISS, before, settlement.relation.periods[event.period_id])
            self.relations[employer] = settlement.relation
        return settlement

    def hours(self, worker_type: str) -> int:
        return sum(
            period.planned_hours or 0
            for relation in self.relations.values()
            for period in relation.periods.values()
            if not period.canceled and period.features.worker_type == worker_type
        )


def engaged(worker_type: str, hours: int | None, start: str, end: str | None = None, **more: Any) -> Any:
    given_ = {"workerType": worker_type, **more}
    return an_in(startDate=start, endDate=end or start, plannedHoursNumber=hours, features=given_)


class QuotaRow(NamedTuple):
    """A quota: earlier declarations that use it, one that exceeds it, and one that does not."""

    code: str
    before: list[Any]
    raised_by: Any
    silent_for: Any


CASES: list[QuotaRow] = [
    QuotaRow(
        code="90017-369",
        before=[engaged("STU", 600, "2026-03-01", "2026-03-10")],
        raised_by=engaged("STU", 51, "2026-03-11"),
        silent_for=engaged("STU", 50, "2026-03-11"),
    ),
    QuotaRow(
        code="90017-369",
        before=[engaged("O17", 60, "2026-03-01", "2026-03-10")],
        raised_by=engaged("O17", 41, "2026-03-11"),
        silent_for=engaged("O17", 40, "2026-03-11"),
    ),
    QuotaRow(
        code="90017-369",
        before=[engaged("S17", 100, "2026-03-01", "2026-03-10")],
        raised_by=engaged("S17", 51, "2026-03-11"),
        silent_for=engaged("S17", 50, "2026-03-11"),
    ),
    QuotaRow(
        code="90017-369",
        before=[engaged("T17", None, f"2026-03-{day:02}") for day in range(1, 26)],
        raised_by=engaged("T17", None, "2026-03-26"),
        silent_for=engaged("T17", None, "2027-03-26"),
    ),
    QuotaRow(
        code="90017-369",
        before=[
            engaged("EXT", None, str(date(2026, 3, 1) + 3 * n * DAY), jointCommissionNumber="302")
            for n in range(50)
        ],
        raised_by=engaged("EXT", None, "2026-12-01", jointCommissionNumber="302"),
        silent_for=engaged("EXT", None, "2026-12-01", jointCommissionNumber="144"),
    ),
    QuotaRow(
        code="90256-369",
        before=[
            engaged("EXT", None, str(day), str(day + DAY), jointCommissionNumber="302")
            for n in range(100)
            for day in (date(2026, 1, 1) + 3 * n * DAY,)
        ],
        raised_by=engaged("EXT", None, "2026-12-01", jointCommissionNumber="302"),
        silent_for=engaged("EXT", None, "2027-12-01", jointCommissionNumber="302"),
    ),
]
CASE_IDS = [f"{row.code} {row.raised_by.block.features.worker_type}" for row in CASES]


def codes(settlement: Settlement) -> list[str]:
    return [found.code for found in settlement.outcome.anomalies]


@pytest.mark.parametrize("row", CASES, ids=CASE_IDS)
def test_an_exceeded_quota_is_an_anomaly(row: QuotaRow) -> None:
    code, before, raising, _ = row
    file = File()
    for declared in before:
        file.declare(declared)
    settlement = file.declare(raising)
    paths = {found.code: found.path for found in settlement.outcome.anomalies}
    assert paths[code] == ("worker" if code == "90017-369" else "employer")
    blocks = raising.block.features.worker_type in {"O17", "S17", "T17"}
    assert settlement.outcome.result == ("B" if blocks else "W")
    assert bool(settlement.events) is not blocks
    amounts = {(each.exceeding_hours, each.exceeding_days) for each in settlement.outcome.quota}
    assert amounts <= {(1, None), (None, 1)}
    assert amounts


@pytest.mark.parametrize("row", CASES, ids=CASE_IDS)
def test_a_quota_within_its_limit_is_no_anomaly(row: QuotaRow) -> None:
    code, before, _, silent = row
    file = File()
    for declared in before:
        file.declare(declared)
    settlement = file.declare(silent)
    assert code not in codes(settlement)
    assert settlement.outcome.quota == ()


def test_use_at_another_employer_counts_and_a_cancel_frees_it() -> None:
    file = File()
    period = file.declare(engaged("O17", 100, "2026-03-01", "2026-03-10")).outcome.period_id
    assert file.declare(engaged("O17", 1, "2026-03-11"), OTHER_ENTERPRISE).outcome.result == "B"
    file.declare(a_change("cancel", periodId=period))
    assert file.declare(engaged("O17", 100, "2026-03-11"), OTHER_ENTERPRISE).outcome.result == "A"


def test_an_update_counts_by_the_difference() -> None:
    file = File()
    period = file.declare(engaged("O17", 60, "2026-03-01", "2026-03-10")).outcome.period_id
    file.declare(engaged("O17", 30, "2026-03-11"), OTHER_ENTERPRISE)
    assert file.declare(a_change("update", periodId=period, plannedHoursNumber=71)).outcome.result == "B"
    assert file.declare(a_change("update", periodId=period, plannedHoursNumber=70)).outcome.result == "A"


def test_a_night_is_one_day_of_the_quota() -> None:
    """Rule R67: past midnight or not; without an end hour the second day is one more."""
    file = File()
    night = replace_hours("2200", "0200")
    assert file.declare(night).outcome.result == "A"
    one_day = PeriodUse("EXT", "302", date(2026, 3, 1), date(2026, 3, 1), 0)
    assert file.book.workers[NISS] == UsageTotals.of([one_day])


def replace_hours(start_hour: str, end_hour: str) -> Any:
    assert parse_hour(start_hour)
    return an_in(
        startDate="2026-03-01", endDate="2026-03-02", startHour=start_hour, endHour=end_hour,
        features={"workerType": "EXT", "jointCommissionNumber": "302"},
    )  # fmt: skip


def test_the_days_of_a_declaration_that_use_a_quota() -> None:
    relation = fold(ENTERPRISE, NISS, [PeriodOpened(PERIOD, Span(date(2025, 12, 1)), Features("STU"), 8)])
    moved = a_change("update", periodId=PERIOD, startDate="2026-01-05", endDate="9999-12-31")
    assert declared_days(moved, relation) == [date(2026, 1, 5), date(2025, 12, 1)]
    assert declared_days(moved, None) == [date(2026, 1, 5)]
    assert declared_days(engaged("STU", 8, "2026-03-01", "2026-03-02"), None) == [
        date(2026, 3, 1),
        date(2026, 3, 2),
    ]
    assert declared_days(a_change("cancel"), relation) == []
    assert counted_features(moved, None) is None
    assert counted_features(engaged("STU", 8, "2026-03-01"), None) == features(
        engaged("STU", 8, "2026-03-01").block.features
    )


def steps_of(*kinds: str) -> st.SearchStrategy[list[tuple[str, str, int, int]]]:
    """Return a strategy for at most 30 steps: kind, employer, hours, and place of a day or period."""
    employers = st.sampled_from([ENTERPRISE, OTHER_ENTERPRISE])
    step = st.tuples(st.sampled_from(kinds), employers, st.integers(1, 60), st.integers(0, 29))
    return st.lists(step, max_size=30)


def play(worker_type: str, steps: Sequence[tuple[str, str, int, int]]) -> tuple[File, list[Settlement]]:
    """Settle INs on days of April, each with a neighbor at the other employer, and changes of them."""
    file, settlements, periods = File(), [], list[tuple[str, int]]()
    for kind, employer, hours, nth in steps:
        if kind == "in":
            day = f"2026-04-{nth + 1:02}"
            settlement = file.declare(engaged(worker_type, hours, day), employer)
            if settlement.events:
                periods.append((employer, settlement.events[0].period_id))
        elif periods:
            employer, period = periods[nth % len(periods)]
            more = {"plannedHoursNumber": hours} if kind == "update" else {}
            settlement = file.declare(a_change(kind, periodId=period, **more), employer)
        else:
            continue
        settlements.append(settlement)
    return file, settlements


@settings(max_examples=60, deadline=None)
@given(steps_of("in", "in", "in", "update", "cancel"))
def test_a_blocking_quota_is_never_exceeded(steps: list[tuple[str, str, int, int]]) -> None:
    """In any order, and at any employer (rule R60)."""
    file, settlements = play("O17", steps)
    assert file.hours("O17") <= 100
    for settlement in settlements:
        assert ("90017-369" in codes(settlement)) == bool(settlement.outcome.quota)


@settings(max_examples=60, deadline=None)
@given(steps_of("in"))
def test_reported_excesses_add_up(steps: list[tuple[str, str, int, int]]) -> None:
    """The reported excesses of INs add up to the excess of the quota (rule R59)."""
    file, settlements = play("STU", steps)
    told_ = sum(each.exceeding_hours or 0 for one in settlements for each in one.outcome.quota)
    assert told_ == max(0, file.hours("STU") - 650)


def test_a_period_exceeds_a_quota_as_its_last_use_was_judged() -> None:
    """Declarations that change no use judge no quota; a use within the quota ends the excess."""
    file = File()
    opened = file.declare(engaged("STU", 651, "2026-03-01"))
    number = opened.outcome.period_id
    assert number is not None
    longer, within = (
        file.declare(a_change("update", periodId=number, plannedHoursNumber=hours)) for hours in (652, 650)
    )
    canceled = file.declare(a_change("cancel", periodId=number))
    other = file.declare(engaged("OTH", None, "2026-05-01"))
    refused = file.declare(engaged("O17", 200, "2026-06-01"))
    settlements = (opened, longer, within, canceled, other, refused)
    assert "".join(each.outcome.result for each in settlements) == "WWAAAB"
    assert [each.quota_exceeded for each in settlements] == [True, True, False, None, None, None]
