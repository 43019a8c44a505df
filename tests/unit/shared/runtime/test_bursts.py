"""The outcome of a publish: the first one counts, and only an ack is a confirm."""

from __future__ import annotations

from typing import Any, cast

from aiormq.abc import DeliveredMessage
from aiormq.exceptions import DeliveryError, PublishError
from pamqp.commands import Basic
from pamqp.header import ContentHeader

from shared.runtime.bursts import Outgoing, Publish, Sent


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


def test_a_return_and_a_nack_are_told_apart() -> None:
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
