"""Settlement of daily registrations: the outcome and the relation after it."""

from __future__ import annotations

from datetime import time

import pytest

from services.personnel_file.relation.rules import (
    DayCanceled,
    DayRegistered,
    DayUpdated,
    Event,
    PeriodOpened,
    Relation,
    event_to_json,
)
from services.personnel_file.settlement.rules.settle import Settlement, SettlementCase, refuse_overlap, settle
from shared.domain.daily import DailyRegistration
from shared.domain.declared import Declaration
from shared.messages import Result
from tests.histories import event_from_json
from tests.unit.builders import PERIOD, RECEIVED, a_daily, received
from tests.unit.services.personnel_file.settlement.cases import FLX, of, span

OTHER = 656309296521
DAY = DayRegistered(11, PERIOD, span("02-21", "02-21", "0900", "1700"))
FLEXI = of(span("02-10", "03-20"), FLX)
WITH_DAY = of(span("02-10", "03-20"), FLX, DAY)


def ended(
    declared: Declaration, relation: Relation | None, *, chosen: bool = True, refused: bool = False
) -> Settlement:
    declaration = received(declared, 7).model_copy(update={"registers_days": chosen})
    return settle(SettlementCase(declaration, relation, in_refused=refused, now=RECEIVED))


def codes(settlement: Settlement) -> list[str]:
    return [found.code for found in settlement.outcome.anomalies]


def test_a_day_gets_the_number_of_its_declaration() -> None:
    settlement = ended(a_daily(0), FLEXI)
    number = received(a_daily(0), 7).number
    outcome = settlement.outcome
    assert (outcome.result, outcome.anomalies) == (Result.ACCEPTED, ())
    assert (outcome.period_id, outcome.daily_registration_id) == (PERIOD, number)
    registered = span("02-21", "02-21", "0900", "1700")
    assert settlement.events == (DayRegistered(number, PERIOD, registered),)
    assert settlement.relation is not None
    assert settlement.relation.version == FLEXI.version + 1
    assert settlement.relation.days == {number: DailyRegistration(number, PERIOD, registered)}
    assert settlement.relation.periods == FLEXI.periods


@pytest.mark.parametrize(
    ("declared", "event"),
    [
        (a_daily(1, dailyRegistrationId=11, endHour="1800"),
         DayUpdated(11, PERIOD, span("02-21", "02-21", "0900", "1800"))),
        (a_daily(3, dailyRegistrationId=11), DayCanceled(11, PERIOD)),
    ],
    ids=["change", "cancellation"],
)  # fmt: skip
def test_a_change_keeps_the_number(declared: Declaration, event: Event) -> None:
    settlement = ended(declared, WITH_DAY)
    assert settlement.events == (event,)
    outcome = settlement.outcome
    assert (outcome.result, outcome.period_id, outcome.daily_registration_id) == ("A", PERIOD, 11)
    assert settlement.relation == WITH_DAY.apply(event)


def test_a_refused_registration_names_its_subject_without_effect() -> None:
    for declared, relation, code, period, day in (
        (a_daily(0), WITH_DAY, "90480-334", PERIOD, None),
        (a_daily(1, dailyRegistrationId=11, endHour="1700"), WITH_DAY, "90480-444", PERIOD, 11),
        (a_daily(3, dailyRegistrationId=12), WITH_DAY, "01085-354", None, None),
        (a_daily(3, dailyRegistrationId=11), None, "01085-354", None, None),
        (a_daily(0), None, "00913-354", None, None),
        (a_daily(0, periodId=OTHER), FLEXI, "00913-354", None, None),
    ):
        settlement = ended(declared, relation)
        outcome = settlement.outcome
        assert (codes(settlement), outcome.result) == ([code], Result.REFUSED)
        assert (outcome.period_id, outcome.daily_registration_id) == (period, day)
        assert settlement.events == ()
        assert settlement.relation is relation


def test_a_day_needs_the_choice_of_its_employer_and_an_accepted_in() -> None:
    assert codes(ended(a_daily(0), FLEXI, chosen=False)) == ["00913-461"]
    assert codes(ended(a_daily(0), None, refused=True)) == ["00913-357"]


def test_days_of_another_period_are_no_neighbors() -> None:
    """90480-334 applies inside one period."""
    second = PeriodOpened(OTHER, span("02-10", "03-20"), FLX)
    both = of(span("02-10", "03-20"), FLX, second, DAY)
    assert codes(ended(a_daily(0, periodId=OTHER), both)) == []
    assert codes(ended(a_daily(0), both)) == ["90480-334"]


def test_an_overlap_that_the_database_finds_is_refused_as_one() -> None:
    settlement = refuse_overlap(SettlementCase(received(a_daily(0), 7), WITH_DAY, RECEIVED))
    assert [(found.code, found.path) for found in settlement.outcome.anomalies] == [
        ("90480-334", "dimonaDailyRegistration")
    ]
    assert settlement.events == ()


@pytest.mark.parametrize(
    "event",
    [DAY, DayUpdated(11, PERIOD, span("02-21", "02-22", "2200")), DayCanceled(11, PERIOD)],
    ids=lambda event: event.type,
)
def test_events_of_days_are_kept_as_text(event: Event) -> None:
    assert event_from_json(event_to_json(event)) == event


def test_the_state_of_a_day_follows_from_its_events() -> None:
    later = WITH_DAY.apply(DayUpdated(11, PERIOD, span("02-22", "02-22", "1000", "1200")))
    assert later.days[11].span.start_hour == time(10)
    gone = later.apply(DayCanceled(11, PERIOD))
    assert gone.days[11] == DailyRegistration(
        11, PERIOD, span("02-22", "02-22", "1000", "1200"), canceled=True
    )
    assert (gone.version, gone.end) == (WITH_DAY.version + 2, WITH_DAY.end)
