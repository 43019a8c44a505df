"""The spans of OpenTelemetry. Only a process with an OTLP endpoint imports this module (`tracing.configure`).

Attributes come from the closed lists below: queues, event types, ids and numbers of declarations, patterns of
paths, types of errors. None holds data of a person (threat T21).
"""

from __future__ import annotations

import hmac
import random
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from threading import Thread
from typing import Any, Final
from uuid import uuid4

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanLimits, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)

from shared.envelope import CARRIER_EVENTS
from shared.messages import Message
from shared.runtime import metrics
from shared.runtime.settings import Settings
from shared.runtime.tracing import TRACEPARENT, Context, Input, Request, number_of
from shared.topology import EVENTS

QUEUE_SPANS: Final = 4096  #: spans in memory; further ones are dropped and counted
_EXPORT_SPANS: Final = 512
_EXPORT_SECONDS: Final = 5.0
_CLOSE_SECONDS: Final = 3.0
_SERVER_ERROR: Final = 500


class _Ids(IdGenerator):
    """The ids of the next span, which are decided before the span is recorded."""

    trace = span = 0

    def generate_trace_id(self) -> int:
        return self.trace

    def generate_span_id(self) -> int:
        return self.span


class CountingExporter(SpanExporter):
    """An exporter that counts the spans that another exporter sends, or fails to send."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self.taken = 0  #: spans that left the queue; changed by the exporting thread only

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send spans, and count them by outcome."""
        outcome = SpanExportResult.FAILURE
        try:
            outcome = self._exporter.export(spans)
        finally:
            self.taken += len(spans)
            name = "exported" if outcome is SpanExportResult.SUCCESS else "failed"
            metrics.SPANS.labels(name).inc(len(spans))
        return outcome

    def shutdown(self) -> None:
        """Close the other exporter."""
        self._exporter.shutdown()


class BoundedProcessor(SpanProcessor):
    """A queue of at most `most` spans before an exporter. It drops and counts further spans."""

    def __init__(self, exporter: CountingExporter, most: int = QUEUE_SPANS) -> None:
        self._exporter, self._most, self._accepted = exporter, most, 0
        self._inner = BatchSpanProcessor(
            exporter, most, max_export_batch_size=min(_EXPORT_SPANS, most), schedule_delay_millis=1000
        )

    def on_end(self, span: ReadableSpan) -> None:
        """Queue a span, or drop it."""
        if self._accepted - self._exporter.taken >= self._most:
            metrics.SPANS.labels("dropped").inc()
            return
        self._accepted += 1
        self._inner.on_end(span)

    def shutdown(self) -> None:
        """Send the queued spans."""
        self._inner.shutdown()  # type: ignore[no-untyped-call]


class SpanTracer:
    """The tracer of a process that sends spans."""

    def __init__(self, service: str, settings: Settings, exporter: SpanExporter | None = None) -> None:
        self.service = service
        self._key = settings.key_for("trace")
        self._ids = _Ids()
        self._ratio = TraceIdRatioBased(settings.trace_ratio)
        authorities = settings.api_authorities_file
        self._provider = TracerProvider(
            sampler=ParentBased(self._ratio),
            resource=Resource(
                {
                    "service.name": service,
                    "service.namespace": settings.deployment,
                    "service.instance.id": str(uuid4()),
                }
            ),
            id_generator=self._ids,
            span_limits=SpanLimits(max_links=CARRIER_EVENTS),
            shutdown_on_exit=False,
        )
        sender = exporter or OTLPSpanExporter(
            f"{settings.otlp_endpoint.rstrip('/')}/v1/traces",
            certificate_file=None if authorities is None else str(authorities),
            timeout=_EXPORT_SECONDS,
        )
        self._provider.add_span_processor(BoundedProcessor(CountingExporter(sender)))
        self._tracer = self._provider.get_tracer("dimona")

    def unit(self, place: str, inputs: Sequence[Input], request: Context | None) -> SpanUnit:
        """Begin the spans of a transaction."""
        return SpanUnit(self, place, inputs, request)

    def root(self, number: int) -> Context:
        """Return the span of the reception of a declaration. A keyed hash of the number makes its ids."""
        digest = hmac.digest(self._key, str(number).encode(), "sha256")
        return self.context(int.from_bytes(digest[:16], "big"), int.from_bytes(digest[16:24], "big"))

    def context(self, trace: int, span: int | None = None) -> Context:
        """Return the context of a span, by default of a new one, with the decision whether it is recorded."""
        sampled = trace & TraceIdRatioBased.TRACE_ID_LIMIT < self._ratio.bound
        return Context(trace, span or random.getrandbits(64) | 1, sampled)

    def answered(self, request: Request, operation: str, status: int) -> None:
        """Record the span of an answered request, with a link to the span of its caller."""
        method, _, route = operation.partition(" ")
        attributes = {"http.response.status_code": status} | (
            {"http.request.method": method, "http.route": route} if route else {}
        )
        error = str(status) if status >= _SERVER_ERROR else None
        links = [] if request.caller is None else [request.caller]
        span = _Span(operation, SpanKind.SERVER, request.context, None, attributes, links)
        self.record([span], request.began, error)

    def record(self, spans: Iterable[_Span], began: int, error: str | None) -> None:
        """Record spans that end now.

        An error in it is counted and goes no further, because the work of these spans is committed already.
        """
        try:
            for span in spans:
                if span.own.sampled:
                    self._record(span, began, error)
        except Exception:
            metrics.SPANS.labels("failed").inc()

    def _record(self, span: _Span, began: int, error: str | None) -> None:
        self._ids.trace, self._ids.span = span.own.trace, span.own.span
        parent = None if span.parent is None else NonRecordingSpan(_remote(span.parent))
        recorded = self._tracer.start_span(
            span.name,
            set_span_in_context(parent) if parent is not None else set_span_in_context(_NO_SPAN),
            span.kind,
            dict(span.attributes) | ({} if error is None else {"error.type": error}),
            [Link(_remote(context)) for context in span.links],
            began,
        )
        if error is not None:
            recorded.set_status(Status(StatusCode.ERROR))
        recorded.end()

    def close(self) -> None:
        """Send the recorded spans, for a few seconds at most, because a process has to end in time."""
        closing = Thread(target=self._provider.shutdown, daemon=True)
        closing.start()
        closing.join(_CLOSE_SECONDS)


_NO_SPAN: Final = NonRecordingSpan(SpanContext(0, 0, is_remote=False))


def _remote(context: Context) -> SpanContext:
    return SpanContext(context.trace, context.span, True, TraceFlags(int(context.sampled)))


@dataclass(frozen=True, slots=True)
class _Span:
    name: str
    kind: SpanKind
    own: Context
    parent: Context | None
    attributes: Mapping[str, Any]
    links: Sequence[Context] = ()


class SpanUnit:
    """The spans of one transaction: one of the batch, one per declaration, one per new message.

    The span of a declaration is part of the trace of the declaration, and linked to the span of the batch.
    The span of the batch is a trace of its own, with links to the senders of all its messages.
    """

    def __init__(
        self, tracer: SpanTracer, place: str, inputs: Sequence[Input], request: Context | None
    ) -> None:
        self._tracer, self._place, self._inputs = tracer, place, inputs
        self._began = time.time_ns()
        new = tracer.context(random.getrandbits(128))
        self._batch, self._request = new if request is None else tracer.context(request.trace), request
        self._created: list[_Span] = []
        self._parents = {each.number: self._sender(each) for each in inputs if each.number is not None}
        self._own: dict[int, Context] = {}

    def _sender(self, each: Input) -> Context | None:
        """Return the context in a message if it belongs to the trace of its declaration."""
        assert each.number is not None
        same = each.context is not None and each.context.trace == self._tracer.root(each.number).trace
        return each.context if same else None

    def span_of(self, number: int | None) -> Context:
        """Return the span in which a declaration is handled, or that of the whole batch."""
        if number is None:
            return self._batch
        if number not in self._own:
            root = self._tracer.root(number)
            own = root if self._receives(number) else self._tracer.context(root.trace)
            parent = self._parents.get(number)
            sampled = own.sampled if parent is None else parent.sampled
            self._own[number] = Context(own.trace, own.span, sampled)
        return self._own[number]

    def _receives(self, number: int) -> bool:
        """Return whether this transaction received the declaration: its trace begins here."""
        intake = self._tracer.service == "intake" and not self._place.startswith("intake timer ")
        return intake and number not in self._parents

    def attributes(self, message: Message) -> Mapping[str, str]:
        """Return the attribute `traceparent` of a new message about a declaration."""
        number = number_of(message)
        if number is None:
            return {}
        parent = self.span_of(number)
        created = Context(parent.trace, self._tracer.context(parent.trace).span, parent.sampled)
        attributes = {
            **_messaging("create", "create", EVENTS, number),
            "messaging.message.id": str(message.event_id),
            "messaging.rabbitmq.destination.routing_key": message.routing_key,
        }
        self._created.append(_Span(f"create {EVENTS}", SpanKind.PRODUCER, created, parent, attributes))
        return {TRACEPARENT: str(created)}

    def end(self, error: BaseException | None) -> None:
        """Record the spans of this transaction: those of new messages only when it was committed."""
        for number in self._parents:
            self.span_of(number)
        failed = None if error is None else type(error).__name__
        spans = [self._of_batch(), *map(self._of_declaration, self._own)] if self._inputs or self._own else []
        self._tracer.record(spans if error else [*spans, *self._created], self._began, failed)

    def _of_batch(self) -> _Span:
        links = [each.context for each in self._inputs if each.context is not None]
        attributes = _messaging("process", "process", self._place, None)
        if self._inputs:
            attributes["messaging.batch.message_count"] = len(self._inputs)
        name = f"process {self._place}"
        return _Span(name, SpanKind.CONSUMER, self._batch, self._request, attributes, links)

    def _of_declaration(self, number: int) -> _Span:
        own, root, sender = self._own[number], self._tracer.root(number), self._parents.get(number)
        parent = None if own.span == root.span else root if sender is None else sender
        attributes = _messaging("process", "process", self._place, number)
        return _Span(
            f"process {self._place}", SpanKind.CONSUMER, own, parent, attributes,
            [self._batch] if sender is None else [sender, self._batch],
        )  # fmt: skip


def _messaging(operation: str, type_: str, destination: str, number: int | None) -> dict[str, Any]:
    """Return the attributes of messaging, by the semantic conventions of OpenTelemetry."""
    attributes: dict[str, Any] = {
        "messaging.system": "rabbitmq",
        "messaging.operation.name": operation,
        "messaging.operation.type": type_,
        "messaging.destination.name": destination,
    }
    return attributes if number is None else attributes | {"messaging.message.conversation_id": str(number)}
