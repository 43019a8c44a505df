"""Queues between services that lose their messages, for tests."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence

from deploy.local.deployment import Endpoints
from shared.runtime.management import Management
from shared.topology import Queue
from tests.foreign.events import PATIENCE


def lose(own: Endpoints, *queues: Queue) -> None:
    """Remove all messages from queues between the services, as a broker without its disk has none."""
    management = Management(own.management_url)
    for queue in queues:
        management.purge(own.deployment.internal, queue.name)


async def arrived(own: Endpoints, queues: Sequence[Queue]) -> None:
    """Wait until one of these queues of a stopped service has a message."""
    management, end = Management(own.management_url), time.monotonic() + PATIENCE
    vhost = own.deployment.internal
    while True:
        status, answer = management.request("GET", f"/api/queues/{vhost}")
        assert status == 200
        depths = {row["name"]: row.get("messages", 0) for row in json.loads(answer)}
        if any(depths.get(queue.name) for queue in queues):
            return
        assert time.monotonic() < end, "no message came"
        await asyncio.sleep(0.2)
