"""The name of an operator in a message is the user that the broker has verified (decision D35)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from shared.envelope import carrier, cloud_event
from shared.messages import CaseResolved, Message, WorkerRegistered, to_json
from shared.runtime.incoming import Incoming
from shared.runtime.step import Item, events_of
from tests.unit.builders import WORKER


def received(message: Message, user_id: str | None) -> Message:
    """Return a message as a step gets it."""
    event = cloud_event(message.event_id, message.TYPE, "operator", datetime.now(UTC), to_json(message))
    body = carrier([event]).encode()
    (item,) = events_of(Incoming("q", body, message.TYPE, None, user_id, 0, None, 1, 0))
    assert isinstance(item, Item)
    value: Message = item.value
    return value


@pytest.mark.parametrize(
    ("name", "user_id", "stored"),
    [
        (None, "operator.alice", "operator.alice"),
        ("operator.bob", "operator.alice", "operator.alice"),
        ("operator.bob", None, "?"),
    ],
)
def test_the_name_is_the_user_of_the_broker_whatever_the_message_states(
    name: str | None, user_id: str | None, stored: str
) -> None:
    message = received(CaseResolved(number=1, decided_by=name), user_id)
    assert isinstance(message, CaseResolved)
    assert message.decided_by == stored


def test_other_messages_are_unchanged() -> None:
    message = WorkerRegistered(worker=WORKER.model_dump(), sequence=1)
    assert received(message, "operator") == message
