"""Whatever employers declare, in whatever order: what stays true of a relation after every step."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import combinations
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.personnel_file.rules import Event, Relation, fold, settle
from shared.domain.declared import Declaration
from shared.domain.identifiers import with_check
from shared.messages import Result
from tests.unit.builders import ENTERPRISE, NISS, RECEIVED, a_change, an_in, received

FIRST = date(2026, 3, 1)
DAYS = st.integers(0, 9).map(lambda day: (FIRST + timedelta(days=day)).isoformat())
ENDS = st.none() | DAYS
HOURS = st.sampled_from([None, None, "0800", "1200", "1600"])
TYPES = st.sampled_from(["OTH", "FLX", "STU"])
#: Changes name one of the first INs, which may have been refused or may not exist yet.
PERIODS = st.integers(1, 8).map(lambda sequence: with_check(10**9 + sequence))

INS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"kind": st.just("in"), "startDate": DAYS, "endDate": ENDS, "startHour": HOURS, "endHour": HOURS}
    | {"features": TYPES.map(lambda worker_type: {"workerType": worker_type})}
)
OUTS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"kind": st.just("out"), "periodId": PERIODS, "endDate": DAYS}
)
UPDATES: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "kind": st.just("update"),
        "periodId": PERIODS,
        "startDate": ENDS,
        "endDate": ENDS | st.just("9999-12-31"),
        "startHour": HOURS,
        "endHour": HOURS,
    }
)
CANCELS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"kind": st.just("cancel"), "periodId": PERIODS}
)
STEPS = st.lists(st.one_of(INS, OUTS, UPDATES, CANCELS), min_size=1, max_size=20)


def declared(step: dict[str, Any]) -> Declaration:
    given_ = {name: value for name, value in step.items() if name != "kind"}
    return an_in(**given_) if step["kind"] == "in" else a_change(step["kind"], **given_)


def is_in_form(step: dict[str, Any]) -> bool:
    """Whether intake would let it pass: it has refused an IN that ends before it starts (R13, R21)."""
    if step["kind"] != "in" or step["endDate"] is None:
        return True
    start, end = ((step[f"{edge}Date"], step[f"{edge}Hour"] or default) for edge, default in EDGES)
    return bool(start <= end)


EDGES = (("start", "0000"), ("end", "2400"))


def check_periods(relation: Relation) -> None:
    standing = [period for period in relation.periods.values() if not period.canceled]
    assert not any(period.span.ends_before_it_starts for period in standing)
    for one, other in combinations(standing, 2):
        assert one.features != other.features or not one.span.overlaps(other.span)


def check_end(relation: Relation) -> None:
    """D32."""
    ends = [period.span.end for period in relation.periods.values() if not period.canceled]
    if None in ends:
        assert relation.end is None
    else:
        assert relation.end == max([relation.start, *(end for end in ends if end)])


@settings(max_examples=300, deadline=None)
@given(STEPS)
def test_the_laws_of_a_relation_hold_after_every_declaration(steps: list[dict[str, Any]]) -> None:
    relation: Relation | None = None
    history: list[Event] = []
    for sequence, step in enumerate(filter(is_in_form, steps), start=1):
        before = relation
        settlement = settle(received(declared(step), sequence), relation, now=RECEIVED)
        relation = settlement.relation
        history += settlement.events

        refused = settlement.outcome.result is Result.REFUSED
        assert refused == any(found.blocks for found in settlement.outcome.anomalies)
        assert refused == (settlement.events == ())
        assert relation == fold(ENTERPRISE, NISS, history)
        if relation is not None:
            assert relation.version == len(history)
            check_periods(relation)
            check_end(relation)
        if before is not None:
            assert relation is not None
            kept = (relation.employer, relation.ssin, relation.start)
            assert kept == (before.employer, before.ssin, before.start)
            assert set(before.periods) <= set(relation.periods)
