"""Message properties that no library sends: the declaration is answered, and no other is affected."""

from __future__ import annotations

import asyncio
import http.client
import json
import re
import struct
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import pytest
from typer.testing import CliRunner

from deploy.local.deployment import Endpoints
from services.cli.main import commands
from shared.topology import CREATE_DECLARATION, DECLARATIONS, PUBLIC_IN
from tests.foreign.integrator import Integrator
from tests.integration.clients import engage, errors, integrator, result, unused
from tests.integration.security.operations import outcomes, purge
from tests.integration.security.raw import Raw, long, short

pytestmark = pytest.mark.stack


def instant(value: int) -> bytes:
    """Encode a time stamp."""
    return struct.pack(">Q", value)


def headers(*pairs: tuple[bytes, bytes]) -> bytes:
    """Encode a table of keys and typed values."""
    return long(b"".join(short(key) + value for key, value in pairs))


def nested(depth: int) -> bytes:
    """Encode tables nested to this depth."""
    found = long(b"")
    for _ in range(depth):
        found = long(short(b"a") + b"F" + found)
    return found


HOSTILE: dict[str, dict[str, bytes]] = {
    "year 33658": {"timestamp": instant(10**15)},
    "no year": {"timestamp": instant(2**64 - 1)},
    "year in a header": {"headers": headers((b"a", b"T" + instant(10**15)))},
    "no year in a header": {"headers": headers((b"a", b"T" + instant(2**64 - 1)))},
    "year in an array": {"headers": headers((b"a", b"A" + long(b"T" + instant(2**63))))},
    "no UTF-8": {
        name: short(b"\xff\xfe\x80")
        for name in ("content_type", "content_encoding", "correlation_id", "message_id", "type", "app_id")
    },
    "zeros": {name: short(b"\0") for name in ("content_type", "message_id", "type", "app_id")},
    "key without UTF-8": {"headers": headers((b"\xff\xfe", b"V"))},
    "value without UTF-8": {"headers": headers((b"a", b"S" + long(b"\xff")))},
    "deep": {"headers": nested(1000)},
    "wide": {"headers": headers((b"a", b"A" + long(b"V" * 120_000)))},
    "small decimal": {"headers": headers((b"a", b"D" + struct.pack(">Bi", 255, -1)))},
    "all types": {
        "headers": headers(
            (b"t", b"t\x02"), (b"b", b"b\xff"), (b"B", b"B\xff"), (b"s", b"s\xff\xff"), (b"u", b"u\xff\xff"),
            (b"I", b"I" + b"\xff" * 4), (b"i", b"i" + b"\xff" * 4), (b"l", b"l" + b"\xff" * 8),
            (b"f", b"f" + struct.pack(">f", 1.5)), (b"d", b"d" + struct.pack(">d", 1.5)),
            (b"x", b"x" + long(b"\xff")), (b"V", b"V"), (b"", b"V"),
        )
    },
    "priority 255": {"priority": b"\xff"},
    "counts": {"headers": headers((b"x-delivery-count", b"T" + instant(2**63)))},
    "stamps": {"headers": headers((b"timestamp_in_ms", b"F" + nested(1)))},
    "deaths": {"headers": headers((b"x-death", b"T" + instant(2**63)))},
    "cluster": {"cluster_id": short(b"\xff")},
}  # fmt: skip


async def send_raw(endpoints: Endpoints, client: Integrator, body: bytes, **properties: bytes) -> str:
    """Send an event with these properties, and return the answer of the broker."""

    def publish() -> str:
        with Raw(endpoints.amqp_url(f"client:{client.client_id}", endpoints.deployment.public)) as raw:
            vouched = {"user_id": short(client.client_id.encode()), "delivery_mode": b"\x02"}
            return raw.publish(PUBLIC_IN, CREATE_DECLARATION, body, **(vouched | properties))

    return await asyncio.to_thread(publish)


def counted(endpoints: Endpoints, name: str) -> float:
    """Return the sum of a counter of intake over its labels."""
    with closing(http.client.HTTPConnection(urlsplit(endpoints.ops_url("intake")).netloc)) as connection:
        connection.request("GET", "/metrics")
        body = connection.getresponse().read().decode()
    return sum(map(float, re.findall(rf"^{name}_total(?:{{.*}})? (\S+)$", body, re.MULTILINE)))


@pytest.fixture
def file(served: Endpoints, tmp_path: Path) -> Path:
    path = tmp_path / "endpoints.json"
    path.write_text(json.dumps(served.document()))
    return path


async def parked(file: Path) -> list[dict[str, Any]]:
    """Return the messages that `dimona parked list` shows."""
    line = ["parked", "list", "--json", "--endpoints", str(file)]
    told = await asyncio.to_thread(CliRunner().invoke, commands, line, catch_exceptions=False)
    assert told.exit_code == 0, told.output
    return list(json.loads(told.stdout))


async def test_hostile_properties_affect_no_other_message(served: Endpoints, file: Path) -> None:
    """Each message is answered, and so is the next one; intake stays connected."""
    before = await parked(file)
    reconnects = counted(served, "dimona_amqp_reconnects")
    people = iter(unused(served, 2 * len(HOSTILE)))
    sent = []
    async with integrator(served) as client:
        for name, properties in HOSTILE.items():
            hostile = str(uuid4())
            body = client.body(engage(served, next(people)), hostile)
            assert await send_raw(served, client, body, **properties) == "Basic.Ack", name
            sent += [hostile, await client.declare(engage(served, next(people)))]
        assert {result(event) for event in await client.ends(sent)} == {"A"}
    assert counted(served, "dimona_amqp_reconnects") == reconnects
    assert await parked(file) == before


async def test_a_parked_message_with_hostile_properties_can_be_listed(served: Endpoints, file: Path) -> None:
    """`dimona parked list` reads the properties too."""
    before = len(await parked(file))
    url = served.amqp_url("operator", served.deployment.public)
    with Raw(url) as raw:
        for n, properties in enumerate(HOSTILE.values()):
            named = {"message_id": short(f"hostile-{n}".encode())} | properties
            assert raw.publish("", DECLARATIONS.parking, b"{%d}" % n, **named) == "Basic.Ack"
    try:
        assert len(await parked(file)) == before + len(HOSTILE)
    finally:
        assert await outcomes(url, [("purge", purge(DECLARATIONS.parking))]) == {"purge": "allowed"}


@pytest.fixture
async def outage(served: Endpoints) -> AsyncIterator[None]:
    """Store a past outage of intake of two days, which excuses lateness of messages that waited."""
    database = await asyncpg.connect(served.superuser_dsn)
    began = await database.fetchval(
        """INSERT INTO intake.outages (began_at, ended_at)
        SELECT now() - interval '2 days', now() RETURNING began_at"""
    )
    yield
    await database.execute("DELETE FROM intake.outages WHERE began_at = $1", began)
    await database.close()


@pytest.mark.usefixtures("outage")
async def test_a_forged_delivery_count_is_ignored(served: Endpoints) -> None:
    """Otherwise a late IN would count as delayed by us, and each forgery would be handled alone."""
    forged = headers((b"x-delivery-count", b"l" + struct.pack(">q", 3)))
    await asyncio.sleep(2)  # until intake has nothing more that waited
    redelivered = counted(served, "dimona_message_redeliveries")
    one, another = unused(served, 2)
    async with integrator(served) as client:
        honest = await client.declare(engage(served, one, -1))
        late = str(uuid4())
        body = client.body(engage(served, another, -1), late)
        assert await send_raw(served, client, body, headers=forged) == "Basic.Ack"
        for event in await client.ends([honest, late]):
            assert (result(event), errors(event)) == ("W", {"90373-460"})
    assert counted(served, "dimona_message_redeliveries") == redelivered
