"""Spans and their contexts: one trace per declaration, bounds, and no effect without an endpoint."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from threading import Event
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from shared.envelope import carriers, unpack
from shared.messages import DeclarationAdmitted
from shared.runtime import metrics, tracing
from shared.runtime.incoming import Incoming
from shared.runtime.settings import Settings
from shared.runtime.spans import BoundedProcessor, CountingExporter, SpanTracer
from shared.runtime.step import Item
from shared.runtime.tracing import Context, Input
from tests.unit.builders import an_in, received

NOW = datetime(2026, 12, 1, tzinfo=UTC)
OF_CLIENT = f"00-{0x4BF9_2F35:032x}-{0xF067_AA0B:016x}-01"


def settings(**more: Any) -> Settings:
    """Return the settings of a process that sends spans."""
    return Settings(
        database_dsn="postgresql://", amqp_url="amqp://", key="ab" * 32, otlp_endpoint="x", **more
    )


def tracer(service: str, kept: SpanExporter, **more: Any) -> SpanTracer:
    """Return a tracer that keeps its spans."""
    return SpanTracer(service, settings(**more), kept)


def message(sequence: int = 1) -> DeclarationAdmitted:
    return DeclarationAdmitted(declaration=received(an_in(), sequence))


def incoming(body: str | bytes, tag: int = 1) -> Incoming:
    """Return a received message with this body."""
    raw = body.encode() if isinstance(body, str) else body
    return Incoming("q", raw, "key", None, None, 0, None, 1, tag)


def carried(tracer_: SpanTracer, *messages: DeclarationAdmitted) -> str:
    """Return the carrier of messages that a transaction of this service writes."""
    unit = tracer_.unit("a.queue", [Input(None, None)], None)
    ((_, body),) = carriers(messages, tracer_.service, NOW, unit.attributes)
    unit.end(None)
    return body


def taken(body: str, *messages: DeclarationAdmitted) -> list[Input]:
    """Return the inputs that the next service reads from a carrier."""
    one = incoming(body)
    return list(tracing.inputs((Item(each.event_id, each), one) for each in messages))


def spans(tracer_: SpanTracer, kept: InMemorySpanExporter) -> Sequence[ReadableSpan]:
    tracer_.close()
    return kept.get_finished_spans()


def attribute(span: ReadableSpan, name: str) -> object:
    """Return an attribute of a span, or None."""
    return (span.attributes or {}).get(name)


def parent_of(span: ReadableSpan) -> int | None:
    """Return the id of the parent of a span, or None."""
    return None if span.parent is None else span.parent.span_id


def of_number(found: Sequence[ReadableSpan], number: int) -> list[ReadableSpan]:
    """Return the spans of one declaration."""
    wanted = str(number)
    return [each for each in found if attribute(each, "messaging.message.conversation_id") == wanted]


@pytest.mark.parametrize(
    "text",
    [
        None, 5, "", OF_CLIENT.upper(), OF_CLIENT + "-00", "01" + OF_CLIENT[2:], OF_CLIENT[:-1],
        f"00-{'0' * 32}-{'a' * 16}-01", f"00-{'a' * 32}-{'0' * 16}-01",
        OF_CLIENT + " " * 100_000,
    ],
)  # fmt: skip
def test_a_wrong_context_is_none(text: object) -> None:
    assert Context.read(text) is None


def test_a_context_is_read_and_written() -> None:
    context = Context.read(OF_CLIENT)
    assert context == Context(0x4BF9_2F35, 0xF067_AA0B, True)
    assert str(context) == OF_CLIENT


def test_two_services_record_one_trace_per_declaration() -> None:
    """The second continues the context of the carrier; both batches are linked to their senders."""
    sent, kept = InMemorySpanExporter(), InMemorySpanExporter()
    first, second = message(1), message(2)
    intake, identification = tracer("intake", sent), tracer("identification", kept)
    inputs = taken(carried(intake, first, second), first, second)
    identification.unit("next.queue", inputs, None).end(None)
    found = [*spans(intake, sent), *spans(identification, kept)]
    for each in (first, second):
        root = intake.root(each.declaration.number)
        own = {span.name: span for span in of_number(found, each.declaration.number)}
        reception, created = own["process a.queue"], own["create dimona.events"]
        assert {span.context.trace_id for span in own.values()} == {root.trace}
        assert (reception.parent, reception.context.span_id) == (None, root.span)
        assert parent_of(created) == reception.context.span_id
        assert created.kind is SpanKind.PRODUCER
        assert parent_of(own["process next.queue"]) == created.context.span_id
    batch = next(span for span in found if len(span.links) == 2 and span.parent is None)
    assert attribute(batch, "messaging.batch.message_count") == 2
    assert {link.context.trace_id for link in batch.links} == {
        intake.root(each.declaration.number).trace for each in (first, second)
    }


def test_an_event_without_context_joins_the_trace_of_its_declaration() -> None:
    """As after a wait: it was stored before spans were sent, or is published again."""
    kept = InMemorySpanExporter()
    waking = tracer("personnel_file", kept)
    one = message()
    ((_, body),) = carriers([one], "identification", NOW)
    assert "traceparent" not in body
    waking.unit("next.queue", taken(body, one), None).end(None)
    (process,) = of_number(spans(waking, kept), one.declaration.number)
    root = waking.root(one.declaration.number)
    assert (process.context.trace_id, parent_of(process)) == (root.trace, root.span)


@pytest.mark.parametrize(
    ("service", "place", "begins"),
    [
        ("intake", "intake api", True),
        ("intake", "dimona.intake.declarations", True),
        ("intake", "intake timer outages", False),
        ("identification", "identification timer deadlines", False),
        ("identification", "identification api", False),
    ],
)
def test_a_trace_begins_where_intake_receives(service: str, place: str, begins: bool) -> None:
    """A timer or an agent continues the trace of a declaration that was received before."""
    kept = InMemorySpanExporter()
    own, one = tracer(service, kept), message()
    unit = own.unit(place, [], None)
    unit.attributes(one)
    unit.end(None)
    found = of_number(spans(own, kept), one.declaration.number)
    (process,) = [span for span in found if span.kind is SpanKind.CONSUMER]
    root = own.root(one.declaration.number)
    assert (process.parent is None, process.context.span_id == root.span) == (begins, begins)
    assert begins or parent_of(process) == root.span


def test_a_context_of_another_trace_is_not_continued() -> None:
    kept = InMemorySpanExporter()
    own, one = tracer("notifier", kept), message()
    own.unit("a.queue", [Input(one.declaration.number, Context.read(OF_CLIENT))], None).end(None)
    (process,) = of_number(spans(own, kept), one.declaration.number)
    assert process.context.trace_id == own.root(one.declaration.number).trace


def test_the_context_of_a_client_is_only_linked() -> None:
    """Its declaration is received in a trace of its own; a wrong context is no context."""
    kept = InMemorySpanExporter()
    intake, one = tracer("intake", kept), message()
    body = json.dumps({"specversion": "1.0", "traceparent": OF_CLIENT, "data": {}}).encode()
    wrong = body.replace(b"-01", b"-0g")
    command = incoming(body)
    inputs = list(tracing.inputs((Item(one.event_id, object(), each), command) for each in (body, wrong)))
    assert inputs == [Input(None, Context.read(OF_CLIENT)), Input(None, None)]
    unit = intake.unit("a.queue", inputs, None)
    unit.attributes(one)
    unit.end(None)
    found = spans(intake, kept)
    batch = next(span for span in found if attribute(span, "messaging.batch.message_count"))
    assert [f"{link.context.trace_id:032x}" for link in batch.links] == [OF_CLIENT.split("-")[1]]
    assert {span.context.trace_id for span in of_number(found, one.declaration.number)} == {
        intake.root(one.declaration.number).trace
    }


def test_a_failed_transaction_records_its_error_and_no_messages() -> None:
    kept = InMemorySpanExporter()
    own, one = tracer("notifier", kept), message()
    unit = own.unit("a.queue", [Input(one.declaration.number, None)], None)
    unit.attributes(one)
    unit.end(ValueError("Janssens"))
    found = spans(own, kept)
    assert {span.kind for span in found} == {SpanKind.CONSUMER}
    assert {attribute(span, "error.type") for span in found} == {"ValueError"}
    assert "Janssens" not in "".join(span.to_json() for span in found)


def test_a_ratio_of_zero_sends_nothing_and_a_sampled_context_is_followed() -> None:
    """The decision is made where a trace begins, and travels in the context."""
    kept = InMemorySpanExporter()
    intake, one = tracer("intake", kept, trace_ratio=0.0), message()
    body = carried(intake, one)
    assert unpack(body.encode())[0].document["traceparent"].endswith("-00")
    assert spans(intake, kept) == ()
    kept = InMemorySpanExporter()
    follower = tracer("notifier", kept, trace_ratio=0.0)
    root = follower.root(one.declaration.number)
    follower.unit("q", [Input(one.declaration.number, Context(root.trace, 7, True))], None).end(None)
    assert len(of_number(spans(follower, kept), one.declaration.number)) == 1


def test_a_request_is_in_the_trace_of_its_belgov_trace_id() -> None:
    kept = InMemorySpanExporter()
    access = tracer("access", kept)
    request = tracing.Request(access.context(10), Context.read(OF_CLIENT), 1)
    access.answered(request, "GET /periods/{periodId}", 503)
    (span,) = spans(access, kept)
    assert (span.name, span.kind, span.context.trace_id) == ("GET /periods/{periodId}", SpanKind.SERVER, 10)
    assert span.attributes == {
        "http.response.status_code": 503, "http.request.method": "GET", "http.route": "/periods/{periodId}",
        "error.type": "503",
    }  # fmt: skip
    assert len(span.links) == 1


class _Stuck(SpanExporter):
    """An exporter that takes nothing."""

    def export(self, _spans: Sequence[ReadableSpan]) -> SpanExportResult:
        raise OSError


def outcomes(name: str) -> float:
    return float(metrics.SPANS.labels(name)._value.get())


class _Slow(SpanExporter):
    """An exporter that waits until it is released."""

    def __init__(self) -> None:
        self.released = Event()

    def export(self, _spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.released.wait()
        return SpanExportResult.SUCCESS


def test_the_queue_of_spans_is_bounded_and_drops_are_counted() -> None:
    """While the collector does not answer: spans that are being sent count too."""
    dropped, exported = outcomes("dropped"), outcomes("exported")
    slow = _Slow()
    processor = BoundedProcessor(CountingExporter(slow), most=4)
    span: Any = tracer("intake", InMemorySpanExporter())._tracer.start_span("x")
    for _ in range(10):
        processor.on_end(span)
    assert outcomes("dropped") == dropped + 6
    slow.released.set()
    processor.shutdown()
    assert outcomes("exported") == exported + 4


def test_a_failing_exporter_is_counted_and_never_touches_the_work() -> None:
    before = outcomes("failed")
    own, one = tracer("intake", _Stuck()), message()
    carried(own, one)
    own.close()
    assert outcomes("failed") == before + 3  # the batch, the reception and the message


def test_without_an_endpoint_events_have_no_context_and_nothing_is_imported() -> None:
    """A new interpreter, because the other tests import OpenTelemetry."""
    code = (
        "import sys; from shared.runtime import service, tracing\n"
        "with tracing.unit('q', ()) as unit: assert unit is None\n"
        "assert tracing.log_ids(1) == {}\n"
        "print([name for name in sys.modules if name.startswith(('opentelemetry.sdk', 'requests'))])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_a_line_of_the_log_has_the_ids_of_its_declaration(monkeypatch: pytest.MonkeyPatch) -> None:
    own, one = tracer("notifier", InMemorySpanExporter()), message()
    number = one.declaration.number
    root = own.root(number)
    monkeypatch.setattr(tracing, "tracer", own)
    assert tracing.log_ids(number) == {"trace_id": f"{root.trace:032x}", "span_id": f"{root.span:016x}"}
    with tracing.unit("q", [Input(number, None)]) as unit:
        assert unit is not None
        assert tracing.log_ids(number)["span_id"] == f"{unit.span_of(number).span:016x}"
        assert tracing.log_ids(None)["trace_id"] == f"{unit.span_of(None).trace:032x}"
    assert tracing.log_ids(None) == {}
