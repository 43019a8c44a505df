"""The instant a queue counts as empty, after which our outage excuses no message; and lingering."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from types import SimpleNamespace
from typing import Any, cast

import pytest

from services.intake.reception.channels.queue import read
from shared.runtime import subscription as module
from shared.runtime.bursts import BurstChannel, Outgoing, Sent
from shared.runtime.commands import needed
from shared.runtime.fairness import KEPT, QUANTUM
from shared.runtime.publishing import Publisher
from shared.runtime.rate import TokenBuckets
from shared.runtime.sharing import Fairness
from shared.runtime.step import Item
from shared.runtime.subscription import Subscription
from shared.topology import MAX_MESSAGE_BYTES, MOVED, PARKED, UNIDENTIFIED, own_key, own_queue


class Message:
    """The parts of a message of aiormq that a subscription reads."""

    body = b"{}"

    def __init__(self, *, redelivered: bool = False, **headers: Any) -> None:
        named = {key.replace("_", "-"): headers[key] for key in headers}
        properties = SimpleNamespace(
            headers=named or None, message_id=None, user_id="client", content_type=None
        )
        self.header = SimpleNamespace(properties=properties)
        self.delivery = SimpleNamespace(redelivered=redelivered, routing_key="key", delivery_tag=1)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SETTLED", 0.1)
    monkeypatch.setattr(module, "_DRY", 0.02)


async def take_after(subscription: Subscription, pause: float, message: Message) -> Any:
    """Return a message that arrives after the subscription has waited for this time."""
    task = asyncio.create_task(subscription.take(1, 0))
    await asyncio.sleep(pause)
    subscription._receiver("queue", 0)(message)
    (incoming,) = await task
    return incoming


@pytest.fixture
def subscription() -> Subscription:
    """Return a connected subscription that still has suspects to try."""
    subscription = Subscription("amqp://nowhere", "vhost", "test", ["queue"], 10)
    subscription.connected.set()
    return subscription


async def test_no_queue_counts_as_empty_before_every_queue_is_consumed(subscription: Subscription) -> None:
    subscription.fell_behind()
    assert (await take_after(subscription, 0.3, Message())).waited
    subscription.meeting = False
    subscription.fell_behind()
    assert (await take_after(subscription, 0.0, Message())).waited
    assert not (await take_after(subscription, 0.3, Message())).waited


async def test_a_message_already_in_the_queue_counts_as_waiting(subscription: Subscription) -> None:
    subscription.meeting = False
    subscription.fell_behind()
    for _ in range(2):
        subscription._receiver("queue", 0)(Message())
    await asyncio.sleep(0.3)
    assert (await subscription.take(1, 0))[0].waited
    assert (await subscription.take(1, 0))[0].waited
    # The moment between an acknowledgement and the messages that follow it does not count either.
    assert (await take_after(subscription, 0.0, Message())).waited


@pytest.mark.parametrize(
    ("redelivered", "count", "believed"),
    [(False, {"x_delivery_count": 3}, 0), (True, {"x_delivery_count": 3}, 3),
     (True, {"x_delivery_count": "3"}, 0), (True, {}, 0)],
)  # fmt: skip
async def test_the_delivery_count_is_read_of_a_redelivery_only(
    subscription: Subscription, redelivered: bool, count: dict[str, object], believed: int
) -> None:
    """From RabbitMQ 4.3 on it is absent after a return that was no failure: then no attempt is counted."""
    message = Message(redelivered=redelivered, **count)
    assert (await take_after(subscription, 0.0, message)).deliveries == believed


@pytest.mark.parametrize(("waiting", "lingers"), [(1, False), (module.BUSY_BYTES // len(Message.body), True)])
async def test_only_a_busy_queue_waits_for_more_messages(
    subscription: Subscription, waiting: int, lingers: bool
) -> None:
    for _ in range(waiting):
        subscription._receiver("queue", 0)(Message())
    before = asyncio.get_running_loop().time()
    assert len(await subscription.take(waiting + 1, 0.05)) == waiting
    assert (asyncio.get_running_loop().time() - before >= 0.05) is lingers


# -- clients


class Channel:
    """The part of a channel that acknowledges; it stores the tags."""

    def __init__(self) -> None:
        self.acknowledged: list[int] = []

    async def ack(self, up_to: int, single: list[int]) -> None:
        self.acknowledged += {*range(1, up_to + 1), *single} - set(self.acknowledged)


class Copies:
    """A publisher that stores all messages, with the outcome of each."""

    def __init__(self) -> None:
        self.sent: list[Outgoing] = []
        self.outcome = Sent.CONFIRMED

    async def publish_all(self, messages: list[Outgoing]) -> list[Sent]:
        self.sent += messages
        return [self.outcome] * len(messages)


ACCOUNT, OWN = "dimona.intake", own_queue("client")


@pytest.fixture
async def shared() -> AsyncIterator[tuple[Subscription, Copies, Channel]]:
    """Return a session of intake with a client, an own queue that was long empty, and a running mover."""
    copies, channel = Copies(), Channel()

    async def own() -> Mapping[str, str]:
        return {OWN: "client"}

    fairness = Fairness(cast("Publisher", copies), ACCOUNT, needed, TokenBuckets(100, 1000), own)
    subscription = Subscription("amqp://nowhere", "vhost", "test", ["queue"], 1024, fairness)
    subscription.connected.set()
    subscription._begin(cast("BurstChannel", channel))
    subscription._own = {OWN: "client"}
    subscription._places._seen["client"] = 0.0
    assert subscription._mover is not None
    mover = asyncio.create_task(subscription._mover.run())
    yield subscription, copies, channel
    mover.cancel()


def deliver(subscription: Subscription, queue: str, count: int, first: int = 1, **properties: Any) -> None:
    """Deliver messages of one KiB from a queue."""
    receive = subscription._receiver(queue, 0)
    for tag in range(first, first + count):
        message = Message(**properties.get("headers", {}))
        message.body = properties.get("body", b"x" * 1024)
        message.header.properties.user_id = properties.get("user_id", "client")
        message.header.properties.message_id = f"m-{tag}"
        message.delivery.routing_key = properties.get("key", own_key("client"))
        message.delivery.delivery_tag = tag
        receive(message)


async def test_the_excess_of_a_client_moves_with_its_id_and_time(
    shared: tuple[Subscription, Copies, Channel],
) -> None:
    subscription, copies, channel = shared
    deliver(subscription, "queue", KEPT + 5)
    await asyncio.sleep(0.05)
    assert [copy.headers["message-id"] for copy in copies.sent] == [f"m-{KEPT + n}" for n in range(1, 6)]
    assert {(copy.exchange, copy.routing_key, copy.user_id) for copy in copies.sent} == {
        (MOVED, OWN, ACCOUNT)
    }
    assert channel.acknowledged == [KEPT + n for n in range(1, 6)], "after the confirm, alone"
    batch = await subscription.take(256, 0)
    await subscription.ack(batch)
    assert sorted(channel.acknowledged) == list(range(1, KEPT + 6))
    deliver(subscription, "queue", 1, KEPT + 6)
    await asyncio.sleep(0.05)
    assert len(copies.sent) == 6, "behind the moved ones, so that the order is kept"


async def test_clients_of_one_organization_take_turns_as_one(
    shared: tuple[Subscription, Copies, Channel],
) -> None:
    """Nineteen further clients give an organization no further turns; each client keeps its order."""
    subscription, _, _ = shared
    assert subscription._fairness is not None
    many = [f"client-{n}" for n in range(20)]
    subscription._fairness.organizations._of = dict.fromkeys(many, "organization")
    for tag, name in enumerate(many * 4, 1):
        deliver(subscription, "queue", 1, tag, user_id=name)
    deliver(subscription, "queue", 40, 101, user_id="other")
    batch = await subscription.take(2 * QUANTUM, 0)
    assert Counter(incoming.user_id == "other" for incoming in batch) == {True: QUANTUM, False: QUANTUM}
    rest = await subscription.take(1_000, 0)
    for name in many:
        tags = [one.tag for one in (*batch, *rest) if one.user_id == name]
        assert tags == sorted(tags)


async def test_a_client_that_becomes_known_keeps_its_order(
    shared: tuple[Subscription, Copies, Channel],
) -> None:
    subscription, _, _ = shared
    assert subscription._fairness is not None
    deliver(subscription, "queue", 20, user_id="new")
    deliver(subscription, "queue", 1, 21, user_id="sister")
    subscription._fairness.organizations._of = {"new": "organization", "sister": "organization"}
    deliver(subscription, "queue", 5, 22, user_id="sister")
    deliver(subscription, "queue", 5, 27, user_id="new")
    batch = await subscription.take(1_000, 0)
    for name in ("new", "sister"):
        tags = [one.tag for one in batch if one.user_id == name]
        assert tags == sorted(tags)


async def test_a_moved_message_returns_unchanged(shared: tuple[Subscription, Copies, Channel]) -> None:
    subscription, _, _ = shared
    at = int((time.time() - 100) * 1000)
    headers = {"message_id": "theirs", "arrived_at": at, "cut": 7}
    deliver(subscription, OWN, 1, user_id=ACCOUNT, headers=headers)
    deliver(subscription, OWN, 1, 2, user_id=None, headers=headers)
    ours, theirs = await subscription.take(256, 0)
    assert (ours.user_id, ours.queue, ours.message_id, ours.cut) == ("client", "queue", "theirs", 7)
    assert ours.since == pytest.approx(time.monotonic() - 100, abs=1)
    assert (theirs.user_id, theirs.message_id) == ("client", "m-2"), "the queue names the sender"
    assert (theirs.since, theirs.cut) == (None, 0), "headers of a client are not believed"


async def test_a_message_without_sender_moves_to_the_unidentified_queue(
    shared: tuple[Subscription, Copies, Channel],
) -> None:
    subscription, copies, channel = shared
    deliver(subscription, "queue", 1, user_id=None)
    deliver(subscription, OWN, 1, 2, user_id="other", key="a key of the other client, with CC")
    await asyncio.sleep(0.05)
    assert [(copy.exchange, copy.routing_key) for copy in copies.sent] == [(PARKED, UNIDENTIFIED)] * 2
    assert channel.acknowledged == [1, 2]


@pytest.mark.parametrize(
    ("outcome", "kept"), [(Sent.NACKED, 5), (Sent.RETURNED, 5), (Sent.TIMEOUT, 0)], ids=str
)
async def test_a_refused_move_keeps_the_message_and_an_unknown_outcome_is_retried(
    shared: tuple[Subscription, Copies, Channel], outcome: Sent, kept: int
) -> None:
    subscription, copies, channel = shared
    copies.outcome = outcome
    deliver(subscription, "queue", KEPT + 5)
    await asyncio.sleep(0.05)
    assert channel.acknowledged == []
    assert len(subscription._buffer) == KEPT + kept
    copies.outcome = Sent.CONFIRMED
    await asyncio.sleep(0.6)
    assert len(channel.acknowledged) == 5 - kept


async def test_the_start_of_a_too_large_message_is_kept(
    shared: tuple[Subscription, Copies, Channel],
) -> None:
    subscription, _, _ = shared
    deliver(subscription, "queue", 1, body=b"{" + b"x" * MAX_MESSAGE_BYTES)
    (incoming,) = await subscription.take(256, 0)
    assert len(incoming.body) == 4096
    assert incoming.cut == MAX_MESSAGE_BYTES + 1
    (item,) = read(incoming)
    assert isinstance(item, Item)
    assert item.value.problem is not None
    assert item.value.problem["status"] == 413
