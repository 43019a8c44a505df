"""Invariants of any declarations in any order and batches (decisions D7, D32)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from importlib import import_module
from typing import Any

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from services.personnel_file.relation.rules import (
    Event,
    Period,
    PeriodCanceled,
    PeriodClosed,
    PeriodOpened,
    PeriodReopened,
    Relation,
)
from services.personnel_file.settlement.handler.ledger import Ledger
from services.personnel_file.settlement.rules.clash import neighbors
from services.personnel_file.settlement.rules.quota import UsageBook
from services.personnel_file.settlement.rules.settle import Settlement, SettlementCase, settle
from services.personnel_file.settlement.store import SettleRequest
from tests.unit.services.personnel_file.settlement.machine import SEARCH, SETTINGS, AnySequence


def test_any_sequence_keeps_the_laws() -> None:
    run_state_machine_as_test(AnySequence, settings=SETTINGS)


#: Every result, every kind of event, and the refusals that a sequence can reach.
WILD = {
    "A", "W", "B",
    "periodOpened", "periodClosed", "periodUpdated", "periodReopened", "periodCanceled",
    "90373-333", "90373-334", "90378-333", "90378-334", "00913-354", "00913-355", "00913-356",
    "00913-357", "00913-359", "90378-444", "00911-014", "90017-151", "90017-369", "90059-163",
}  # fmt: skip


def test_the_drawn_sequences_reach_all_results() -> None:
    """The drawn values change with any source file."""
    AnySequence.reached.clear()
    for _ in range(8):
        run_state_machine_as_test(AnySequence, settings=settings(SEARCH, derandomize=False))
        if AnySequence.reached >= WILD:
            return
    assert AnySequence.reached >= WILD


Plant = Callable[[pytest.MonkeyPatch], None]
APPLY, DECIDE, SAVE = Relation.apply, Ledger.settle, Ledger._apply


def _applied(change: Callable[[Relation, Event, Relation], Relation]) -> Plant:
    """Return a fault: `change` gets the state before an event, the event, and the state after it."""

    def apply(relation: Relation, event: Event) -> Relation:
        return change(relation, event, APPLY(relation, event))

    return lambda monkeypatch: monkeypatch.setattr(Relation, "apply", apply)


def _of_module(name: str, value: Any, module: str = "settlement.rules.settle") -> Plant:
    """Return a fault that replaces a function of a module."""
    found = import_module(f"services.personnel_file.{module}")
    return lambda monkeypatch: monkeypatch.setattr(found, name, value)


def _earliest_start(relation: Relation) -> date:
    return min(period.span.start for period in relation.periods.values())


def _without_canceled(relation: Relation) -> dict[int, Period]:
    return {number: period for number, period in relation.periods.items() if not period.canceled}


def _without_planned_hours(*given: Any, **named: Any) -> Settlement:
    settled = settle(SettlementCase(*given, **named))
    events = (replace(one, planned_hours=None) for one in settled.events if isinstance(one, PeriodOpened))
    return replace(settled, events=tuple(events) or settled.events)


def _forgets_finals(ledger: Ledger, arrived: SettleRequest, tx: Any, overlaps: bool) -> None:
    DECIDE(ledger, arrived, tx, overlaps)
    del ledger.finals[arrived.declaration.number]


def _without_booking(ledger: Ledger, *given: Any) -> None:
    usage, ledger.usage = ledger.usage, UsageBook()
    SAVE(ledger, *given)
    ledger.usage = usage


FAULTS: dict[str, Plant] = {
    "overlaps are allowed": _of_module("clash", lambda *_: None),
    "neighbors that are open are overlooked": _of_module(
        "neighbors", lambda *given: [one for one in neighbors(*given) if one.span.end is not None]
    ),
    "a canceled period changes again": _of_module("_STATE_ROWS", ()),
    "an event forgets the planned hours": _of_module(
        "settle", _without_planned_hours, "settlement.handler.ledger"
    ),
    "the start moves": _applied(lambda _, __, after: replace(after, start=_earliest_start(after))),
    "the end stays when a period re-opens": _applied(
        lambda before, event, after: (
            replace(after, end=before.end) if isinstance(event, PeriodReopened) else after
        )
    ),
    "the end is set while another is open": _applied(
        lambda _, event, after: replace(after, end=event.end) if isinstance(event, PeriodClosed) else after
    ),
    "the end stays when the last period is canceled": _applied(
        lambda before, event, after: (
            replace(after, end=before.end) if isinstance(event, PeriodCanceled) else after
        )
    ),
    "what was canceled disappears": _applied(
        lambda _, event, after: (
            replace(after, periods=_without_canceled(after)) if isinstance(event, PeriodOpened) else after
        )
    ),
    "a batch does not count its own use": lambda monkeypatch: monkeypatch.setattr(
        Ledger, "_apply", _without_booking
    ),
    "a batch forgets what it refused itself": lambda monkeypatch: monkeypatch.setattr(
        Ledger, "settle", _forgets_finals
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_control_each_law_can_be_broken(monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    """Planted faults, each of which the sequences find."""
    FAULTS[fault](monkeypatch)  # 1,000 sequences sometimes missed the rarest fault
    with pytest.raises(AssertionError):
        run_state_machine_as_test(AnySequence, settings=settings(SEARCH, max_examples=5000))
