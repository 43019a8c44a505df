"""The part of an event that an institution may see."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from uuid import UUID

from services.feed.event.rules import FeedEvent, is_hidden

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


def test_an_institution_without_right_to_days_gets_none() -> None:
    day = "be.nsso.dimona.v1.dailyRegistrations.notify.created"
    assert is_hidden(day, ("relation", "version"))
    assert not is_hidden(day, ("relation", "dailyRegistration"))
    assert not is_hidden(EVENT.type, ("relation", "version"))
