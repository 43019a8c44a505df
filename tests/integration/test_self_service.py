"""An organization opens the queue to its own program, and closes it again, without an operator (ADR 26)."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import aio_pika
import asyncpg
import pytest
from aiormq.exceptions import ChannelAccessRefused
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc.jwk import RSAKey
from pydantic import SecretStr
from typer.testing import CliRunner

from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from services.cli.main import commands
from services.provisioner.handler import Provisioner
from services.provisioner.settings import ProvisionerSettings
from services.provisioner.store import take_turn
from shared.runtime.broker import LOST
from shared.runtime.management import Management
from tests.certificates import self_signed
from tests.connecting import connected
from tests.days import today
from tests.directory import Caller, managed, registration, rows, user
from tests.foreign.events import until
from tests.foreign.integrator import Integrator
from tests.integration.clients import OTHER, result
from tests.oauth import assertion, grant, post
from tests.web import ask

pytestmark = pytest.mark.stack

SECONDS = 30.0


async def ready(manager: Caller, clients: str, client_id: str, wanted: str = "ready") -> dict[str, Any]:
    """Wait until the account of a client has this state, and return the client."""
    found: dict[str, Any] = {}

    def has() -> bool:
        found.update(next(item for item in manager.get(clients)["items"] if item["id"] == client_id))
        return found.get("account") == wanted

    await until(has, SECONDS, f"the account to be {wanted}")
    return found


def url_of(endpoints: Endpoints, account: dict[str, str]) -> str:
    """Return the address of the broker with the names and the password of a new account."""
    host = endpoints.operator_url.rpartition("@")[2]
    return f"amqp://{account['userName']}:{account['password']}@{host}/{account['virtualHost']}"


async def enters(url: str) -> bool:
    """Return whether the broker accepts a connection."""
    try:
        connection = await connected(url)
    except LOST:
        return False
    await connection.close()
    return True


def starts(number: str, endpoints: Endpoints, worker: str) -> dict[str, Any]:
    """Build an IN of today."""
    return {
        "employer": {"enterpriseNumber": number},
        "worker": {"ssin": worker},
        "dimonaIn": {"startDate": str(today()), "features": OTHER},
    }


async def test_a_new_organization_gets_its_first_reply(served: Endpoints) -> None:
    """From a registration to a declaration by queue and by REST, by the answers of the API alone."""
    representative, row = user(served, "bakery.representative"), registration()
    number = row["enterpriseNumber"]
    representative.post("/employers", row)
    clients = f"/organizations/{number}/clients"
    made = representative.post(clients, {"queue": True, "scopes": ["scope:dimona:mandates"]})
    key = rsa.generate_private_key(65537, 2048)
    representative.post(f"{clients}/{made['id']}/keys", {"certificate": self_signed(key)})
    account = representative.post(f"{clients}/{made['id']}/passwords")
    shown = await ready(representative, clients, made["id"])
    assert [each["id"] for each in shown["keys"]] == [RSAKey.import_key(key).thumbprint()]
    assert "scope:dimona:mandates" in shown["scopes"]
    assert account["password"] not in str(representative.get(clients))

    async with Integrator(url_of(served, account), account["userName"]) as program:
        id_ = await program.declare(starts(number, served, served.data.workers[140]))
        (reply,) = await program.ends([id_], seconds=60)
        assert result(reply) == "A"

    token_url = served.document()["token_url"]
    signed = assertion(made["id"], token_url, RSAKey.import_key(key))
    answer = post(token_url, grant(signed, scope=" ".join(shown["scopes"]))).json()
    rest = served.document()["rest_url"]
    headers = {"Authorization": f"Bearer {answer['access_token']}"}
    posted = ask(f"{rest}/declarations", "POST", headers, starts(number, served, served.data.workers[141]))
    assert posted.status == 201


async def test_a_password_is_replaced_and_an_account_ends(served: Endpoints) -> None:
    """A new password ends the sessions of the old one; without queue there is no user; replies wait."""
    number, principal = managed(served, "bakery.representative")
    clients = f"/organizations/{number}/clients"
    client_id = principal.post(clients, {"queue": True})["id"]
    await ready(principal, clients, client_id, "noPassword")
    first = principal.post(f"{clients}/{client_id}/passwords")
    await ready(principal, clients, client_id)
    connection, ended = await connected(url_of(served, first)), asyncio.Event()
    connection.close_callbacks.add(lambda *_: ended.set())
    second = principal.post(f"{clients}/{client_id}/passwords")
    await ready(principal, clients, client_id)
    await asyncio.wait_for(ended.wait(), SECONDS)
    assert [await enters(url_of(served, each)) for each in (first, second)] == [False, True]

    await pending_reply(served, number, second)
    principal.ask("PATCH", f"{clients}/{client_id}", {"queue": False})
    management = Management(served.management_url)

    def is_gone() -> bool:
        return management.request("GET", f"/api/users/{client_id}")[0] == 404

    await until(is_gone, SECONDS, "the user to go")
    assert not await enters(url_of(served, second))
    principal.ask("PATCH", f"{clients}/{client_id}", {"queue": True})
    await ready(principal, clients, client_id, "noPassword")
    assert not await enters(url_of(served, second))
    third = principal.post(f"{clients}/{client_id}/passwords")
    await ready(principal, clients, client_id)
    async with Integrator(url_of(served, third), client_id) as program:
        await until(lambda: bool(program.answers), SECONDS, "the replies that waited")
    kept = await rows(
        served,
        "SELECT type, after FROM access.history WHERE type LIKE 'clientPasswords.%' AND parties = ARRAY[$1]",
        number,
    )
    assert len(kept) == 4, "three passwords, and the end of the second"
    assert "hash" not in str(kept)


async def pending_reply(served: Endpoints, number: str, account: dict[str, str]) -> None:
    """Declare without reading the replies."""
    connection = await connected(url_of(served, account))
    async with connection:
        channel = await connection.channel()
        exchange = await channel.get_exchange(account["exchange"], ensure=False)
        program = Integrator("", account["userName"])
        body = program.body(starts(number, served, served.data.workers[142]), "only")
        properties: dict[str, Any] = {"user_id": account["userName"], "message_id": "only"}
        message = aio_pika.Message(body, content_type="application/cloudevents+json", **properties)
        await exchange.publish(message, account["routingKey"])


async def test_an_account_reaches_only_its_own_queue(served: Endpoints) -> None:
    """It declares no queue, reads no foreign one, and publishes with no foreign key."""
    number, principal = managed(served, "bakery.representative")
    clients = f"/organizations/{number}/clients"
    client_id = principal.post(clients, {"queue": True})["id"]
    account = principal.post(f"{clients}/{client_id}/passwords")
    await ready(principal, clients, client_id)
    other = served.data.client_of("bakery").client_id
    async with await connected(url_of(served, account)) as connection:
        for forbidden in (
            lambda channel: channel.declare_queue("mine"),
            lambda channel: consume(channel, f"reply.{other}"),
            lambda channel: publish(channel, f"{account['routingKey'].rpartition('.')[0]}.{other}"),
        ):
            channel = await connection.channel()
            with pytest.raises(ChannelAccessRefused):
                await forbidden(channel)


async def consume(channel: Any, name: str) -> None:
    queue = await channel.get_queue(name, ensure=False)
    await queue.consume(print)


async def publish(channel: Any, key: str) -> None:
    exchange = await channel.get_exchange("dimona.in", ensure=False)
    await exchange.publish(aio_pika.Message(b"{}"), key)


async def test_the_number_of_queues_and_the_names_are_limited(served: Endpoints) -> None:
    """Five queues; no scope of agents; no password for an account of an operator or without queue."""
    number, principal = managed(served, "bakery.representative")
    clients = f"/organizations/{number}/clients"
    made = [principal.post(clients, {"queue": True})["id"] for _ in range(5)]
    assert principal.ask("POST", clients, {"queue": True}).status == 409
    principal.ask("PATCH", f"{clients}/{made[0]}", {"queue": False})
    assert principal.ask("POST", clients, {"queue": True}).status == 409
    assert principal.ask("PATCH", f"{clients}/{made[0]}", {"queue": True}).status == 200
    without = principal.post(clients, {"queue": False})["id"]
    assert principal.ask("PATCH", f"{clients}/{without}", {"queue": True}).status == 409
    assert principal.ask("POST", f"{clients}/{without}/passwords").status == 409
    assert principal.ask("PATCH", f"{clients}/{without}", {"scopes": ["scope:dimona:agent"]}).status == 400
    assert principal.ask("PATCH", f"{clients}/{without}", {}).status == 400
    given = {"scopes": ["scope:dimona:ebox", "scope:dimona:contact"]}
    for wanted in (given, {"scopes": ["scope:dimona:contact"]}):
        answer = principal.ask("PATCH", f"{clients}/{without}", wanted).json()
        assert sorted(answer["scopes"][2:]) == sorted(wanted["scopes"])
    bakery = served.data.organizations["bakery"].enterprise_number
    theirs = f"/organizations/{bakery}/clients/{served.data.client_of('bakery').client_id}"
    manager = user(served, "bakery.principal")
    assert manager.ask("POST", f"{theirs}/passwords").status == 409
    assert principal.ask("POST", f"{theirs}/passwords").status in (403, 404)


async def test_a_repeat_has_no_further_effect(served: Endpoints, stack: Stack) -> None:
    """Work that a killed provisioner did not note is done again; a broker that lost a user gets it back."""
    number, principal = managed(served, "bakery.representative")
    clients = f"/organizations/{number}/clients"
    client_id = principal.post(clients, {"queue": True})["id"]
    account = principal.post(f"{clients}/{client_id}/passwords")
    await ready(principal, clients, client_id)
    await rows(served, "UPDATE access.broker_account SET applied = 0 WHERE client_id = $1", client_id)
    await ready(principal, clients, client_id)
    assert await enters(url_of(served, account))
    Management(served.management_url).delete_user(client_id)
    assert not await enters(url_of(served, account))
    name = f"{served.deployment.name}.provisioner"
    await asyncio.to_thread(stack.kill, name)
    await asyncio.to_thread(stack.ready, name)
    for _ in range(60):
        if await enters(url_of(served, account)):
            break
        await asyncio.sleep(0.5)
    else:
        pytest.fail("the account did not come back")


async def test_a_second_provisioner_stands_by(served: Endpoints) -> None:
    """It is ready and applies nothing, as long as the connection of the first one holds the lock."""
    settings = ProvisionerSettings(
        database_dsn=SecretStr(served.dsns["provisioner"]), deployment=served.deployment.name,
        management_url=SecretStr("http://127.0.0.1:1"),
    )  # fmt: skip
    second = Provisioner(settings)
    running = asyncio.create_task(second.run())
    try:
        number, principal = managed(served, "bakery.representative")
        clients = f"/organizations/{number}/clients"
        client_id = principal.post(clients, {"queue": True})["id"]
        await ready(principal, clients, client_id, "noPassword")
        async with asyncio.timeout(SECONDS):
            while not (await second.ready())["broker"]:  # noqa: ASYNC110 - it looks every second
                await asyncio.sleep(0.2)
        connection = await asyncpg.connect(served.dsns["provisioner"])
        assert not await take_turn(connection), "the running provisioner has the turn"
        await connection.close()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_the_topology_has_no_difference(served: Endpoints, tmp_path: Path) -> None:
    """Accounts that organizations made have no difference, until one has another right at the broker."""
    number, principal = managed(served, "bakery.representative")
    client_id = principal.post(f"/organizations/{number}/clients", {"queue": True})["id"]
    principal.post(f"/organizations/{number}/clients/{client_id}/passwords")
    await ready(principal, f"/organizations/{number}/clients", client_id)
    (tmp_path / "endpoints.json").write_text(json.dumps(served.document()))
    arguments = ["topology", "diff", "--endpoints", str(tmp_path / "endpoints.json")]
    done = await asyncio.to_thread(CliRunner().invoke, commands, arguments)
    assert client_id not in done.output
    management, public = Management(served.management_url), served.deployment.public
    every = {"configure": ".*", "write": ".*", "read": ".*"}
    path = f"/api/permissions/{public}/{client_id}"
    before = json.loads(management.request("GET", path)[1])
    assert management.request("PUT", path, every)[0] == 204
    done = await asyncio.to_thread(CliRunner().invoke, commands, arguments)
    assert f"~ permissions {public} {client_id}: read is '.*'" in done.output
    assert management.request("PUT", path, {name: before[name] for name in every})[0] == 204
