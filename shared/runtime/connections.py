"""Limits on the HTTP connections of a listener: their number, and the time of each state (ADR 18)."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address
from typing import Any, Final, Protocol

import h11
from pydantic import IPvAnyNetwork
from uvicorn.protocols.http.h11_impl import H11Protocol

from shared.runtime import metrics
from shared.runtime.rate import source_of
from shared.runtime.scope import AUTHENTICATED

#: Part of the places for connections that answer requests without a token; the rest is for the others.
_STRANGERS_PART: Final = 0.75
#: Key of an ASGI scope: the instant (`time.monotonic()`) at which a long answer last made progress.
PROGRESS: Final = "dimona.progress"
#: Bytes that are read from a connection at a time; the 256 KiB of asyncio would take too much memory.
_READ_BYTES: Final = 16 * 1024


class State(StrEnum):
    """The states of a connection, each named after the event that the connection waits for."""

    HEAD = "head"  #: the first byte or the remainder of the head
    BODY = "body"  #: the remainder of the body, answered or not
    ANSWER = "answer"  #: the operation, or a client that does not read the answer
    IDLE = "idle"  #: the next request


#: Seconds that a connection may stay in a state. In BODY they count from the beginning of the request.
SECONDS: Final = {State.HEAD: 10.0, State.BODY: 12.0, State.ANSWER: 30.0, State.IDLE: 10.0}


class Placed(Protocol):
    """The properties of a connection on which its place depends."""

    source: str
    known: bool

    @property
    def may_be_evicted(self) -> bool:
        """Whether it may be closed to give its place to a new connection."""

    @property
    def answers_a_stranger(self) -> bool:
        """Whether a request is being answered, and no request on this connection was authenticated."""

    def overdue(self, now: float) -> State | None:
        """Return the state in which the connection has been for too long, or None."""

    def end(self, reason: str) -> None:
        """Close the connection without an answer, and count it."""


@dataclass(slots=True)
class Places:
    """The places of one listener. Each open connection takes one place, and their number is limited."""

    listener: str  #: api or ops
    most: int
    most_of_source: int
    proxies: Sequence[IPvAnyNetwork] = ()  #: they are not limited as a source
    _open: dict[Placed, None] = field(default_factory=dict)  #: the oldest first
    _of_source: Counter[str] = field(default_factory=Counter)

    def enter(self, connection: Placed) -> bool:
        """Give a place to a new connection. Return whether it got one.

        If its source or the listener has no free place, close another connection for it. The new
        connection gets no place when no other connection may be closed.
        """
        source = connection.source
        if self._is_limited(source) and self._of_source[source] >= self.most_of_source:
            mine = [other for other in self._open if other.source == source]
            if not self._evict(mine, "source"):
                return False
        elif len(self._open) >= self.most:
            if strangers := self._beyond_part():
                strangers[0].end("full")
            elif not self._evict(self._open, "full"):
                return False
        self._open[connection] = None
        self._of_source[source] += 1
        metrics.CONNECTIONS.labels(self.listener).set(len(self._open))
        return True

    def leave(self, connection: Placed) -> None:
        """Free the place of a connection, if it has one."""
        if connection not in self._open:
            return
        del self._open[connection]
        self._of_source[connection.source] -= 1
        self._of_source += Counter()  # drops the sources without a connection
        metrics.CONNECTIONS.labels(self.listener).set(len(self._open))

    def end_overdue(self) -> None:
        """Close the connections that have been in their state for too long."""
        now = time.monotonic()
        for connection in list(self._open):
            if (state := connection.overdue(now)) is not None:
                connection.end(state)

    def _beyond_part(self) -> list[Placed]:
        """Return the connections that answer requests without a token, the oldest first.

        Return none as long as these connections have no more than their part of the places.
        """
        strangers = [connection for connection in self._open if connection.answers_a_stranger]
        return strangers if len(strangers) > self.most * _STRANGERS_PART else []

    def _evict(self, candidates: Iterable[Placed], reason: str) -> bool:
        """Close the oldest connection that may be closed. Return False when there is none.

        Connections on which no request was authenticated are closed before all others.
        """
        endable = [connection for connection in candidates if connection.may_be_evicted]
        if not endable:
            metrics.CONNECTIONS_ENDED.labels(self.listener, f"{reason}_refused").inc()
            return False
        victim = min(endable, key=lambda connection: connection.known)  # stable: the oldest of them
        victim.end(reason)
        return True

    def _is_limited(self, source: str) -> bool:
        try:
            address = ip_address(source)
        except ValueError:
            return True
        return not any(address in proxy for proxy in self.proxies)


class Connection(H11Protocol):
    """An HTTP connection that takes a place of its listener and has a deadline for each state."""

    def __init__(self, places: Places, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._places = places
        self.source = ""
        self.known = False  #: whether a request on it was authenticated
        self._observed: tuple[object, State] | None = None
        self._since = self._begun = time.monotonic()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a place for the new connection. Close it at once if there is no place."""
        transport.max_size = _READ_BYTES  # type: ignore[attr-defined]
        host = (transport.get_extra_info("peername") or ("",))[0]
        self.source = source_of(host)
        super().connection_made(transport)
        if not self._places.enter(self):
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Free the place of this connection, which has ended."""
        self._places.leave(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Handle received bytes. Then receive no more of a body until the operation reads it."""
        super().data_received(data)
        cycle = self.cycle
        if cycle is not None and cycle.more_body and not cycle.response_complete:
            self.flow.pause_reading()

    def on_response_complete(self) -> None:
        """Free the memory of the request body, and mark the connection of an authenticated client."""
        self.known = self.known or AUTHENTICATED in self.scope
        self.cycle.body = bytearray()
        super().on_response_complete()

    @property
    def state(self) -> State:
        """The event that the connection waits for now."""
        cycle = self.cycle
        if cycle is None:
            return State.HEAD
        if not cycle.response_complete:
            return State.BODY if cycle.more_body else State.ANSWER
        if self.conn.their_state is h11.SEND_BODY:
            return State.BODY
        return State.HEAD if self.conn.trailing_data[0] else State.IDLE

    @property
    def may_be_evicted(self) -> bool:
        """Whether this connection may be closed to give its place to a new connection.

        It may not while an operation runs, or while an authenticated request without answer sends its body.
        """
        state = self.state
        if state is State.BODY:
            return self.cycle.response_complete or AUTHENTICATED not in self.scope
        return state is not State.ANSWER

    @property
    def answers_a_stranger(self) -> bool:
        """Whether a request is being answered, and no request on this connection was authenticated."""
        return self.state is State.ANSWER and not self.known and AUTHENTICATED not in self.scope

    def overdue(self, now: float) -> State | None:
        """Return the state in which the connection has been for too long, or None."""
        state = self.state
        if self._observed != (self.cycle, state):
            if state is State.HEAD or self._observed is None or self._observed[1] is not State.HEAD:
                self._begun = now
            self._observed, self._since = (self.cycle, state), now
        since = self._begun if state is State.BODY else self._since
        if state is State.ANSWER:
            progress: Any = self.scope.get(PROGRESS, since)
            since = max(since, progress)
        return state if now - since > SECONDS[state] else None

    def end(self, reason: str) -> None:
        """Close the connection without an answer, and count it."""
        self._places.leave(self)
        metrics.CONNECTIONS_ENDED.labels(self._places.listener, str(reason)).inc()
        self.transport.abort()
