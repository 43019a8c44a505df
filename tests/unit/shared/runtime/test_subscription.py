"""When a queue counts as empty, so that later messages did not wait because of us; and lingering."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from shared.runtime import subscription as module
from shared.runtime.subscription import Subscription


class Message:
    """The parts of a message of aiormq that a subscription reads."""

    body = b"{}"

    def __init__(self, *, redelivered: bool = False, **headers: Any) -> None:
        named = {key.replace("_", "-"): headers[key] for key in headers}
        properties = SimpleNamespace(headers=named or None, message_id=None, user_id="client")
        self.header = SimpleNamespace(properties=properties)
        self.delivery = SimpleNamespace(redelivered=redelivered, routing_key="key", delivery_tag=1)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SETTLED", 0.1)
    monkeypatch.setattr(module, "_DRY", 0.02)


async def taken(subscription: Subscription, pause: float, message: Message) -> Any:
    """Return the message taken, which arrives after the subscription has waited for this time."""
    task = asyncio.create_task(subscription.take(1, 0))
    await asyncio.sleep(pause)
    subscription._receiver("queue", 0)(message)
    (incoming,) = await task
    return incoming


@pytest.fixture
def subscription() -> Subscription:
    """A subscription that is connected, and still meets its suspects."""
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
        subscription._receiver("queue", 0)(Message())
    await asyncio.sleep(0.3)
    assert (await subscription.take(1, 0))[0].waited
    assert (await subscription.take(1, 0))[0].waited
    # The moment between an acknowledgement and the messages that follow it does not count either.
    assert (await taken(subscription, 0.0, Message())).waited


@pytest.mark.parametrize(("redelivered", "count", "believed"), [(False, 3, 0), (True, 3, 3), (True, "3", 0)])
async def test_only_of_a_redelivery_the_count_is_believed(
    subscription: Subscription, redelivered: bool, count: object, believed: int
) -> None:
    message = Message(redelivered=redelivered, x_delivery_count=count)
    assert (await taken(subscription, 0.0, message)).deliveries == believed


@pytest.mark.parametrize(("waiting", "lingers"), [(1, False), (module.BUSY_BYTES // len(Message.body), True)])
async def test_only_a_busy_queue_is_gathered(subscription: Subscription, waiting: int, lingers: bool) -> None:
    for _ in range(waiting):
        subscription._receiver("queue", 0)(Message())
    before = asyncio.get_running_loop().time()
    assert len(await subscription.take(waiting + 1, 0.05)) == waiting
    assert (asyncio.get_running_loop().time() - before >= 0.05) is lingers
