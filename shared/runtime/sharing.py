"""The fair sharing of a step between the organizations of its clients (ADR 21)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from shared.runtime.commands import needed
from shared.runtime.database import Pool
from shared.runtime.fairness import FairBuffer
from shared.runtime.organizations import Organizations
from shared.runtime.publishing import Publisher
from shared.runtime.rate import TokenBuckets
from shared.runtime.step import Step


@dataclass(frozen=True, slots=True)
class Fairness:
    """The objects that a subscription needs to give organizations equal turns."""

    publisher: Publisher  #: for the messages that move
    account: str  #: its user at the broker
    trim: Callable[[bytes], bytes]  #: returns the part of a body that is needed
    buckets: TokenBuckets | None  #: the rate of each organization
    #: returns the client of each own queue, and reads the organizations of the clients
    own: Callable[[], Awaitable[Mapping[str, str]]]
    organizations: Organizations = field(default_factory=Organizations)

    def sender_of(self, client: str, waiting: FairBuffer) -> str:
        """Return the sender under which a message of a client takes turns: its organization.

        A client keeps its own turns while messages wait that came before its organization was known.
        Otherwise a later message could come before them.
        """
        return client if waiting.holds(client) else self.organizations.of(client)

    def spend(self, client: str, weight: int) -> None:
        """Count a message of a client in the rate of its organization."""
        if self.buckets is not None:
            self.buckets.spend(self.organizations.of(client), weight)


def fairness(step: Step[Any], pool: Pool, publisher: Publisher, amqp_url: str) -> Fairness:
    """Return the objects with which the subscription of a step gives organizations equal turns."""
    organizations = Organizations()

    async def own() -> Mapping[str, str]:
        try:
            await organizations.load(pool)
            if step.own_queues is None:
                return {}
            async with pool.acquire() as connection:
                return await step.own_queues(connection)
        except Exception as error:  # the session begins again
            raise ConnectionError("the clients cannot be read") from error

    account = unquote(urlsplit(amqp_url).username or "")
    return Fairness(publisher, account, needed, step.buckets, own, organizations)
