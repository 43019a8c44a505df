"""The clients that have a queue of their own, from the directory of access."""

from __future__ import annotations

from typing import Final

from shared.runtime.database import Connection
from shared.topology import own_queue

_CLIENTS: Final = "SELECT client_id FROM access.organizations_of_clients WHERE queue"


async def load_own_queues(connection: Connection) -> dict[str, str]:
    """Return, by the name of the queue, each client that has a queue of its own (ADR 21).

    A client is also in the result if the broker does not have its queue yet, or if it is blocked: its
    messages that wait are refused, and do not stay in the queue.
    """
    return {own_queue(row["client_id"]): row["client_id"] for row in await connection.fetch(_CLIENTS)}
