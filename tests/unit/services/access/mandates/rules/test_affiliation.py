"""One affiliation at a time: its start, its effect on the others, and its end."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.access.mandates.rules.affiliation import Span, begins, ends, superseded

TODAY = date(2026, 2, 21)
DAY = timedelta(days=1)


def test_an_affiliation_starts_on_a_day_or_with_a_quarter() -> None:
    assert begins(TODAY, None, TODAY) == TODAY
    assert begins(None, "2026Q2", TODAY) == date(2026, 4, 1)


@pytest.mark.parametrize(
    ("day", "quarter", "field"),
    [
        (TODAY - DAY, None, "validFrom"),
        (None, "2026Q1", "beginQuarter"),
        (TODAY, "2026Q2", "validFrom"),
        (None, None, "validFrom"),
    ],
)
def test_an_invalid_start_is_refused(day: date | None, quarter: str | None, field: str) -> None:
    found = begins(day, quarter, TODAY)
    assert isinstance(found, list)
    assert [finding.field for finding in found] == [(field,)]


def span(first: int, last: int | None) -> Span:
    return Span(TODAY + first * DAY, None if last is None else TODAY + last * DAY)


@pytest.mark.parametrize(
    ("others", "cut", "undone"),
    [
        ([], [], []),
        ([span(-9, None)], [0], []),
        ([span(-9, 5)], [0], []),
        ([span(-9, -1)], [], []),
        ([span(-9, 0)], [0], []),
        ([span(0, None)], [], [0]),
        ([span(-9, 3), span(4, None)], [0], [1]),
    ],
)
def test_a_new_affiliation_shortens_the_others(others: list[Span], cut: list[int], undone: list[int]) -> None:
    assert superseded(others, TODAY) == ([others[n] for n in cut], [others[n] for n in undone])


@given(
    st.lists(st.tuples(st.integers(-400, 400), st.one_of(st.none(), st.integers(0, 300))), max_size=6),
    st.integers(0, 300),
)
def test_no_day_has_two_affiliations(drawn: list[tuple[int, int | None]], first: int) -> None:
    spans = [span(begin, None if length is None else begin + length) for begin, length in drawn]
    cut, undone = superseded(spans, TODAY + first * DAY)
    left = [
        Span(each.valid_from, TODAY + (first - 1) * DAY) if each in cut else each
        for each in spans
        if each not in undone
    ]
    assert all(each.valid_until is not None and each.valid_until < TODAY + first * DAY for each in left)


@pytest.mark.parametrize(
    ("last", "allowed"),
    [(-2, False), (-1, True), (0, True), (30, True), (31, False)],
)
def test_permitted_ends(last: int, allowed: bool) -> None:
    assert (ends(span(-9, 30), TODAY + last * DAY, TODAY) == []) is allowed


def test_an_affiliation_does_not_end_before_its_start() -> None:
    assert ends(span(5, None), TODAY, TODAY)
