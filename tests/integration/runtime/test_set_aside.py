"""A row that is too large for the broker is set aside; no row behind it waits, in any lane."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from prometheus_client import REGISTRY

from shared.messages import derived_id
from shared.runtime.bursts import Outgoing, Sent
from shared.runtime.stage import INTERNAL
from shared.runtime.tables import Draft
from shared.topology import BROKER_MESSAGE_BYTES, REPLY
from tests.integration.runtime.broker import until
from tests.integration.runtime.relays import Relay, a_relay, texts
from tests.integration.runtime.toys import Echo, Place, Toy, events, running

pytestmark = pytest.mark.stack

LARGEST = "名" * (BROKER_MESSAGE_BYTES // 3) + "x"  #: a third as many characters as bytes
TOO_LARGE = LARGEST + "x"


def set_aside(table: str) -> float | None:
    return REGISTRY.get_sample_value("dimona_set_aside_messages", {"table": table})


async def heard(relay: Relay, *recipients: str) -> str:
    """Declare a queue for the deliveries of these recipients, and return its name."""
    name = relay.recipient("all")
    await relay.public.declare(name, None, [(REPLY, relay.recipient(recipient)) for recipient in recipients])
    return name


async def arrived(relay: Relay, queue: str, count: int) -> list[str]:
    """Wait for this number of deliveries and return them."""

    async def enough() -> bool:
        return await relay.public.ready(queue) >= count

    await until(enough, what=f"{count} in {queue}")
    return texts(await relay.public.get_all(queue))


def around(relay: Relay, bodies: Sequence[str]) -> list[Draft]:
    """Return rows of one lane: these bodies, with small rows before, between and behind them."""
    drafts = relay.drafts("one", range(3 * len(bodies) + 1))
    return [
        replace(draft, body=bodies[n // 3]) if n % 3 == 1 else draft
        for n, draft in enumerate(drafts)
    ]  # fmt: skip


async def test_the_broker_accepts_our_maximum_and_not_a_byte_more(place: Place) -> None:
    """Our constant is the limit of the broker."""
    async with a_relay(place) as relay:
        queue = await heard(relay, "one")
        key = relay.recipient("one")
        message = Outgoing("1", REPLY, key, "test", LARGEST.encode())
        assert len(message.body) == BROKER_MESSAGE_BYTES
        assert await relay.publisher.publish(message) is Sent.CONFIRMED
        assert await relay.publisher.publish(replace(message, body=TOO_LARGE.encode())) is Sent.DISCONNECTED
        assert await relay.public.ready(queue) == 1


@pytest.mark.parametrize("crashed", [False, True], ids=["from memory", "from the table"])
async def test_deliveries_continue_around_rows_that_are_too_large(place: Place, *, crashed: bool) -> None:
    async with a_relay(place) as relay:
        queue = await heard(relay, "one", "two")
        lost = [relay.publisher._channel]
        drafts = around(relay, [TOO_LARGE, LARGEST, TOO_LARGE])
        aside = [draft for draft in drafts if draft.body == TOO_LARGE]
        others = relay.drafts("two", range(20))
        await (relay.write if crashed else relay.send)([*drafts, *others])
        got = await arrived(relay, queue, len(drafts) - 2 + 20)
        assert [text for text in got if not text.startswith("two")] == [
            draft.body for draft in drafts if draft not in aside
        ]
        assert [text for text in got if text.startswith("two")] == [draft.body for draft in others]
        await relay.empty()
        assert [relay.publisher._channel] == lost  # the session is still the first one
        rows = await relay.pool.fetch("SELECT * FROM set_aside ORDER BY seq")
        assert [(row["origin"], row["id"], row["lane"], row["routing_key"], row["body"]) for row in rows] == [
            ("deliveries", draft.id, draft.lane, draft.routing_key, draft.body) for draft in aside
        ]
        assert await relay.table.gauge() == (0, 0.0)
        assert set_aside("deliveries") == 2


async def test_a_row_is_not_lost_when_it_cannot_be_set_aside_yet(place: Place) -> None:
    async with a_relay(place) as relay:
        queue = await heard(relay, "one")
        await relay.pool.execute("ALTER TABLE set_aside RENAME TO elsewhere")
        await relay.send(around(relay, [TOO_LARGE]))
        await relay.waiting("one", 4)
        await relay.pool.execute("ALTER TABLE elsewhere RENAME TO set_aside")
        assert await arrived(relay, queue, 3) == ["one/0", "one/2", "one/3"]
        await relay.empty()
        assert await place.rows("set_aside") == 1


async def test_the_outbox_of_a_service_continues(
    place: Place, toy: Toy, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the one lane of a service, messages before and behind the row arrive."""
    async with running(place, toy) as runs:
        await place.broker.publish(place.queue.name, events(range(10)))
        await place.finish(10)
        await place.database.execute(
            """INSERT INTO outbox (id, lane, routing_key, type, body, due_at)
            VALUES ($1, $2, $3, 'carrier', $4, platform.now())""",
            derived_id("large", place.name), INTERNAL, f"{Echo.TYPE}.{place.name}", TOO_LARGE,
        )  # fmt: skip
        await place.broker.publish(place.queue.name, events(range(10, 20)))
        await place.finish(20)
        assert all(publisher.connected.is_set() for publisher in runs._publishers.values())
        await until(lambda: set_aside("outbox") == 1, what="the gauge to tell")
    assert await place.rows("set_aside") == 1
    numbers = [n for one in await place.broker.get_all(place.echoes) for n in one.numbers]
    assert sorted(set(numbers)) == list(range(20))  # repeats are allowed underway
    said = capsys.readouterr().out
    assert "message_set_aside" in said
    assert "名" not in said
    assert "\\u540d" not in said
