"""The fair sharing of a step between the clients of a service (ADR 21)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from shared.runtime.commands import needed
from shared.runtime.database import Pool
from shared.runtime.publishing import Publisher
from shared.runtime.rate import TokenBuckets
from shared.runtime.step import Step


@dataclass(frozen=True, slots=True)
class Fairness:
    """The objects that a subscription needs to give clients equal turns."""

    publisher: Publisher  #: for the messages that move
    account: str  #: its user at the broker
    trim: Callable[[bytes], bytes]  #: returns the part of a body that is needed
    buckets: TokenBuckets | None  #: the rate of each client
    own: Callable[[], Awaitable[Mapping[str, str]]]  #: returns the client of each own queue


def fairness(step: Step[Any], pool: Pool, publisher: Publisher, amqp_url: str) -> Fairness:
    """Return the objects with which the subscription of a step gives its clients equal turns."""

    async def own() -> Mapping[str, str]:
        if step.own_queues is None:
            return {}
        try:
            async with pool.acquire() as connection:
                return await step.own_queues(connection)
        except Exception as error:  # the session begins again
            raise ConnectionError("the clients cannot be read") from error

    return Fairness(publisher, unquote(urlsplit(amqp_url).username or ""), needed, step.buckets, own)
