"""Publishes messages as operator, and says for certain whether the broker has them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Final

from services.cli.settings import Operator
from shared.envelope import carriers
from shared.messages import Message, derived_id
from shared.runtime.broker import CARRIER_TYPE, Outgoing, Publisher, Sent
from shared.runtime.logs import configure
from shared.topology import EVENTS

_PATIENCE: Final = 15.0  # seconds for the connection


class NotPublishedError(RuntimeError):
    """The broker did not take every message; the text says how it went."""


def publish(operator: Operator, messages: Sequence[Message]) -> None:
    """Publish to the services of the deployment, with confirms. Raises NotPublishedError."""
    asyncio.run(tell(operator, messages))


async def tell(operator: Operator, messages: Sequence[Message]) -> None:
    """The same, from within an event loop."""
    now = datetime.now(UTC)
    outgoing = [
        Outgoing(str(derived_id("carrier", body)), EVENTS, key, key, body.encode(), CARRIER_TYPE)
        for key, body in carriers(messages, "operator", now)
    ]
    async with publishing(operator, operator.vhosts.internal) as publisher:
        outcomes = await publisher.publish_all(outgoing)
    if failed := [outcome for outcome in outcomes if outcome is not Sent.CONFIRMED]:
        raise NotPublishedError(
            f"{len(failed)} of {len(outcomes)} messages were not taken: {', '.join(sorted(set(failed)))}"
        )


@asynccontextmanager
async def publishing(operator: Operator, vhost: str) -> AsyncIterator[Publisher]:
    """A publisher that is connected to one vhost. Raises NotPublishedError."""
    configure("cli", "ERROR")
    publisher = Publisher(operator.need("amqp_url"), vhost, "cli")
    session = asyncio.create_task(publisher.run())
    try:
        try:
            await asyncio.wait_for(publisher.connected.wait(), _PATIENCE)
        except TimeoutError:
            raise NotPublishedError("the broker cannot be reached") from None
        yield publisher
    finally:
        session.cancel()
        with suppress(asyncio.CancelledError):
            await session
