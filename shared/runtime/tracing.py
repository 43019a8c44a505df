"""Traces of declarations for OpenTelemetry (ADR 39). Without an OTLP endpoint all of this does nothing.

This module does not import OpenTelemetry: `configure` imports it, in a process that sends spans. The trace id
of a declaration is computed from its number, so every service knows it, also after a wait of days. The
context of its last step travels in the event, as the CloudEvents attribute `traceparent`.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol
from uuid import UUID

from shared.envelope import unpack

if TYPE_CHECKING:  # the log uses this module, and they use the log
    from collections.abc import Iterable, Mapping, MutableMapping

    from shared.messages import Message
    from shared.runtime.incoming import Incoming
    from shared.runtime.settings import Settings
    from shared.runtime.step import Item

TRACEPARENT: Final = "traceparent"
_OF_SCOPE: Final = "dimona.request"
#: W3C Trace Context, version 00. Ids of only zeros are invalid.
_FORM: Final = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})")
_SAMPLED: Final = 1
#: The attribute in the text of a command. The whole command is not parsed a second time for it.
_IN_COMMAND: Final = re.compile(rb'"traceparent"\s*:\s*"([0-9a-f-]{55})"')


@dataclass(frozen=True, slots=True)
class Context:
    """The ids of a span, to which other spans refer."""

    trace: int  #: 128 bits
    span: int  #: 64 bits
    sampled: bool

    @classmethod
    def read(cls, text: object) -> Context | None:
        """Return the context in a `traceparent`; None if it is absent or has another form."""
        match = _FORM.fullmatch(text) if isinstance(text, str) else None
        if match is None:
            return None
        trace, span, flags = (int(part, 16) for part in match.groups())
        return cls(trace, span, bool(flags & _SAMPLED))

    def __str__(self) -> str:
        """Return the context as a `traceparent`."""
        return f"00-{self.trace:032x}-{self.span:016x}-{self.sampled:02x}"


@dataclass(frozen=True, slots=True)
class Input:
    """A message that is handled: the number of its declaration, and the context of its sender."""

    number: int | None
    context: Context | None


class Unit(Protocol):
    """The spans of one transaction. They are recorded after its commit, or with the error that ended it."""

    def attributes(self, message: Message) -> Mapping[str, str]:
        """Return the extension attributes with which a new message continues its trace."""

    def span_of(self, number: int | None) -> Context:
        """Return the span in which a declaration is handled, or that of the whole batch."""

    def end(self, error: BaseException | None) -> None:
        """Record the spans."""


class Tracer(Protocol):
    """The part of `shared.runtime.spans` that the runtime calls."""

    def unit(self, place: str, inputs: Sequence[Input], request: Context | None) -> Unit:
        """Begin the spans of a transaction at a place: a queue, a timer or the API."""

    def root(self, number: int) -> Context:
        """Return the span with which the trace of a declaration begins."""

    def context(self, trace: int) -> Context:
        """Return the context of a new span."""

    def answered(self, request: Request, operation: str, status: int) -> None:
        """Record the span of an answered request."""

    def close(self) -> None:
        """Send the recorded spans, for a few seconds at most."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request to an API: its context, and that of its caller if it sent one."""

    context: Context
    caller: Context | None
    began: int  #: nanoseconds since 1970


#: The tracer of this process; None: no endpoint is set.
tracer: Tracer | None = None
_REQUEST: Final[ContextVar[Context | None]] = ContextVar("request", default=None)
_UNIT: Final[ContextVar[Unit | None]] = ContextVar("unit", default=None)


def configure(service: str, settings: Settings) -> None:
    """Begin to send spans if the settings name an endpoint."""
    global tracer  # noqa: PLW0603 - one per process, as its log
    if settings.otlp_endpoint:
        from shared.runtime.spans import SpanTracer

        tracer = SpanTracer(service, settings)


def close() -> None:
    """Send the recorded spans, at the end of the process."""
    if tracer is not None:
        tracer.close()


def inputs(items: Iterable[tuple[Item[Any], Incoming]]) -> Iterator[Input]:
    """Yield the number and the context of each item. A message of a client is only linked to its context.

    Its declaration begins a trace of its own: a client cannot join declarations to a trace of its choice, nor
    decide that they are recorded.
    """
    carried: dict[int, dict[UUID, object]] = {}
    for item, incoming in items:
        if item.body is not None:
            found = _IN_COMMAND.search(item.body)
            context = Context.read(found[1].decode()) if found else None
        else:
            if incoming.tag not in carried:
                carried[incoming.tag] = _carried(incoming)
            context = Context.read(carried[incoming.tag].get(item.id))
        yield Input(number_of(item.value), context)


def _carried(incoming: Incoming) -> dict[UUID, object]:
    try:
        return {event.id: event.document.get(TRACEPARENT) for event in unpack(incoming.body)}
    except ValueError:
        return {}


def number_of(message: object) -> int | None:
    """Return the declaration number in a message, as `declaration.number` or as `number`, or None."""
    number = getattr(getattr(message, "declaration", message), "number", None)
    return number if isinstance(number, int) else None


@contextmanager
def unit(place: str, inputs: Iterable[Input]) -> Iterator[Unit | None]:
    """Record the block as the handling of these inputs; yield None if no endpoint is set.

    The block contains the commit. `inputs` is not read without an endpoint.
    """
    if tracer is None:
        yield None
        return
    begun = tracer.unit(place, list(inputs), _REQUEST.get())
    before = _UNIT.get()
    _UNIT.set(begun)
    try:
        yield begun
    except BaseException as error:
        begun.end(error)
        raise
    else:
        begun.end(None)
    finally:
        _UNIT.set(before)


def begin_request(scope: MutableMapping[str, Any]) -> None:
    """Begin the span of a request, in the trace with its BelGov-Trace-Id, for the task that handles it."""
    if tracer is None:
        return
    sent = dict(scope["headers"]).get(TRACEPARENT.encode(), b"").decode("latin-1")
    request = Request(tracer.context(UUID(scope["trace_id"]).int), Context.read(sent), time.time_ns())
    scope[_OF_SCOPE] = request
    _REQUEST.set(request.context)


def end_request(scope: MutableMapping[str, Any], operation: str, status: int) -> None:
    """Record the span of an answered request. `operation` has the pattern of the path, never the path."""
    if tracer is not None and _OF_SCOPE in scope:
        tracer.answered(scope[_OF_SCOPE], operation, status)


def log_ids(number: object) -> dict[str, str]:
    """Return `trace_id` and `span_id` for a line of the log about a declaration, or about no single one."""
    if tracer is None:
        return {}
    current = _UNIT.get()
    if current is not None:
        context = current.span_of(number if isinstance(number, int) else None)
    elif isinstance(number, int):
        context = tracer.root(number)
    else:
        return {}
    return {"trace_id": f"{context.trace:032x}", "span_id": f"{context.span:016x}"}
