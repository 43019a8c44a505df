"""From a declaration on the queue to a registered webhook, through public interfaces only."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pytest

from deploy.local.demo.data import DemoData
from deploy.local.processes import free_port
from shared.runtime.sealing import is_sealed
from tests.foreign.events import REPLY
from tests.prove.world import World
from tests.web import ask

pytestmark = [
    pytest.mark.stack,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.usefixtures("sound"),
]
EXAMPLE = Path(__file__).parents[2] / "samples" / "python" / "webhook.py"


@contextmanager
def receiving(port: int, secret: str) -> Iterator[IO[str]]:
    """Run the receiver of samples/python."""
    command = [sys.executable, str(EXAMPLE), str(port), secret]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout
        finally:
            process.terminate()


async def test_an_employer_gets_notifications_at_its_webhook(
    world: World, pipeline: dict[str, Any], data: DemoData, client_token: Any
) -> None:
    """The signed notification of a declaration, read by the documented example (decision D5)."""
    bakery = data.organizations["bakery"].enterprise_number
    base = f"{pipeline['api']['notifier']}/organizations/{bakery}"
    port = free_port()
    token = client_token(data.client_of("bakery").client_id, "scope:dimona:ebox")
    address = {"url": f"http://127.0.0.1:{port}/dimona"}
    registered = await asyncio.to_thread(ask, f"{base}/deliveryChannels/webhook", "PUT", token, address)
    assert registered.status == 200, registered.body
    stored = await world.database.value(
        "SELECT secrets[1] FROM notifier.subscriptions WHERE enterprise_number = $1 AND url = $2",
        bakery,
        address["url"],
    )
    assert is_sealed(stored), "the secret that the answer shows once is not stored in clear"
    try:
        with receiving(port, registered.json()["secret"]) as printed:
            client = world["bakery"]
            id_ = await client.declare(world.engage(world.relation("bakery")))
            final = await client.answer(id_, REPLY)
            line = await asyncio.wait_for(asyncio.to_thread(printed.readline), 30)
            items: list[dict[str, Any]] = []
            async with asyncio.timeout(30):
                while not items:  # the example has printed, and has yet to answer
                    await asyncio.sleep(0.1)
                    page = await asyncio.to_thread(ask, f"{base}/deliveries?state=delivered", "GET", token)
                    items = page.json()["items"]
        assert line.split() == ["issued", final.data["declarationStatus"]["notificationId"]]
        assert [each["channel"] for each in items] == ["webhook"]
        assert items[0]["declarationId"] == await client.number(id_)
    finally:
        ended = await asyncio.to_thread(ask, f"{base}/deliveryChannels/webhook", "DELETE", token)
    assert ended.status == 204


async def test_channels_of_another_organization_are_refused(
    pipeline: dict[str, Any], data: DemoData, client_token: Any
) -> None:
    """With or without an existing channel alike; so is a token without the scope (threat T6)."""
    garage = data.organizations["garage"].enterprise_number
    base = f"{pipeline['api']['notifier']}/organizations/{garage}"
    other = client_token(data.client_of("bakery").client_id, "scope:dimona:ebox")
    for method, path, body in (
        ("GET", "deliveryChannels", b""),
        ("PUT", "deliveryChannels/file", b""),
        ("PUT", "deliveryChannels/webhook", {"url": "https://hooks.example.be/"}),
        ("DELETE", "deliveryChannels/webhook", b""),
        ("GET", "deliveries", b""),
    ):
        answer = await asyncio.to_thread(ask, f"{base}/{path}", method, other, body)
        assert (answer.status, json.loads(answer.body)["type"]) == (
            403,
            "urn:problem-type:belgif:missingPermission",
        )
    scopeless = client_token(data.client_of("bakery").client_id, "scope:dimona:contact")
    assert (await asyncio.to_thread(ask, f"{base}/deliveries", "GET", scopeless)).status == 403


@pytest.mark.parametrize("url", ["https://10.0.0.1/x", "http://hooks.example.be/", "https://localhost/"])
async def test_an_internal_address_is_refused_with_its_field(
    pipeline: dict[str, Any], data: DemoData, client_token: Any, url: str
) -> None:
    """Threat T19."""
    bakery = data.organizations["bakery"].enterprise_number
    base = f"{pipeline['api']['notifier']}/organizations/{bakery}"
    token = client_token(data.client_of("bakery").client_id, "scope:dimona:ebox")
    answer = await asyncio.to_thread(ask, f"{base}/deliveryChannels/webhook", "PUT", token, {"url": url})
    assert answer.status == 400
    (issue,) = answer.json()["issues"]
    assert (issue["in"], issue["name"]) == ("body", "url")
