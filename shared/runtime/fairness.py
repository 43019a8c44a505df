"""Fair turns between the clients of a service (ADR 21)."""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Callable, Iterable
from typing import Final

from shared.runtime.incoming import Incoming

#: Weight that a sender gains with each turn. Smaller means more turns; larger means less equal shares.
QUANTUM: Final = 8
#: While senders within their rate wait, one part in BEYOND of a batch is for senders beyond their rate.
BEYOND: Final = 4
#: Weight of the messages from the shared queue that stay in hand, for all senders together.
KEPT: Final = 128
#: Messages in hand from the own queues of all clients together, in equal parts. After a crash each of these
#: messages is tried alone (ADR 4).
OWN_IN_HAND: Final = 4096
#: The smallest and the largest part of one client. The largest part gives a flood of one client batches of a
#: hundred declarations; twice as many made the others wait a third longer, for a rate that is 4 % higher.
OWN_PART: Final = (64, 256)
#: Seconds without a message from the own queue of a client, after which this queue counts as empty.
_EMPTY_AFTER: Final = 1.0


class FairBuffer:
    """Messages that wait for a batch. Senders take turns (deficit round robin); each keeps its own order.

    The clients of one organization are one sender.

    Senders within their rate come first. While one of them has messages, senders beyond their rate get at
    most a quarter of a batch; otherwise they get whole batches.
    """

    def __init__(self, within: Callable[[str], bool] = lambda _: True) -> None:
        self._within = within
        self._queues: dict[str, deque[Incoming]] = {}  #: by sender, in the order of their turns
        self._credit: Counter[str] = Counter()
        self._count = 0
        self.bytes = 0  #: of all bodies

    def __len__(self) -> int:
        return self._count

    def add(self, incoming: Incoming, sender: str = "") -> None:
        """Add a message after all messages of its sender that wait already."""
        self._queues.setdefault(sender, deque()).append(incoming)
        self._count += 1
        self.bytes += len(incoming.body)

    def holds(self, sender: str) -> bool:
        """Return whether messages of this sender wait."""
        return sender in self._queues

    def clear(self) -> None:
        """Forget all messages in hand, after a lost connection."""
        self._queues.clear()
        self._credit.clear()
        self._count = self.bytes = 0

    def waiting(self) -> tuple[int, int]:
        """Return the numbers of messages of senders within their rate and of senders beyond their rate."""
        within = sum(len(queue) for sender, queue in self._queues.items() if self._within(sender))
        return within, self._count - within

    def take(self, limit: int, *, first_only: bool = False) -> list[Incoming]:
        """Take the next batch out of the buffer and return it. Its weight is about `limit`.

        Its last message may exceed the limit. With `first_only` the batch contains no messages of senders
        beyond their rate.
        """
        first = {sender: None for sender in self._queues if self._within(sender)}
        batch, left = self._serve(first, limit)
        if first_only:
            return batch
        then = [sender for sender in self._queues if sender not in first]
        return batch + self._serve(then, min(left, limit // BEYOND) if batch else limit)[0]

    def _serve(self, senders: Iterable[str], room: int) -> tuple[list[Incoming], int]:
        """Take messages of these senders in turns, up to the weight `room`; return them and the room left."""
        turns, batch = deque(senders), []
        while turns and room > 0:
            sender = turns.popleft()
            queue = self._queues.pop(sender)
            self._credit[sender] += QUANTUM
            while queue and room > 0 and queue[0].weight <= self._credit[sender]:
                incoming = queue.popleft()
                batch.append(incoming)
                room -= incoming.weight
                self._credit[sender] -= incoming.weight
                self.bytes -= len(incoming.body)
            if queue:
                self._queues[sender] = queue  # behind the others
                turns.append(sender)
            else:
                del self._credit[sender]
        self._count -= len(batch)
        return batch, room


def own_prefetch(clients: int) -> int:
    """Return how many messages of one client may be in hand from its own queue, for a number of clients."""
    smallest, largest = OWN_PART
    return min(max(OWN_IN_HAND // max(clients, 1), smallest), largest)


class Places:
    """The decision whether a message from the shared queue stays, or moves to the own queue of its client.

    A message is in hand from its arrival until it is handled or moved. Messages from the shared queue may
    have a total weight of KEPT in hand, divided equally among their clients. If a client has its part in
    hand, its next messages move, so that the service goes on reading messages of other clients. While the own
    queue of a client has messages, all its messages move to the end of this queue, which keeps their order.
    Messages of a client without an own queue always stay.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._kept: Counter[str] = Counter()  #: weight by sender
        self._own: Counter[str] = Counter()  #: messages in hand from the own queue, or on the way to it
        self._seen: dict[str, float] = {}  #: when the own queue last had a message

    def suppose_messages(self, client: str) -> None:
        """Treat the own queue of a client as not empty, until `consumed` is called for this client."""
        self._seen[client] = math.inf

    def consumed(self, client: str) -> None:
        """Note that the own queue of a client has a consumer from now on."""
        self._seen[client] = self._clock()

    def moves(self, client: str) -> str | None:
        """Return why a message from the shared queue moves to the own queue of a client; None: it stays.

        `order`: the own queue may have earlier messages. `share`: the client has its part in hand already.
        """
        if client not in self._seen:
            return None  # without a queue of its own
        if self._own[client] or self._clock() - self._seen[client] < _EMPTY_AFTER:
            return "order"
        part = KEPT // len(self._kept.keys() | {client})
        return "share" if self._kept[client] >= max(part, 1) else None

    def enter(self, incoming: Incoming, client: str, *, own: bool) -> None:
        """Count a message that was received.

        Args:
            incoming: The message.
            client: Its client.
            own: Whether it comes from the own queue of the client, or moves to this queue. Otherwise it is
                kept in hand from the shared queue.
        """
        if own:
            self._own[client] += 1
            self._seen[client] = max(self._clock(), self._seen.get(client, 0.0))
        else:
            self._kept[client] += incoming.weight

    def leave(self, incoming: Incoming, client: str, *, own: bool) -> None:
        """Stop counting a message that was handled or moved. `own` is as in `enter`."""
        count, amount = (self._own, 1) if own else (self._kept, incoming.weight)
        count[client] -= amount
        if not count[client]:
            del count[client]
        if own:
            self._seen[client] = max(self._clock(), self._seen.get(client, 0.0))


class Arrivals:
    """Estimates of the instants at which messages reached a queue, from observations of its length.

    RabbitMQ gives messages no time of arrival, and a time that the sender wrote proves nothing. The messages
    counted by an observation arrived before it; the messages behind them arrived after it.
    """

    def __init__(self) -> None:
        self._count = 0
        self._looks: deque[tuple[float, int]] = deque()  #: instant, number of the last message that was there

    def look(self, at: float, ready: int) -> None:
        """Record one observation of the queue.

        Args:
            at: Its instant, by the monotonic clock, in seconds.
            ready: Number of messages in the queue that the broker has not delivered yet.
        """
        if not ready:
            self._looks.clear()
        self._looks.append((at, self._count + ready))

    def next(self) -> float | None:
        """Count a received message. Return the instant of the last observation before it came into the queue.

        The instant is in seconds of the monotonic clock. Return None if there was no observation before, or
        if the message was not in the queue at any later observation.
        """
        self._count += 1
        while len(self._looks) > 1 and self._looks[1][1] < self._count:
            self._looks.popleft()
        if len(self._looks) < 2 or self._looks[0][1] >= self._count:
            return None
        return self._looks[0][0]
