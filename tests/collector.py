"""A collector of OpenTelemetry for tests: it takes spans over OTLP/HTTP, and finds personal data in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Final

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.leaks import names, ssins

_NUMBER: Final = "messaging.message.conversation_id"
#: Ids of messages and instances: random digits that could look like a number of a person.
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Received:
    """One span as the collector got it."""

    service: str
    name: str
    trace: str
    span: str
    parent: str  #: empty: the trace begins here
    links: frozenset[str]  #: traces of the linked spans
    attributes: dict[str, Any]
    texts: tuple[str, ...]  #: all texts of the span and its resource, without the ids of spans

    @property
    def number(self) -> int | None:
        """Return the number of the declaration, or None."""
        return int(self.attributes[_NUMBER]) if _NUMBER in self.attributes else None


@dataclass(slots=True)
class Collector:
    """The spans that were sent to `url`."""

    url: str = ""
    spans: list[Received] = field(default_factory=list)

    def of(self, number: int) -> list[Received]:
        """Return the spans of a declaration."""
        return [span for span in list(self.spans) if span.number == number]


def read(body: bytes) -> Iterator[Received]:
    """Yield the spans in a request of OTLP. Raise DecodeError for a body of another form."""
    for group in ExportTraceServiceRequest.FromString(body).resource_spans:
        resource = {each.key: each.value.string_value for each in group.resource.attributes}
        for scope in group.scope_spans:
            for span in scope.spans:
                events = [text for event in span.events for text in (event.name, *_texts(event.attributes))]
                linked = [text for link in span.links for text in _texts(link.attributes)]
                yield Received(
                    resource["service.name"],
                    span.name,
                    span.trace_id.hex(),
                    span.span_id.hex(),
                    span.parent_span_id.hex(),
                    frozenset(link.trace_id.hex() for link in span.links),
                    {each.key: _value(each.value) for each in span.attributes},
                    (
                        span.name, span.status.message, span.trace_state, *_texts(span.attributes), *events,
                        *linked, *_texts(group.resource.attributes), scope.scope.name,
                    ),
                )  # fmt: skip


def _value(value: Any) -> Any:
    return getattr(value, value.WhichOneof("value"))


def _texts(attributes: Iterable[Any]) -> list[str]:
    return [str(part) for each in attributes for part in (each.key, _value(each.value))]


@contextmanager
def collecting() -> Iterator[Collector]:
    """Run a collector on a free port inside the context."""
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            known = self.path == "/v1/traces"
            if known:
                collector.spans += read(body)
            self.send_response(200 if known else 404)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Write nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    collector.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def personal_data(spans: Iterable[Received], known: Iterable[str]) -> list[str]:
    """Return numbers of persons in spans, and the known names and enterprise numbers that occur in them."""
    text = "\n".join(_UUID.sub("", part) for span in spans for part in span.texts)
    return [*ssins(text), *names(text, known)]
