"""Move messages to another queue: publish a copy, and acknowledge the message after the broker's confirm."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from shared.runtime import metrics
from shared.runtime.bursts import Outgoing, Sent
from shared.runtime.incoming import Incoming
from shared.runtime.logs import log
from shared.runtime.publishing import BURST, Publisher
from shared.topology import MOVED, PARKED, UNIDENTIFIED

_AT_ONCE: Final = 4 * BURST  #: messages in one round
_PAUSE: Final = 0.5  #: seconds before another attempt
_ID, _ARRIVED, _WAITED, _CUT = "message-id", "arrived-at", "waited", "cut"  #: headers of a moved message


@dataclass(frozen=True, slots=True)
class Move:
    """A message, the queue to which it moves, and the reason: `share`, `order` or `unidentified`."""

    incoming: Incoming
    to: str
    reason: str

    def outgoing(self, account: str) -> Outgoing:
        """Return the copy to publish. Its headers are trusted because the user `account` publishes it."""
        incoming, now = self.incoming, time.monotonic()
        arrived = time.time() - (now - (incoming.came if incoming.since is None else incoming.since))
        headers: dict[str, Any] = {_ARRIVED: int(arrived * 1000)}
        optional = {_ID: incoming.message_id, _WAITED: incoming.waited, _CUT: incoming.cut}
        headers |= {name: value for name, value in optional.items() if value}
        exchange = PARKED if self.to == UNIDENTIFIED else MOVED
        return Outgoing(
            str(uuid4()), exchange, self.to, "moved", incoming.body, headers=headers, user_id=account
        )


def restore(incoming: Incoming, headers: Mapping[str, Any]) -> None:
    """Set id, size, arrival and waiting of a moved message to those of its original, from its headers."""
    incoming.message_id, incoming.cut = headers.get(_ID), headers.get(_CUT, 0)
    incoming.waited = bool(headers.get(_WAITED))
    incoming.since = time.monotonic() - max(time.time() - headers[_ARRIVED] / 1000, 0.0)


class Mover:
    """A task that moves messages to other queues, in order and in bursts.

    Args:
        publisher: The session that publishes the copies.
        account: The user of that session.
        settle: Acknowledges messages.
        keep: Takes a message back that its new queue refuses.
    """

    def __init__(
        self,
        publisher: Publisher,
        account: str,
        settle: Callable[[Sequence[Incoming]], Awaitable[None]],
        keep: Callable[[Incoming], None],
    ) -> None:
        self._publisher, self._account, self._settle, self._keep = publisher, account, settle, keep
        self._moves: deque[Move] = deque()
        self._some = asyncio.Event()

    def add(self, move: Move) -> None:
        """Schedule the move of a message to its new queue."""
        self._moves.append(move)
        self._some.set()

    @property
    def behind(self) -> bool:
        """Whether messages wait to be moved."""
        return bool(self._moves)

    def clear(self) -> None:
        """Forget all moves: the broker delivers their messages again."""
        self._moves.clear()

    async def run(self) -> None:
        """Move messages until canceled."""
        while True:
            self._some.clear()
            if not self._moves:
                await self._some.wait()
            await self._burst([self._moves.popleft() for _ in range(min(_AT_ONCE, len(self._moves)))])

    async def _burst(self, moves: Sequence[Move]) -> None:
        """Move messages. Schedule those with an unknown outcome again; keep those that a queue refuses."""
        outcomes = await self._publisher.publish_all([move.outgoing(self._account) for move in moves])
        done, again = [], []
        for move, outcome in zip(moves, outcomes, strict=True):
            if outcome in (Sent.TIMEOUT, Sent.DISCONNECTED):
                again.append(move)
            elif outcome is Sent.CONFIRMED or move.to == UNIDENTIFIED:
                done.append(move)
            else:  # the queue is full or away
                self._keep(move.incoming)
        for move in done:
            metrics.MOVED.labels(move.reason).inc()
        if anonymous := sum(move.reason == "unidentified" for move in done):
            log.warning("without_user_id", messages=anonymous)
        await self._settle([move.incoming for move in done])
        if again:
            self._moves.extendleft(reversed(again))
            await asyncio.sleep(_PAUSE)
