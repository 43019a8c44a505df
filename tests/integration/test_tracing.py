"""Spans of running services at a collector: one declaration is one trace, without data of a person."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final
from uuid import UUID

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from services.cli.main import commands
from shared.runtime.settings import Settings
from shared.runtime.spans import SpanTracer
from shared.runtime.tracing import Input
from tests.collector import Collector, Received, collecting, personal_data
from tests.foreign.events import INTERMEDIATE, PATIENCE
from tests.integration.clients import declare, engage, integrator, result
from tests.integration.parking import begin
from tests.prove.world import World, opened
from tests.rest import Rest, number_in
from tests.serving import serving

pytestmark = pytest.mark.stack

#: Of a client: it is linked, and not continued.
SENT: Final = f"00-{0x4BF9_2F35:032x}-{0xF067_AA0B:016x}-01"
SETTLED: Final = {"intake", "identification", "personnel_file", "notifier"}


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with collecting() as running:
        yield running


@pytest.fixture(scope="module")
def own(stack: Stack, collector: Collector) -> Iterator[Endpoints]:
    """Run a deployment for this module. Its processes send spans."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DIMONA_OTLP_ENDPOINT", collector.url)
        with serving(stack, "spans") as endpoints:
            yield endpoints


async def whole_trace(collector: Collector, number: int, services: set[str]) -> list[Received]:
    """Wait until these services have sent spans of a declaration and every parent is there; return them."""
    end = time.monotonic() + PATIENCE
    while True:
        spans = collector.of(number)
        known = {span.span for span in spans} | {""}
        if {span.service for span in spans} >= services and all(span.parent in known for span in spans):
            return spans
        assert time.monotonic() < end, [(span.service, span.name) for span in spans]
        await asyncio.sleep(0.2)


def assert_one_trace(spans: list[Received]) -> str:
    """Check that the spans are one trace with one beginning, the reception by intake; return its id."""
    (trace,) = {span.trace for span in spans}
    (first,) = [span for span in spans if not span.parent]
    assert first.service == "intake"
    return trace


@pytest.fixture
async def world(own: Endpoints) -> AsyncIterator[World]:
    async with opened(own.document(), institutions=False) as world:
        yield world


async def test_each_declaration_is_one_trace(own: Endpoints, collector: Collector, tmp_path: Path) -> None:
    """Accepted, with a warning, refused at the reception, and identified late with a follower that waits."""
    people, strangers = own.data.people, own.data.strangers
    file = tmp_path / "endpoints.json"
    file.write_text(json.dumps(own.document()))
    async with integrator(own) as client:
        ends = await declare(
            client, engage(own, people[0]), engage(own, people[1]), engage(own, people[2], -1),
            engage(own, people[3], 1, 0),
        )  # fmt: skip
        assert [result(event) for event in ends] == ["A", "A", "W", "B"]
        first, number = await begin(client, engage(own, strangers[0]))
        await client.answer(first, INTERMEDIATE)
        second, follower = await begin(client, {"dimonaCancel": {"periodId": number}})
        resolve = ["case", "resolve", str(number), "--give-up", "--endpoints", str(file)]
        assert (await asyncio.to_thread(CliRunner().invoke, commands, resolve)).exit_code == 0
        await client.ends([first, second])
    *settled, refused = [int(event.data["declarationStatus"]["declarationId"]) for event in ends]
    services = dict.fromkeys((*settled, number), SETTLED) | {
        refused: {"intake", "notifier"},
        follower: {"intake", "personnel_file", "notifier"},
    }
    traces = {assert_one_trace(await whole_trace(collector, *each)) for each in services.items()}
    assert len(traces) == len(services)


async def test_a_declaration_over_rest_is_linked_to_its_request(
    own: Endpoints, collector: Collector, world: World
) -> None:
    """The request is in the trace with its BelGov-Trace-Id, and linked to the trace of the client."""
    answer = await Rest(world, "bakery").post(engage(own, own.data.people[4]), traceparent=SENT)
    spans = await whole_trace(collector, number_in(answer), SETTLED)
    assert_one_trace(spans)
    request = UUID(answer.headers["belgov-trace-id"]).hex
    (first,) = [span for span in spans if not span.parent]
    assert request in first.links
    (server,) = [span for span in collector.spans if span.trace == request and not span.parent]
    assert server.attributes["http.response.status_code"] == 201
    assert server.links == {SENT.split("-")[1]}


def known(own: Endpoints) -> list[str]:
    """Return the names of all people and the numbers of all enterprises of this deployment."""
    people = (*own.data.people, *own.data.strangers, *own.data.beginners)
    numbers = [each.enterprise_number for each in own.data.organizations.values()]
    return sorted({name for each in people for name in (each.family_name, each.given_name)} | set(numbers))


async def test_no_span_has_data_of_a_person(own: Endpoints, collector: Collector) -> None:
    """Of all spans of this file; the tests before have declared by name and by number, and over REST."""
    assert {span.service for span in collector.spans} >= SETTLED | {"access"}
    assert personal_data(collector.spans, known(own)) == []


async def test_a_planted_number_or_name_is_found(own: Endpoints, collector: Collector) -> None:
    """In any text of one span among all: its attributes, its name, its status."""
    person = own.data.people[5]
    for planted in (person.ssin, person.family_name, own.data.organizations["bakery"].enterprise_number):
        spans = list(collector.spans)
        spans[len(spans) // 2] = replace(spans[0], texts=(*spans[0].texts, f"of {planted}."))
        assert planted in personal_data(spans, known(own))


async def test_a_number_planted_in_an_attribute_reaches_the_scanner(own: Endpoints) -> None:
    """The scanner reads the spans that a collector receives from the services."""
    person = own.data.people[5]
    with collecting() as alone:
        settings = Settings(
            database_dsn=SecretStr("x"), amqp_url=SecretStr("x"), key=SecretStr("ab"), otlp_endpoint=alone.url
        )
        tracer = SpanTracer("intake", settings)
        tracer.unit(f"queue of {person.ssin}", [Input(100000000135, None)], None).end(None)
        tracer.close()
    assert set(personal_data(alone.spans, ())) == {person.ssin}
