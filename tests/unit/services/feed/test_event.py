"""The part of an event that an institution may see."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from services.feed.event.rules import STATE, FeedEvent

EVENT = FeedEvent(
    UUID(int=1),
    "be.nsso.dimona.v1.periods.notify.opened",
    {"version": 3, "worker": {"ssin": "93051822361"}, "status": "OPEN"},
    datetime(2026, 2, 20, 9, tzinfo=UTC),
)


def test_an_institution_sees_the_fields_of_its_authorization() -> None:
    seen = json.loads(EVENT.seen_by(("worker", "version", "unheard of")))
    assert seen["data"] == {"version": 3, "worker": {"ssin": "93051822361"}}
    assert (seen["id"], seen["type"], seen["source"]) == (
        str(EVENT.id),
        EVENT.type,
        "urn:async-source:be.nsso.dimona:personnel_file",
    )


def test_the_state_of_a_period_is_its_last_event_without_the_day() -> None:
    """It has a type and an id of its own, which is equal each time."""
    day = replace(EVENT, data={**EVENT.data, "dailyRegistration": {"id": 1}})
    assert day.as_state() == day.as_state() == EVENT.as_state()
    state = EVENT.as_state()
    assert (state.type, state.data, state.occurred_at) == (STATE, EVENT.data, EVENT.occurred_at)
    assert state.id != EVENT.id
