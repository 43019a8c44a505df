"""The outcome of a publish: the first one counts, and only an ack is a confirm."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest
from aiormq.abc import DeliveredMessage
from aiormq.exceptions import DeliveryError, PublishError
from pamqp.body import ContentBody
from pamqp.commands import Basic
from pamqp.frame import marshal
from pamqp.header import ContentHeader

from shared.runtime.bursts import Outgoing, Publish, Sent, _frames


def publish() -> Publish:
    """Return a publish without an outcome."""
    return Publish(Outgoing("one", "", "key", "test", b"{}"))


def test_only_an_ack_is_a_confirm() -> None:
    for frame, sent in (
        (Basic.Ack(1), Sent.CONFIRMED),
        (Basic.Nack(1), Sent.RETURNED),
        (None, Sent.RETURNED),
    ):
        answered = publish()
        answered.set_result(frame)
        assert answered.outcome is sent


def test_a_return_and_a_nack_are_different_outcomes() -> None:
    returned, nacked = publish(), publish()
    frame = Basic.Return(312, "NO_ROUTE", "", "key")
    message = DeliveredMessage(frame, ContentHeader(), b"{}", cast("Any", None))
    returned.set_exception(PublishError(message, frame))
    nacked.set_exception(DeliveryError(None, Basic.Nack(1)))
    assert (returned.outcome, nacked.outcome) == (Sent.RETURNED, Sent.NACKED)


def test_the_first_outcome_counts() -> None:
    late = publish()
    assert not late.done()
    late.settle(Sent.TIMEOUT)
    late.set_result(Basic.Ack(1))
    assert (late.outcome, late.done(), late.cancelled()) == (Sent.TIMEOUT, True, True)


@pytest.mark.parametrize(
    "message",
    [
        Outgoing("id-1", "dimona.reply", "reply.bakery", "some.type", b"{}"),
        Outgoing("id-é", "", "q", "t", b"", headers={"reason": "why", "count": 3}, user_id="operator"),
        Outgoing("id-2", "e", "k", "t", b"x" * 2500, content_type="application/json"),
        Outgoing("id-3", "e", "k", "t", b"x" * 2000),
    ],
    ids=["plain", "headers and user", "three frames of body", "two full frames of body"],
)
def test_the_frames_of_a_publish_are_those_of_pamqp(message: Outgoing) -> None:
    properties = Basic.Properties(
        content_type=message.content_type, headers=message.headers, delivery_mode=2, message_id=message.id,
        message_type=message.type, user_id=message.user_id, app_id="dimona",
    )  # fmt: skip
    body = message.body
    frames: list[Any] = [
        Basic.Publish(exchange=message.exchange, routing_key=message.routing_key, mandatory=True),
        ContentHeader(properties=properties, body_size=len(body)),
        *(ContentBody(body[at : at + 1000]) for at in range(0, len(body), 1000)),
    ]
    assert _frames(message, 7, 1000) == b"".join(marshal(frame, 7) for frame in frames)


@pytest.mark.parametrize("name", ["id", "exchange", "routing_key", "type", "user_id"])
def test_a_name_that_is_too_long_is_refused(name: str) -> None:
    changed: dict[str, Any] = {name: "é" * 128}
    message = replace(Outgoing("id", "e", "k", "t", b""), **changed)
    with pytest.raises(ValueError, match="at most 255 bytes"):
        _frames(message, 1, 1000)
