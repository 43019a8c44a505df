"""Publishes messages as operator, and says for certain whether the broker has them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
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
    configure("cli", "ERROR")
    amqp_url, vhost = operator.need("amqp_url"), operator.vhosts.internal
    now = datetime.now(UTC)
    outgoing = [
        Outgoing(str(derived_id("carrier", body)), EVENTS, key, key, body.encode(), CARRIER_TYPE)
        for key, body in carriers(messages, "operator", now)
    ]
    asyncio.run(_publish(Publisher(amqp_url, vhost, "cli"), outgoing))


async def _publish(publisher: Publisher, outgoing: Sequence[Outgoing]) -> None:
    session = asyncio.create_task(publisher.run())
    try:
        try:
            await asyncio.wait_for(publisher.connected.wait(), _PATIENCE)
        except TimeoutError:
            raise NotPublishedError("the broker cannot be reached") from None
        outcomes = await publisher.publish_all(outgoing)
        if failed := [outcome for outcome in outcomes if outcome is not Sent.CONFIRMED]:
            raise NotPublishedError(
                f"{len(failed)} of {len(outcomes)} messages were not taken: {', '.join(sorted(set(failed)))}"
            )
    finally:
        session.cancel()
        with suppress(asyncio.CancelledError):
            await session
