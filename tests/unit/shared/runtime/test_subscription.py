"""When a queue counts as run dry, so that what comes from then on did not wait because of us."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from shared.runtime import subscription as module
from shared.runtime.subscription import Subscription


class Message:
    """As much of a message as a subscription looks at."""

    body, routing_key, message_id, user_id = b"{}", "key", None, "somebody"

    def __init__(self, *, redelivered: bool = False, **headers: Any) -> None:
        self.redelivered, self.headers = redelivered, {key.replace("_", "-"): headers[key] for key in headers}


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SETTLED", 0.1)
    monkeypatch.setattr(module, "_DRY", 0.02)


async def taken(subscription: Subscription, pause: float, message: Message) -> Any:
    """What becomes of a message that comes after somebody has waited for one so long."""
    task = asyncio.create_task(subscription.take(1, 0))
    await asyncio.sleep(pause)
    await subscription._receiver("queue", 0)(message)  # type: ignore[arg-type]
    (incoming,) = await task
    return incoming


@pytest.fixture
def subscription() -> Subscription:
    """One that is connected, and still meets its suspects."""
    subscription = Subscription("amqp://nowhere", "vhost", "test", ["queue"], 10)
    subscription.connected.set()
    return subscription


async def test_nothing_is_caught_up_before_every_queue_is_consumed(subscription: Subscription) -> None:
    subscription.fell_behind()
    assert (await taken(subscription, 0.3, Message())).waited
    subscription.meeting = False
    subscription.fell_behind()
    assert (await taken(subscription, 0.0, Message())).waited
    assert not (await taken(subscription, 0.3, Message())).waited


async def test_what_lies_there_already_waited_however_late_it_is_taken(subscription: Subscription) -> None:
    subscription.meeting = False
    subscription.fell_behind()
    for _ in range(2):
        await subscription._receiver("queue", 0)(Message())  # type: ignore[arg-type]
    await asyncio.sleep(0.3)
    assert (await subscription.take(1, 0))[0].waited
    assert (await subscription.take(1, 0))[0].waited
    # Nor does the moment between an acknowledgement and what it makes the broker send.
    assert (await taken(subscription, 0.0, Message())).waited


@pytest.mark.parametrize(("redelivered", "count", "believed"), [(False, 3, 0), (True, 3, 3), (True, "3", 0)])
async def test_only_of_a_redelivery_the_count_is_believed(
    subscription: Subscription, redelivered: bool, count: object, believed: int
) -> None:
    message = Message(redelivered=redelivered, x_delivery_count=count)
    assert (await taken(subscription, 0.0, message)).deliveries == believed
