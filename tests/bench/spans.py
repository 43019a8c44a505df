"""CPU of one step per event with and without spans: `python -m tests.bench.spans`. It starts no servers.

A step reads a carrier and packs a new one from its events. The variants run in turn, and the best of several
rounds counts, because other work on the machine only makes a round longer.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from pydantic import SecretStr

from shared.envelope import carriers, read_all
from shared.messages import DeclarationAdmitted
from shared.runtime import tracing
from shared.runtime.incoming import Incoming
from shared.runtime.settings import Settings
from shared.runtime.spans import SpanTracer
from shared.runtime.step import Item
from tests.unit.builders import an_in, received

NOW: Final = datetime(2026, 12, 1, tzinfo=UTC)
ROUNDS: Final = 9
EVENTS: Final = 4000  #: in one round
BATCHES: Final = (1, 16, 256)


class _Nowhere(SpanExporter):
    def export(self, _spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return SpanExportResult.SUCCESS


def _tracer(ratio: float) -> SpanTracer:
    settings = Settings(
        database_dsn=SecretStr("x"), amqp_url=SecretStr("x"), key=SecretStr("ab" * 32), trace_ratio=ratio
    )
    return SpanTracer("notifier", settings, _Nowhere())


def _round(body: bytes, events: int, *, plain: bool) -> float:
    """Return the microseconds of CPU per event. `plain`: a step that does not know of spans."""
    before = time.process_time()
    for tag in range(EVENTS // events):
        incoming = Incoming("q", body, "key", None, None, 0, None, 1, tag)
        items = [Item(id_, message) for id_, message in read_all(body)]
        messages = [item.value for item in items]
        if plain:
            list(carriers(messages, "notifier", NOW))
            continue
        with tracing.unit("q", tracing.inputs((item, incoming) for item in items)) as unit:
            list(carriers(messages, "notifier", NOW, None if unit is None else unit.attributes))
    return (time.process_time() - before) / (EVENTS // events * events) * 1e6


def main() -> None:
    """Print a row for each size of a batch."""
    variants = {"off": None, "share 0.01": _tracer(0.01), "share 1.0": _tracer(1.0)}
    print("events in a batch, CPU per event in µs: without the calls", *variants, sep=", ")
    for events in BATCHES:
        messages = [DeclarationAdmitted(declaration=received(an_in(), n)) for n in range(events)]
        ((_, text),) = carriers(messages, "intake", NOW)
        best: dict[str, float] = {}
        for _ in range(ROUNDS):
            for name, tracer in ({"plain": None} | variants).items():
                tracing.tracer = tracer
                took = _round(text.encode(), events, plain=name == "plain")
                best[name] = min(took, best.get(name, took))
        print(events, *(f"{each:.1f}" for each in best.values()), sep=", ")


if __name__ == "__main__":
    main()
