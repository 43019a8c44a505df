"""The display of a parked copy: trusted headers, and hidden data."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from services.cli.copies import Copy, copies
from shared.envelope import carrier, cloud_event
from shared.messages import CaseResolved, ChangeAdmitted, Message, to_json
from shared.runtime.browse import Found
from shared.topology import CREATE_DECLARATION, DECLARATIONS, SETTLE
from tests.unit.builders import NISS, PERIOD, RECEIVED, a_change, an_in, received

SETTLES = SETTLE[0].name
DEATH = {"queue": DECLARATIONS.name, "reason": "delivery_limit", "time": datetime(2026, 2, 20, tzinfo=UTC)}


def event(message: Message) -> str:
    return cloud_event(message.event_id, message.TYPE, "test", RECEIVED, to_json(message))


CHANGE = event(ChangeAdmitted(declaration=received(a_change("cancel", periodId=PERIOD))))


def found(body: str, user_id: str | None = None, **headers: Any) -> Found:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Found("dimona.x.parked", body.encode(), None, "an-id", user_id, names, None)


def parked(body: str, user_id: str | None = None, *, public: bool = False, **headers: Any) -> Copy:
    (copy,) = copies([found(body, user_id, **headers)], public=public)
    return copy


def declared(**more: Any) -> str:
    data = json.loads(to_json(an_in())) | more
    return json.dumps({"id": f"payroll-{NISS}", "type": CREATE_DECLARATION, "data": data})


def test_the_notes_of_the_service_are_shown() -> None:
    copy = parked(
        carrier([CHANGE]), queue=SETTLES, reason="ValueError", parked_at="2026-02-20T12:00:00+00:00"
    )
    assert copy.origin == SETTLE[0]
    assert copy.reason == "ValueError"
    assert copy.parked_at == datetime(2026, 2, 20, 12, tzinfo=UTC)
    assert copy.awaiting is not None
    assert copy.numbers == [copy.awaiting.number]


def test_two_copies_of_one_event_are_one() -> None:
    same = [found(carrier([CHANGE]), queue=SETTLES) for _ in range(2)]
    (copy,) = copies(same, public=False)
    assert copy.summary()["copies"] == 2


def test_headers_of_the_sender_of_a_copy_parked_by_the_broker_are_ignored() -> None:
    """The sender can forge them: another client's name, an internal queue, a reason."""
    forged = {"queue": SETTLES, "sender": "somebody", "reason": "trust me", "parked_at": "1999-01-01"}
    copy = parked(declared(), "bakery", public=True, x_death=[DEATH], **forged)
    assert (copy.origin, copy.sender) == (DECLARATIONS, "bakery")
    assert copy.reason == "delivery limit of the broker"
    assert copy.parked_at == DEATH["time"]
    nameless = parked(declared(), None, public=True, x_death=[DEATH], **forged)
    assert nameless.sender == ""


def test_a_message_of_an_integrator_has_no_internal_origin() -> None:
    death = {**DEATH, "queue": SETTLES}
    copy = parked(carrier([CHANGE]), "bakery", public=True, x_death=[death])
    assert (copy.origin, copy.events, copy.awaiting) == (None, (), None)


def test_a_copy_with_several_events_cannot_be_discarded() -> None:
    copy = parked(carrier([CHANGE, CHANGE]), x_death=[{**DEATH, "queue": SETTLES}])
    assert copy.origin == SETTLE[0]
    assert copy.awaiting is None
    assert copy.summary()["events"] == 2


def test_a_number_of_a_person_is_hidden_anywhere() -> None:
    resolved = CaseResolved(number=PERIOD, ssin=NISS)
    for copy in (
        parked(carrier([event(resolved)])),
        parked(declared(), "bakery", public=True),
        parked(declared(surprise=NISS), "bakery", public=True),
        parked(NISS, "bakery", public=True),
    ):
        assert NISS not in json.dumps(copy.shown(personal=False))
        assert NISS in json.dumps(copy.shown(personal=True))


ODD: tuple[dict[str, Any], ...] = ({}, {"x_death": []}, {"x_death": "?"}, {"queue": 7, "parked_at": "once"})


@pytest.mark.parametrize("headers", ODD, ids=str)
def test_unexpected_notes_are_no_error(headers: dict[str, Any]) -> None:
    copy = parked("[]", **headers)
    assert (copy.origin, copy.parked_at, copy.types) == (None, None, ["unreadable"])
