"""The contract of burst publishing against the real broker: one true outcome for each message.

The checks are functions, so that the planted faults at the end can show that they fail when they should.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from shared.runtime import publishing
from shared.runtime.bursts import BurstChannel, Outgoing, Publish, Sent
from shared.runtime.publishing import BURST, IN_FLIGHT, Publisher
from tests.fault_proxy import FaultProxy, fault_proxy
from tests.foreign.events import PATIENCE
from tests.integration.runtime.broker import Broker, until
from tests.integration.runtime.toys import Place

pytestmark = pytest.mark.stack

MISSING = "no.such.queue"


@dataclass
class Post:
    """A publisher with a scratch queue, on the default exchange."""

    publisher: Publisher
    broker: Broker
    queue: str

    def message(self, body: object, key: str | None = None, **fields: Any) -> Outgoing:
        """Return a message for the queue, or for another routing key."""
        id_ = fields.pop("id", str(uuid4()))
        fields = {"exchange": "", "routing_key": key or self.queue, **fields}
        return Outgoing(id=id_, type="test", body=str(body).encode(), **fields)

    def messages(self, bodies: Iterable[object]) -> list[Outgoing]:
        """Return messages for the queue."""
        return [self.message(body) for body in bodies]

    async def arrived(self) -> list[str]:
        """Take all messages from the queue and return their bodies."""
        return [got.body.decode() for got in await self.broker.get_all(self.queue)]


@asynccontextmanager
async def posting(place: Place, url: str | None = None, **arguments: Any) -> AsyncIterator[Post]:
    """Run a publisher, perhaps through a proxy; `arguments` are those of its queue."""
    queue = f"{place.name}.{uuid4().hex[:8]}"
    named = {name.replace("_", "-"): value for name, value in arguments.items()}
    await place.broker.declare(queue, named)
    publisher = Publisher(url or place.broker.url, place.broker.vhost, "test")
    session = asyncio.create_task(publisher.run())
    try:
        await asyncio.wait_for(publisher.connected.wait(), PATIENCE)
        yield Post(publisher, place.broker, queue)
    finally:
        session.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await session


@pytest.fixture
async def proxy(rt: Endpoints) -> AsyncIterator[FaultProxy]:
    """Yield a proxy before RabbitMQ."""
    async with fault_proxy(urlsplit(rt.operator_url).port or 0) as proxy:
        yield proxy


def bodies(messages: Sequence[Outgoing], outcomes: Sequence[Sent], outcome: Sent) -> list[str]:
    """Return the bodies of the messages with this outcome."""
    sent = zip(messages, outcomes, strict=True)
    return [message.body.decode() for message, each in sent if each is outcome]


# -- the checks


async def check_confirmed(place: Place) -> None:
    """Every message of several bursts is confirmed, and arrives once and in order."""
    async with posting(place) as post:
        outcomes = await post.publisher.publish_all(post.messages(range(1000)))
        assert outcomes == [Sent.CONFIRMED] * 1000
        assert await post.arrived() == [str(n) for n in range(1000)]


async def check_returned(place: Place) -> None:
    """Exactly the unroutable messages of a burst are returned."""
    async with posting(place) as post:
        messages = [post.message(n, MISSING if n % 3 else None) for n in range(100)]
        outcomes = await post.publisher.publish_all(messages)
        assert outcomes == [Sent.RETURNED if n % 3 else Sent.CONFIRMED for n in range(100)]
        assert await post.arrived() == [str(n) for n in range(0, 100, 3)]


async def check_nacked(place: Place, kind: str) -> None:
    """Check that a full queue nacks, and contains exactly the confirmed messages."""
    async with posting(place, x_max_length=20, x_overflow="reject-publish", x_queue_type=kind) as post:
        messages, outcomes = [], []
        for start in range(0, 120, 30):
            chunk = post.messages(range(start, start + 30))
            messages += chunk
            outcomes += await post.publisher.publish_all(chunk)
        assert set(outcomes) == {Sent.CONFIRMED, Sent.NACKED}
        assert outcomes[-1] is Sent.NACKED
        assert await post.arrived() == bodies(messages, outcomes, Sent.CONFIRMED)


async def check_one_id(place: Place) -> None:
    """Publishes with one id follow each other, from one caller and from two; each gets its own outcome."""
    async with posting(place) as post:
        again = [(MISSING, "a"), (MISSING, "b"), (None, "c"), (MISSING, "d"), (None, "e")]
        messages = [post.message(body, key, id="one") for key, body in again]
        expected = [Sent.CONFIRMED if key is None else Sent.RETURNED for key, _ in again]
        assert await post.publisher.publish_all(messages) == expected
        assert await post.arrived() == ["c", "e"]
        calls = [post.publisher.publish_all(messages), post.publisher.publish_all(messages)]
        assert await asyncio.gather(*calls) == [expected, expected]
        assert await post.arrived() == ["c", "e", "c", "e"]


# -- the contract


async def test_every_message_is_confirmed_once_and_in_order(place: Place) -> None:
    await check_confirmed(place)


async def test_a_returned_message_is_not_confirmed(place: Place) -> None:
    await check_returned(place)


@pytest.mark.parametrize("kind", ["classic", "quorum"])
async def test_a_full_queue_nacks(place: Place, kind: str) -> None:
    await check_nacked(place, kind)


async def test_two_messages_with_one_id_in_flight(place: Place) -> None:
    await check_one_id(place)


async def test_a_broker_killed_between_write_and_confirm_leaves_true_outcomes(
    place: Place, stack: Stack, proxy: FaultProxy
) -> None:
    async with posting(place, proxy.url(place.broker.url)) as post:
        assert await post.publisher.publish(post.message("before")) is Sent.CONFIRMED
        proxy.deaf_clients = True  # confirms do not arrive
        messages = post.messages(range(200))
        publishing_ = asyncio.create_task(post.publisher.publish_all(messages))
        await asyncio.sleep(0.5)
        assert not publishing_.done()
        await asyncio.to_thread(stack.kill, "rabbitmq")
        outcomes = await publishing_
        assert set(outcomes) == {Sent.DISCONNECTED}
        proxy.heal()
        await asyncio.to_thread(stack.ready, "rabbitmq")
        await until(post.publisher.connected.is_set, 60, "a new session")

        async def confirmed() -> bool:  # its queue may still recover
            return set(await post.publisher.publish_all(messages)) == {Sent.CONFIRMED}

        await until(confirmed, 40, "the messages to be confirmed")
        arrived = await post.arrived()
        assert list(dict.fromkeys(arrived)) == ["before", *(str(n) for n in range(200))]


async def test_a_channel_closed_within_a_burst_leaves_true_outcomes(place: Place) -> None:
    async with posting(place) as post:
        good = post.messages(range(BURST - 1))
        bad = post.message("bad", exchange="no.such.exchange")
        messages = [*good[:60], bad, *good[60:]]
        outcomes = await post.publisher.publish_all(messages)
        assert set(outcomes[60:]) == {Sent.DISCONNECTED}, "the broker reads nothing behind the bad message"
        assert set(outcomes[:60]) <= {Sent.CONFIRMED, Sent.DISCONNECTED}
        confirmed = bodies(messages, outcomes, Sent.CONFIRMED)
        arrived = await post.arrived()
        assert set(confirmed) <= set(arrived) <= {str(n) for n in range(60)}
        await until(post.publisher.connected.is_set, what="a new session")
        assert set(await post.publisher.publish_all(good)) == {Sent.CONFIRMED}
        assert await post.arrived() == [str(n) for n in range(BURST - 1)]


@pytest.mark.parametrize("fault", ["deaf_clients", "swallowing"])
async def test_a_burst_without_an_answer_times_out(
    place: Place, proxy: FaultProxy, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "PUBLISH_TIMEOUT", 0.5)
    async with posting(place, proxy.url(place.broker.url)) as post:
        setattr(proxy, fault, True)
        messages = post.messages(range(2 * IN_FLIGHT))
        loop = asyncio.get_running_loop()
        before = loop.time()
        assert set(await post.publisher.publish_all(messages)) == {Sent.TIMEOUT}
        assert loop.time() - before < 20, "the messages time out together, not one after the other"
        assert not post.publisher._in_flight
        monkeypatch.setattr(publishing, "PUBLISH_TIMEOUT", PATIENCE)
        proxy.heal()
        proxy.reset()  # the bytes that were swallowed are missing in the stream
        await until(lambda: not post.publisher.connected.is_set(), what="the loss of the session")
        await until(post.publisher.connected.is_set, what="a new session")
        assert set(await post.publisher.publish_all(messages)) == {Sent.CONFIRMED}
        arrived = await post.arrived()
        assert list(dict.fromkeys(arrived)) == [str(n) for n in range(2 * IN_FLIGHT)]


async def test_a_late_confirm_does_not_count_for_the_next_publish_of_an_id(
    place: Place, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "PUBLISH_TIMEOUT", 0.3)
    async with posting(place, proxy.url(place.broker.url)) as post:
        proxy.deaf_clients = True
        assert await post.publisher.publish(post.message("first", id="one")) is Sent.TIMEOUT
        monkeypatch.setattr(publishing, "PUBLISH_TIMEOUT", PATIENCE)
        proxy.deaf_clients = False
        assert await post.publisher.publish(post.message("second", MISSING, id="one")) is Sent.RETURNED
        assert await post.publisher.publish(post.message("third", id="one")) is Sent.CONFIRMED
        assert await post.arrived() == ["first", "third"]


async def test_the_messages_in_flight_are_bounded(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    written, in_flight = [], []
    write = BurstChannel.write

    async def spying(channel: BurstChannel, publishes: Sequence[Publish]) -> None:
        written.append(len(publishes))
        in_flight.append(len(post.publisher._in_flight))
        await write(channel, publishes)

    monkeypatch.setattr(BurstChannel, "write", spying)
    async with posting(place) as post:
        calls = [post.publisher.publish_all(post.messages(range(500))) for _ in range(4)]
        outcomes = await asyncio.gather(*calls)
        assert {sent for call in outcomes for sent in call} == {Sent.CONFIRMED}
        assert len(await post.arrived()) == 2000
    assert max(written) <= BURST
    assert max(in_flight) <= IN_FLIGHT
    assert len(written) <= 2000 / BURST + 4, "bursts are full while there is work"


@pytest.mark.parametrize("size", [0, 1, 131_064, 131_065, 300_000])
async def test_a_body_of_any_size_arrives_whole(place: Place, size: int) -> None:
    async with posting(place) as post:
        messages = [post.message("x" * size), post.message("after")]
        assert await post.publisher.publish_all(messages) == [Sent.CONFIRMED] * 2
        assert await post.arrived() == ["x" * size, "after"]


async def test_a_canceled_caller_does_not_affect_the_others(place: Place) -> None:
    async with posting(place) as post:
        canceled = asyncio.create_task(post.publisher.publish_all(post.messages(range(1000))))
        other = asyncio.create_task(post.publisher.publish_all(post.messages(["other"])))
        await asyncio.sleep(0)
        canceled.cancel()
        assert await other == [Sent.CONFIRMED]
        await until(lambda: not post.publisher._in_flight, what="nothing to be in flight")


async def test_a_message_that_cannot_be_encoded_fails_at_its_caller(place: Place) -> None:
    async with posting(place) as post:
        with pytest.raises(ValueError, match="255"):
            await post.publisher.publish(post.message("x", "k" * 300))
        assert await post.publisher.publish(post.message("next")) is Sent.CONFIRMED


async def test_without_a_session_nothing_is_sent(place: Place) -> None:
    publisher = Publisher(place.broker.url, place.broker.vhost, "test")
    message = Outgoing("one", "", MISSING, "test", b"")
    assert await publisher.publish(message) is Sent.DISCONNECTED
    assert await publisher.publish_all([]) == []


# -- planted faults


async def test_control_a_dropped_confirmation_fails_the_checks(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "PUBLISH_TIMEOUT", 0.5)
    answered = Publish.set_result

    def drop_the_first(publish: Publish, frame: object) -> None:
        if publish.message.body != b"0":
            answered(publish, frame)

    monkeypatch.setattr(Publish, "set_result", drop_the_first)
    with pytest.raises(AssertionError):
        await check_confirmed(place)


async def test_control_a_return_taken_for_a_confirm_fails_the_checks(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Publish, "set_exception", lambda publish, _: publish.settle(Sent.CONFIRMED))
    for check in (check_returned(place), check_nacked(place, "quorum"), check_one_id(place)):
        with pytest.raises(AssertionError):
            await check
