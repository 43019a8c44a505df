"""The connection of the watchdog to the real broker is kept, and restored after a failure."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from shared.runtime.broker import LOST
from shared.runtime.watchdog import Watchdog
from tests.fault_proxy import FaultProxy, fault_proxy
from tests.integration.runtime.broker import until
from tests.integration.runtime.toys import Place, Toy, running

pytestmark = pytest.mark.stack


async def connected(proxy: FaultProxy, count: int) -> None:
    """Wait until this number of connections leads through the proxy."""

    async def reached() -> bool:
        return proxy.connections == count

    await until(reached, what=f"{count} connections")


async def test_one_connection_serves_every_check(place: Place, toy: Toy) -> None:
    url = place.endpoints.operator_url
    async with running(place, toy), fault_proxy(urlsplit(url).port or 0) as proxy:
        watchdog = Watchdog(proxy.url(url), place.endpoints.deployment.internal, "test")
        queues = (place.queue.name, place.parking)
        for _ in range(3):
            assert await watchdog.count(queues) == {place.queue.name: (0, 1), place.parking: (0, 0)}
            assert proxy.connections == 1
        with pytest.raises(Exception, match="NOT_FOUND"):
            await watchdog.count(["no.such.queue"])
        await connected(proxy, 0)
        assert (await watchdog.count(queues))[place.queue.name] == (0, 1)
        proxy.reset()
        with pytest.raises(LOST):
            await watchdog.count(queues)
        assert (await watchdog.count(queues))[place.queue.name] == (0, 1)
        await watchdog.close()
        await connected(proxy, 0)
