"""Every recipient has its own lane: a missing or full queue neither delays nor reorders other recipients."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote

import pytest
from prometheus_client import REGISTRY

from shared.runtime import outgoing
from shared.runtime.database import transaction
from shared.runtime.management import Management
from shared.topology import REPLY
from tests.fault_proxy import fault_proxy
from tests.integration.runtime.broker import until
from tests.integration.runtime.relays import Relay, a_relay, texts
from tests.integration.runtime.toys import Place

pytestmark = pytest.mark.stack

OTHERS = 200


def open_circuits() -> float:
    return REGISTRY.get_sample_value("dimona_circuits_open") or 0.0


async def hear(relay: Relay, queue: str, *recipients: object, arguments: dict[str, Any] | None = None) -> str:
    """Declare a queue for the deliveries of these recipients and return its name."""
    name = relay.recipient(queue)
    bindings = [(REPLY, relay.recipient(recipient)) for recipient in recipients]
    await relay.public.declare(name, arguments, bindings)
    return name


async def arrived(relay: Relay, queue: str, count: int, seconds: float = 60.0) -> list[str]:
    """Wait for this number of deliveries in a queue; return them without repeats, in order of arrival."""

    async def enough() -> bool:
        return await relay.public.ready(queue) >= count

    await until(enough, seconds, f"{count} in {queue}")
    return texts(await relay.public.get_all(queue))


async def test_a_lane_keeps_its_order_and_leaves_nothing_behind(place: Place) -> None:
    async with a_relay(place) as relay:
        queue = await hear(relay, "all", "one")
        for start in range(0, 1000, 100):
            await relay.send(relay.drafts("one", range(start, start + 100)))
        assert await arrived(relay, queue, 1000) == [f"one/{n}" for n in range(1000)]
        await relay.empty()
    async with a_relay(place) as relay:  # and nothing is sent again by the next process
        queue = await hear(relay, "again", "one")
        await asyncio.sleep(1.2)
        assert await relay.public.ready(queue) == 0


async def test_a_missing_queue_delays_its_own_lane_only(place: Place) -> None:
    async with a_relay(place) as relay:
        queue = await hear(relay, "all", *range(OTHERS))
        missing = relay.drafts("missing", range(20))
        drafts = [draft for n in range(OTHERS) for draft in relay.drafts(n, range(3))]
        before = open_circuits()
        await relay.send([*missing[:10], *drafts[:300], *missing[10:], *drafts[300:]])
        got = await arrived(relay, queue, 3 * OTHERS)
        for n in range(OTHERS):
            assert [text for text in got if text.startswith(f"{n}/")] == [f"{n}/{k}" for k in range(3)]
        await until(lambda: open_circuits() == before + 1, what="the circuit to show")
        await relay.waiting("missing", 20)
        await until(lambda: _tried(relay), what="the head of the lane to be tried again")

        queue = await hear(relay, "missing", "missing")
        assert await arrived(relay, queue, 20) == [f"missing/{n}" for n in range(20)]
        await relay.empty()
        await until(lambda: open_circuits() == before, what="the circuit to close")


async def _tried(relay: Relay) -> bool:
    """Return whether the oldest row was tried from the table, and waits longer than its lease."""
    sql = "SELECT attempts > 1 AND due_at > now() FROM deliveries ORDER BY seq LIMIT 1"
    return bool(await relay.pool.fetchval(sql))


async def test_a_full_queue_delays_its_own_lane_only(place: Place) -> None:
    """A full queue leads to waiting and not to a loss (promise R8, decision D5)."""
    management = relay_management(place)
    async with a_relay(place) as relay:
        vhost, name = quote(relay.public.vhost), relay.recipient("narrow")
        policy = {"pattern": f"^{name}$", "definition": {"max-length": 5, "overflow": "reject-publish"}}
        assert management.request("PUT", f"/api/policies/{vhost}/{name}", policy)[0] in (201, 204)
        narrow = await hear(relay, "narrow", "narrow")
        queue = await hear(relay, "all", *range(OTHERS))
        await until(lambda: _has_policy(management, vhost, narrow), what="the policy to hold")
        drafts = [draft for n in range(OTHERS) for draft in relay.drafts(n, range(2))]
        await relay.send([*relay.drafts("narrow", range(40)), *drafts])
        assert len(await arrived(relay, queue, 2 * OTHERS)) == 2 * OTHERS
        assert await relay.public.ready(narrow) < 10
        await until(lambda: _is_full(relay, narrow), what="the narrow queue to be full")
        await asyncio.sleep(1.0)  # more than fit would come now
        assert await relay.public.ready(narrow) < 10
        assert await place.rows("deliveries") > 30

        assert management.request("DELETE", f"/api/policies/{vhost}/{name}")[0] == 204
        assert await arrived(relay, narrow, 40) == [f"narrow/{n}" for n in range(40)]
        await relay.empty()


async def _is_full(relay: Relay, queue: str) -> bool:
    return await relay.public.ready(queue) >= 5


def relay_management(place: Place) -> Management:
    """Return the management API of the broker."""
    return Management(place.endpoints.management_url)


def _has_policy(management: Management, vhost: str, queue: str) -> bool:
    return b'"max-length":5' in management.request("GET", f"/api/queues/{vhost}/{queue}")[1]


async def test_rows_committed_while_a_lane_catches_up_keep_their_order(place: Place) -> None:
    async with a_relay(place) as relay:
        await relay.send(relay.drafts("late", range(300)))
        await until(lambda: _tried(relay), what="the lane to wait")
        sent = 300
        queue = await hear(relay, "late", "late")
        while await place.rows("deliveries") and sent < 1200:  # written while the relay is at work
            await relay.send(relay.drafts("late", range(sent, sent + 3)))
            sent += 3
        await relay.empty()
        assert await arrived(relay, queue, sent) == [f"late/{n}" for n in range(sent)]


async def test_two_instances_that_catch_up_together_lose_and_reorder_nothing(place: Place) -> None:
    async with a_relay(place) as relay, a_relay(place) as other:
        queue = await hear(relay, "both", "both")
        for start in range(0, 1500, 500):
            await relay.write(relay.drafts("both", range(start, start + 500)))  # left by one that crashed
        await relay.empty()
        assert await arrived(relay, queue, 1500) == [f"both/{n}" for n in range(1500)]
        for n in range(1500, 1600, 2):  # and from memory, side by side
            await asyncio.gather(
                relay.send(relay.drafts("both", [n])), other.send(other.drafts("both", [n + 1]))
            )
        await relay.empty()
        got = await arrived(relay, queue, 100)
        assert sorted(got) == sorted(f"both/{n}" for n in range(1500, 1600))
        for first in (1500, 1501):
            own = [f"both/{n}" for n in range(first, 1600, 2)]
            assert [text for text in got if text in own] == own


async def test_the_consume_loop_has_room_again_after_a_lane_gave_up(place: Place) -> None:
    """Rows that wait in the table do not wait in memory."""
    async with a_relay(place, limit=50) as relay:
        await relay.send(relay.drafts("nobody", range(400)))
        await relay.waiting("nobody", 400)
        async with asyncio.timeout(30):
            await relay.table.room()


async def test_a_lane_goes_on_as_soon_as_the_broker_is_back(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The back-off of a lane does not grow during an outage of the broker.

    One that grew would make attempts after 0, 4, 12 and 28 seconds.
    """
    monkeypatch.setattr(outgoing, "FIRST_PAUSE", 4.0)
    monkeypatch.setattr(outgoing, "LONGEST_PAUSE", 30.0)
    port = place.endpoints.operator_url.rpartition(":")[2]
    async with (
        fault_proxy(int(port)) as proxy,
        a_relay(place, proxy.url(place.endpoints.operator_url)) as relay,
    ):
        queue = await hear(relay, "one", "one")
        proxy.cut()
        await relay.send(relay.drafts("one", range(10)))
        await asyncio.sleep(13.0)
        proxy.heal()
        assert await arrived(relay, queue, 10, 12.0) == [f"one/{n}" for n in range(10)]
        await relay.empty()


async def fails(relay: Relay) -> None:
    async with transaction(relay.pool) as tx:
        await relay.table.write(tx, relay.drafts("one", range(5, 8)))
        raise ZeroDivisionError


async def test_rows_whose_publish_was_not_recorded_are_sent_again(place: Place) -> None:
    async with a_relay(place) as relay:
        queue = await hear(relay, "one", "one")
        await relay.send(relay.drafts("one", range(5)))
        with pytest.raises(ZeroDivisionError):
            await fails(relay)
        await relay.send(relay.drafts("one", range(8, 10)))
        await relay.empty()
        assert await arrived(relay, queue, 7) == [f"one/{n}" for n in (0, 1, 2, 3, 4, 8, 9)]
