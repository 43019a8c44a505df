"""The state of a period in the feed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time
from typing import Any

import pytest

from services.personnel_file.feed.rules import TYPE_OF, emptied, state
from services.personnel_file.relation.rules import (
    Period,
    PeriodCanceled,
    PeriodClosed,
    PeriodOpened,
    PeriodReopened,
    PeriodUpdated,
    Relation,
)
from shared.domain.daily import DailyRegistration
from shared.domain.declaration import Features, Span, User
from shared.domain.feed_fields import FEED_FIELDS, FEED_KINDS
from tests.unit.builders import ENTERPRISE, NISS, NSSO, OTHER_NISS, PERIOD

CLOSED = Period(
    PERIOD,
    Span(date(2026, 2, 21), date(2026, 2, 22), time(18), time(1, 30)),
    Features("EXT", "302", "042", User("200", "0477472701", "BAKERY")),
    planned_hours=8,
    planned_days=2,
    locked=True,
    late=True,
)
RELATION = Relation(ENTERPRISE, NISS, date(2026, 1, 1), date(2026, 2, 22), 3, {PERIOD: CLOSED})
STATE = {
    "relation": {"id": 7, "startDate": "2026-01-01", "endDate": "2026-02-22"},
    "version": 3,
    "employer": {"enterpriseNumber": ENTERPRISE, "employerId": NSSO},
    "worker": {"ssin": NISS},
    "periodId": PERIOD,
    "status": "CLOSED",
    "startDate": "2026-02-21",
    "startHour": "1800",
    "endDate": "2026-02-22",
    "endHour": "0130",
    "plannedHoursNumber": 8,
    "plannedDaysNumber": 2,
    "jointCommissionNumber": "302",
    "workerType": "EXT",
    "subEntityNumber": "042",
    "userUndertaking": {
        "jointCommissionNumber": "200",
        "enterpriseNumber": "0477472701",
        "name": "BAKERY",
    },
    "isLate": True,
    "isLocked": True,
}


def report_excesses(period: Period, relation: Relation = RELATION) -> dict[str, Any]:
    return state(relation, 7, NSSO, 3, period)


def test_the_state_has_every_field_of_the_allow_list() -> None:
    assert report_excesses(CLOSED) == STATE
    day = DailyRegistration(11, PERIOD, Span(date(2026, 2, 21), date(2026, 2, 22), time(18)), canceled=True)
    with_day = state(RELATION, 7, NSSO, 3, CLOSED, day)
    registered = {
        "id": 11, "startDate": "2026-02-21", "startHour": "1800", "endDate": "2026-02-22",
        "isCancelled": True,
    }  # fmt: skip
    assert with_day == {**STATE, "dailyRegistration": registered}
    assert tuple(with_day) == FEED_FIELDS


def test_an_authorization_may_name_each_event_type() -> None:
    """Also the type of states, which the service feed sends."""
    assert set(FEED_KINDS) == {*TYPE_OF.values(), "be.nsso.dimona.v1.periods.notify.stated"}


def test_replaced_numbers_are_listed_latest_first() -> None:
    values = state(RELATION, 7, NSSO, 3, CLOSED, former=("29111114418", OTHER_NISS))
    assert values == {**STATE, "worker": {"ssin": NISS, "formerSsins": ["29111114418", OTHER_NISS]}}


def test_an_emptied_relation_names_the_relation_with_its_periods() -> None:
    assert emptied(RELATION, 7, NSSO, 4, 11) == {
        "relation": {"id": 7, "startDate": "2026-01-01", "endDate": "2026-02-22", "successorId": 11},
        "version": 4,
        "employer": {"enterpriseNumber": ENTERPRISE, "employerId": NSSO},
        "worker": {"ssin": NISS},
    }


def test_unknown_values_are_left_out() -> None:
    bare = Period(PERIOD, Span(date(2026, 2, 21)), Features("OTH"))
    said = report_excesses(bare, replace(RELATION, end=None))
    left_out = {
        "startHour",
        "endDate",
        "endHour",
        "plannedHoursNumber",
        "plannedDaysNumber",
        "jointCommissionNumber",
        "subEntityNumber",
        "userUndertaking",
    }
    assert set(STATE) - set(said) == left_out
    assert said["relation"] == {"id": 7, "startDate": "2026-01-01"}
    assert (said["status"], said["isLate"], said["isLocked"]) == ("OPEN", False, False)


@pytest.mark.parametrize(
    ("event", "name"),
    [
        (PeriodOpened, "opened"),
        (PeriodClosed, "closed"),
        (PeriodUpdated, "updated"),
        (PeriodReopened, "updated"),
        (PeriodCanceled, "canceled"),
    ],
)
def test_each_event_has_its_type(event: Any, name: str) -> None:
    assert TYPE_OF[event] == f"be.nsso.dimona.v1.periods.notify.{name}"
