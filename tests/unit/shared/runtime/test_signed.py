"""The name of an operator in a message is the user that the broker has verified (decision D35)."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from shared.envelope import carrier, cloud_event
from shared.messages import CaseResolved, Message, WorkerNumberReplaced, WorkerRegistered, to_json
from shared.runtime.incoming import Incoming
from shared.runtime.step import Unreadable, events_of
from tests.unit.builders import WORKER


def received(message: Message, user_id: str | None) -> Message | Unreadable:
    """Return a message as a step gets it."""
    event = cloud_event(message.event_id, message.TYPE, "operator", datetime.now(UTC), to_json(message))
    body = carrier([event]).encode()
    (item,) = events_of(Incoming("q", body, message.TYPE, None, user_id, 0, None, 1, 0))
    if isinstance(item, Unreadable):
        return item
    value: Message = item.value
    return value


@pytest.mark.parametrize(
    "name",
    [None, "operator.bob"],
)
def test_the_name_is_the_user_of_the_broker_whatever_the_message_states(name: str | None) -> None:
    message = received(CaseResolved(number=1, decided_by=name), "operator.alice")
    assert isinstance(message, CaseResolved)
    assert message.decided_by == "operator.alice"


def test_a_change_of_a_register_has_the_account_that_sent_it() -> None:
    message = received(WorkerRegistered(worker=WORKER.model_dump(), sequence=1), "operator.alice")
    assert isinstance(message, WorkerRegistered)
    assert message.sent_by == "operator.alice"


@pytest.mark.parametrize("user_id", [None, ""])
@pytest.mark.parametrize(
    "message",
    [
        CaseResolved(number=1, decided_by="operator.bob"),
        WorkerRegistered(worker=WORKER.model_dump(), sequence=1, sent_by="operator.bob"),
    ],
)
def test_a_message_of_an_operator_without_verified_sender_is_refused(
    message: Message, user_id: str | None
) -> None:
    """It is parked, and has no effect."""
    refused = received(message, user_id)
    assert isinstance(refused, Unreadable)
    assert refused.reason == "no verified sender"


def test_other_messages_are_unchanged() -> None:
    message = WorkerNumberReplaced(worker=WORKER, order=1, effective_on=date(2026, 2, 20))
    assert received(message, None) == message
