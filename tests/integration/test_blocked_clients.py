"""An operator blocks a client against its organization: `dimona client block` and `unblock`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aio_pika
import pytest
from aio_pika.abc import AbstractConnection
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc.jwk import RSAKey
from typer.testing import CliRunner

from deploy.local.deployment import Endpoints
from services.cli.main import commands
from shared.runtime.broker import LOST
from shared.topology import CREATE_DECLARATION, PUBLIC_IN
from tests.certificates import self_signed
from tests.connecting import connected
from tests.directory import Caller, managed, rows
from tests.foreign.events import PROBLEM, until
from tests.foreign.integrator import Integrator
from tests.oauth import assertion, grant, post
from tests.prove.observe import operator
from tests.rest import UNKNOWN
from tests.web import ask

pytestmark = pytest.mark.stack

SECONDS = 30.0


@dataclass
class Program:
    """A program of a new organization: its client with queue, key, password and token."""

    served: Endpoints
    manager: Caller
    clients: str
    client_id: str
    key: RSAKey
    url: str
    token: str

    def asks_for_token(self) -> int:
        """Return the status of a request for a token."""
        url = self.served.document()["token_url"]
        return post(url, grant(assertion(self.client_id, url, self.key))).status

    def reads(self) -> int:
        """Return the status of a request for a declaration that does not exist, with the earlier token."""
        rest = self.served.document()["rest_url"]
        return ask(f"{rest}/declarations/{UNKNOWN}", headers={"Authorization": f"Bearer {self.token}"}).status

    async def connects(self) -> AbstractConnection | None:
        """Return a connection to the broker; None if the broker refuses it."""
        try:
            return await connected(self.url)
        except LOST:
            return None

    def changes(self) -> list[int]:
        """Return the statuses of requests of the manager to add and to change clients."""
        client = f"{self.clients}/{self.client_id}"
        key = self_signed(rsa.generate_private_key(65537, 2048))
        return [
            self.manager.ask("POST", f"{client}/passwords").status,
            self.manager.ask("POST", f"{client}/keys", {"certificate": key}).status,
            self.manager.ask("PATCH", client, {"queue": False}).status,
            self.manager.ask("POST", self.clients, {"queue": False}).status,
        ]


async def enrolled(served: Endpoints) -> Program:
    """Enroll a program and wait for its account."""
    number, manager = managed(served, "bakery.representative")
    clients = f"/organizations/{number}/clients"
    client_id = manager.post(clients, {"queue": True})["id"]
    private = rsa.generate_private_key(65537, 2048)
    manager.post(f"{clients}/{client_id}/keys", {"certificate": self_signed(private)})
    account = manager.post(f"{clients}/{client_id}/passwords")
    host = served.operator_url.rpartition("@")[2]
    url = f"amqp://{client_id}:{account['password']}@{host}/{account['virtualHost']}"
    key, token_url = RSAKey.import_key(private), served.document()["token_url"]
    token = post(token_url, grant(assertion(client_id, token_url, key))).json()["access_token"]
    program = Program(served, manager, clients, client_id, key, url, token)
    await until(lambda: manager.get(clients)["items"][0]["account"] == "ready", SECONDS, "the account")
    return program


def dimona(served: Endpoints, folder: Path, *arguments: str) -> tuple[int, str]:
    """Run a command of the operator. Return its exit code and its output."""
    file = folder / "endpoints.json"
    file.write_text(json.dumps(served.document()))
    done = CliRunner().invoke(commands, ["client", *arguments, "--endpoints", str(file)])
    return done.exit_code, done.output


async def published_for(served: Endpoints, client_id: str) -> Mapping[str, Any]:
    """Publish a declaration in the name of a client, as an impersonator may, and return the first answer."""
    connection = await operator(served.document(), served.deployment.public)
    async with connection:
        channel = await connection.channel()
        program = Integrator("", client_id)
        body = program.body({"dimonaCancel": {"periodId": 123456789012}}, "waiting")
        message = aio_pika.Message(
            body, user_id=client_id, message_id="waiting", content_type="application/cloudevents+json"
        )
        exchange = await channel.get_exchange(PUBLIC_IN, ensure=False)
        await exchange.publish(message, CREATE_DECLARATION)
        queue = await channel.get_queue(f"reply.{client_id}", ensure=False)
        async with asyncio.timeout(SECONDS):
            while (reply := await queue.get(fail=False)) is None:  # noqa: ASYNC110 - only the broker knows
                await asyncio.sleep(0.1)
        await reply.ack()
        event: Mapping[str, Any] = json.loads(reply.body)
        return event


async def test_a_blocked_client_is_refused_everywhere(served: Endpoints, tmp_path: Path) -> None:
    """No token, request, message or connection; the manager cannot end it; the operator is recorded."""
    program = await enrolled(served)
    assert (program.asks_for_token(), program.reads()) == (200, 404)
    connection, ended = await program.connects(), asyncio.Event()
    assert connection is not None
    connection.close_callbacks.add(lambda *_: ended.set())

    code, output = await asyncio.to_thread(
        dimona, served, tmp_path, "block", program.client_id, "--reason", "searches the register"
    )
    assert code == 0, output
    assert (program.asks_for_token(), program.reads()) == (400, 401)
    assert program.changes() == [409, 409, 409, 409]
    assert program.manager.get(program.clients)["items"][0]["blocked"] is True
    await asyncio.wait_for(ended.wait(), SECONDS)
    assert await program.connects() is None
    answer = await published_for(served, program.client_id)
    assert (answer["type"], answer["data"]["status"]) == (PROBLEM, 403)

    code, output = await asyncio.to_thread(
        dimona, served, tmp_path, "unblock", program.client_id, "--reason", "spoke with them"
    )
    assert code == 0, output
    assert (program.asks_for_token(), program.reads()) == (200, 404)
    async with asyncio.timeout(SECONDS):
        while (connection := await program.connects()) is None:  # noqa: ASYNC110 - only the broker knows
            await asyncio.sleep(0.5)
    await connection.close()
    recorded = await rows(
        served,
        "SELECT account, action, reason FROM platform.operator_log WHERE subject = $1 ORDER BY entry_id",
        program.client_id,
    )
    assert recorded == [
        {"account": "dimona_owner", "action": "client.block", "reason": "searches the register"},
        {"account": "dimona_owner", "action": "client.unblock", "reason": "spoke with them"},
    ]


async def test_a_block_without_effect_is_refused(served: Endpoints, tmp_path: Path) -> None:
    """An unknown client, one that is not blocked, and a reason with the number of a person."""
    client = served.data.client_of("bakery").client_id
    for arguments, said in (
        (("block", "nobody", "--reason", "x"), "no such client"),
        (("unblock", client, "--reason", "x"), "is not blocked"),
        (("block", client, "--reason", served.data.workers[0]), "looks like a NISS"),
    ):
        code, output = await asyncio.to_thread(dimona, served, tmp_path, *arguments)
        assert code == 2
        assert said in " ".join(output.replace("│", " ").split())
