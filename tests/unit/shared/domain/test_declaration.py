"""Typed declarations and spans: equality, and overlap."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.declaration import (
    Cancel,
    Features,
    In,
    Out,
    Span,
    Update,
    User,
    parse_date,
    parse_hour,
    typed,
)
from shared.domain.features import requires_end_date
from tests.unit.builders import PERIOD, a_change, an_in

D = date
DAY = D(2026, 2, 21)
KEY_OF_OTH_XXX = "cb91b9a1dc052c3d47346e1adc3c4d7d"


def at(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 2, day, hour)  # noqa: DTZ001


SPANS = st.builds(
    lambda start, length, hours: Span(
        start,
        None if length is None else start + timedelta(days=length),
        *((time(hours), time(23 if length == 0 else 4)) if hours is not None and length is not None else ()),
    ),
    st.dates(DAY, DAY + timedelta(days=10)),
    st.none() | st.integers(0, 4),
    st.none() | st.integers(0, 22),
)


@pytest.mark.parametrize(
    ("span", "interval"),
    [
        (Span(DAY), (at(21), None)),
        (Span(DAY, DAY), (at(21), at(22))),
        (Span(DAY, D(2026, 2, 23)), (at(21), at(24))),
        (Span(DAY, DAY, time(17), time(21)), (at(21, 17), at(21, 21))),
        (Span(DAY, D(2026, 2, 22), time(22), time(6)), (at(21, 22), at(22, 6))),
        (Span(DAY, DAY, time(17)), (at(21, 17), at(22))),  # Horeca day flat rate: no end hour
        (Span(DAY, D(2026, 2, 22), time(20), time(0)), (at(21, 20), at(22))),
    ],
)
def test_an_interval_is_half_open(span: Span, interval: tuple[datetime, datetime | None]) -> None:
    assert span.interval == interval


@pytest.mark.parametrize(
    ("one", "other", "overlap"),
    [
        (Span(DAY, DAY), Span(DAY, DAY), True),
        (Span(DAY, DAY), Span(D(2026, 2, 22)), False),
        (Span(DAY), Span(D(2030, 1, 1)), True),
        (Span(DAY, DAY, time(9), time(12)), Span(DAY, DAY, time(12), time(17)), False),
        (Span(DAY, DAY, time(9), time(13)), Span(DAY, DAY, time(12), time(17)), True),
        (Span(DAY, D(2026, 2, 22), time(22), time(6)), Span(D(2026, 2, 22), D(2026, 2, 22)), True),
        (Span(DAY, D(2026, 2, 22), time(22), time(0)), Span(D(2026, 2, 22), D(2026, 2, 22)), False),
    ],
)
def test_overlap(one: Span, other: Span, overlap: bool) -> None:
    assert one.overlaps(other) is overlap
    assert other.overlaps(one) is overlap


@given(SPANS, SPANS)
def test_overlap_is_mutual(one: Span, other: Span) -> None:
    assert one.overlaps(other) == other.overlaps(one)


@given(SPANS)
def test_a_span_overlaps_and_equals_itself(span: Span) -> None:
    assert span.overlaps(span)
    assert span.same_as(span)
    assert not span.ends_before_it_starts


@pytest.mark.parametrize(
    ("span", "reversed_"),
    [
        (Span(DAY), False),
        (Span(DAY, DAY), False),
        (Span(DAY, D(2026, 2, 20)), True),
        (Span(DAY, DAY, time(17), time(17)), False),
        (Span(DAY, DAY, time(17), time(16)), True),
        (Span(DAY, D(2026, 2, 22), time(17), time(16)), False),
        (Span(DAY, DAY, None, time(0)), False),
        (Span(DAY, None, time(17), time(9)), False),
    ],
)
def test_a_span_may_not_end_before_it_starts(span: Span, reversed_: bool) -> None:
    assert span.ends_before_it_starts is reversed_


@given(SPANS, SPANS, st.datetimes(at(20), at(28)))
def test_overlap_means_a_common_moment(one: Span, other: Span, moment: datetime) -> None:
    def holds(span: Span) -> bool:
        start, end = span.interval
        return start <= moment and (end is None or moment < end)

    assert one.overlaps(other) or not (holds(one) and holds(other))


@pytest.mark.parametrize(
    "text", ["2026-02-30", "2026-13-01", "0000-01-01", "20260101", "2026-W01-1", "2026-1-01", "2026-01-01\n"]
)
def test_a_day_that_is_not_in_the_calendar_is_no_date(text: str) -> None:
    assert parse_date(text) is None


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("0000", time(0)),
        ("2359", time(23, 59)),
        ("2400", None),
        ("0960", None),
        ("900", None),
        ("09:0", None),
    ],
)
def test_an_hour_is_four_digits(text: str, hour: time | None) -> None:
    assert parse_hour(text) == hour


def test_an_in_becomes_a_span_with_features() -> None:
    declared = an_in(startHour="1700", endDate="2026-02-21", endHour="2130", plannedHoursNumber=5)
    assert typed(declared) == In(Span(DAY, DAY, time(17), time(21, 30)), 5, Features("OTH", "XXX"))


def test_a_change_has_the_given_fields() -> None:
    assert typed(a_change("out", endDate="2026-03-31")) == Out(PERIOD, D(2026, 3, 31))
    assert typed(a_change("update", endHour="2230")) == Update(PERIOD, end_hour=time(22, 30))
    assert typed(a_change("cancel")) == Cancel(PERIOD)


def test_an_update_keeps_the_other_fields() -> None:
    span = Span(DAY, DAY, time(17), time(21))
    assert Update(PERIOD, end_hour=time(22)).applied_to(span) == Span(DAY, DAY, time(17), time(22))
    assert Update(PERIOD, start=D(2026, 2, 20)).applied_to(span).start == D(2026, 2, 20)


def test_re_opening_drops_the_end_with_its_hour() -> None:
    update = Update(PERIOD, end=D(9999, 12, 31), end_hour=time(1))
    assert update.reopens
    assert update.applied_to(Span(DAY, DAY, time(17), time(21))) == Span(DAY, None, time(17), None)


def features(**user: Any) -> Features:
    declaration = typed(an_in(features={"jointCommissionNumber": "322", "usingEmployer": user}))
    assert isinstance(declaration, In)
    return declaration.features


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ({"enterpriseNumber": "400767772"}, {"enterpriseNumber": "0400767772"}, True),
        ({"enterpriseNumber": "400767772"}, {"enterpriseNumber": "0400767772", "name": "X"}, True),
        ({"name": "Bouw  & Zoon"}, {"name": "BOUW & ZOON"}, True),
        ({"name": "Bouw & Zoon"}, {"name": "Bouw"}, False),
        ({"enterpriseNumber": "0000000000", "name": "X"}, {"name": "X"}, True),
        ({"enterpriseNumber": "400767772"}, {"name": "400767772"}, False),
        ({"enterpriseNumber": "400767772"}, {"enterpriseNumber": "0449888671"}, False),
        ({"jointCommissionNumber": "124", "name": "X"}, {"jointCommissionNumber": "302", "name": "X"}, False),
    ],
)
def test_features_and_their_keys_are_equal_together(
    one: dict[str, Any], other: dict[str, Any], equal: bool
) -> None:
    assert (features(**one) == features(**other)) is equal
    assert (features(**one).key == features(**other).key) is equal


def test_a_user_undertaking_is_compared_in_capitals_with_single_spaces() -> None:
    assert features(jointCommissionNumber="124", name=" Bouw  & Zoon ").using_employer == User(
        "124", None, "BOUW & ZOON"
    )


def test_the_key_of_features_never_changes() -> None:
    """It is stored in an exclusion constraint: another digest would let an overlap through."""
    assert Features("OTH", "XXX").key == KEY_OF_OTH_XXX
    assert len({KEY_OF_OTH_XXX, Features("STU", "XXX").key, Features("OTH", "XXX", "12").key}) == 3


@pytest.mark.parametrize("worker_type", ["EXT", "STU", "IVT", "TRI", "STG", "A17", "O17", "S17", "T17"])
def test_worker_types_that_need_an_end_date(worker_type: str) -> None:
    """Rule R14."""
    assert requires_end_date("XXX", worker_type)


def test_agency_work_needs_an_end_date_and_other_work_does_not() -> None:
    """Rule R14."""
    assert requires_end_date("322", "OTH")
    assert not requires_end_date("XXX", "OTH")
    assert not requires_end_date(None, None)
