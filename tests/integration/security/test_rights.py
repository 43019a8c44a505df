"""Each user of the broker has the rights of its task, and none on similar names (threat T9)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel

from deploy.local.deployment import Endpoints
from deploy.local.rabbitmq import OPERATOR
from deploy.local.stack import Stack
from shared.runtime.management import Management
from shared.topology import (
    CONSUMING,
    CREATE_DECLARATION,
    DECLARATIONS,
    EVENTS,
    IDENTIFY,
    NOTIFY,
    PARKED,
    PUBLIC_IN,
    QUEUES,
    REPLY,
    SERVICES,
    UNROUTED,
    institution_queue,
    parking_of,
    reply_queue,
    writable,
)
from tests.connecting import connected
from tests.integration.security.operations import (
    Operation,
    bind,
    consume,
    declare,
    declare_exchange,
    delete,
    enter,
    get,
    outcomes,
    publish,
    purge,
)

pytestmark = pytest.mark.stack

ROLES = ("bakery", "secretariat", "provider", "nursery")
INSTITUTIONS = ("onem", "onva")
REFUSED = "ChannelAccessRefused"


def call(management: Management, method: str, *path: str, body: Any = None) -> None:
    """Send a request to the management API and check that it succeeds."""
    address = "/api/" + "/".join(quote(part, safe="") for part in path)
    status, answer = management.request(method, address, body)
    assert status < 300, (status, answer)


@pytest.fixture(scope="module")
def lookalikes(stack: Stack, watched: Endpoints) -> Iterator[None]:
    """Create exchanges and queues with names that an unanchored or unescaped pattern would match."""
    management, vhost = stack.rabbitmq.management, watched.deployment.public
    clients = [client.client_id for client in watched.data.clients]
    made = [
        *(
            ("exchanges", vhost, name)
            for name in ("dimona.internal", "dimona.inn", "dimonaXin", "my.dimona.in")
        ),
        *(("queues", vhost, reply_queue(client) + "d") for client in clients),
        *(("queues", vhost, "no." + reply_queue(client)) for client in clients),
        *(("queues", vhost, reply_queue(client).replace(".", "X")) for client in clients),
        *(
            ("queues", watched.deployment.vhost_of(institution_queue(one)), institution_queue(one) + "d")
            for one in INSTITUTIONS
        ),
    ]
    for kind, where, name in made:
        body = {"type": "topic", "durable": True} if kind == "exchanges" else {"durable": True}
        call(management, "PUT", kind, where, name, body=body)
    yield
    for kind, where, name in made:
        call(management, "DELETE", kind, where, name)


def of_a_client(endpoints: Endpoints, client: str, stranger: str) -> list[tuple[str, Operation]]:
    """Return every operation that a client might try in the vhost of the clients."""
    own, his = reply_queue(client), reply_queue(stranger)
    return [
        ("declare an employment", publish(PUBLIC_IN, CREATE_DECLARATION, client)),
        ("read its replies", get(own)),
        ("hear its replies", consume(own)),
        ("publish another type", publish(PUBLIC_IN, "be.nsso.dimona.v1.declarations.settled", client)),
        ("publish a longer type", publish(PUBLIC_IN, CREATE_DECLARATION + "d", client)),
        ("publish a type with other dots", publish(PUBLIC_IN, CREATE_DECLARATION.replace(".", "X"), client)),
        ("publish to dimona.internal", publish("dimona.internal", CREATE_DECLARATION, client)),
        ("publish to dimona.inn", publish("dimona.inn", CREATE_DECLARATION, client)),
        ("publish to dimonaXin", publish("dimonaXin", CREATE_DECLARATION, client)),
        ("publish to my.dimona.in", publish("my.dimona.in", CREATE_DECLARATION, client)),
        ("publish a reply to another", publish(REPLY, his, client)),
        ("publish a reply to itself", publish(REPLY, own, client)),
        ("publish to parking", publish(PARKED, parking_of("intake"), client)),
        ("publish to unrouted", publish(UNROUTED, "", client)),
        ("publish straight to a queue", publish("", DECLARATIONS.name, client)),
        ("publish straight to another's queue", publish("", his, client)),
        ("read another's replies", get(his)),
        ("hear another's replies", consume(his)),
        ("empty another's queue", purge(his)),
        ("read a queue with a longer name", get(own + "d")),
        ("read a queue with a name in front", get("no." + own)),
        ("read a queue with another dot", get(own.replace(".", "X"))),
        ("read the declarations", get(DECLARATIONS.name)),
        ("read what is parked", get(parking_of("intake"))),
        ("read what is unrouted", get(UNROUTED)),
        ("declare a queue", declare(own + ".mine")),
        ("declare an exchange", declare_exchange("mine")),
        ("delete its queue", delete(own)),
        ("delete another's queue", delete(his)),
        ("bind its queue to the declarations", bind(own, PUBLIC_IN, "#")),
        ("bind its queue to another's replies", bind(own, REPLY, his)),
        ("ask for an internal queue", declare(NOTIFY.name, passive=True)),
        ("ask for the feed's queue", declare(institution_queue("onem"), passive=True)),
    ]


ALLOWED_TO_A_CLIENT = {"declare an employment", "read its replies", "hear its replies"}
#: The error for a missing queue differs from that for a missing right; these are in no vhost here.
ELSEWHERE = {"ask for an internal queue", "ask for the feed's queue"}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.usefixtures("lookalikes")
async def test_a_client_declares_and_reads_its_replies(watched: Endpoints, role: str) -> None:
    client = watched.data.client_of(role).client_id
    stranger = watched.data.client_of(ROLES[ROLES.index(role) - 1]).client_id
    operations = of_a_client(watched, client, stranger)
    url = watched.amqp_url(f"client:{client}", watched.deployment.public)
    found = await outcomes(url, operations)
    assert len(operations) >= 12
    assert {name for name, outcome in found.items() if outcome == "allowed"} == ALLOWED_TO_A_CLIENT
    refused = {name: outcome for name, outcome in found.items() if name not in ALLOWED_TO_A_CLIENT}
    assert {name for name, outcome in refused.items() if outcome != REFUSED} == ELSEWHERE
    assert {refused[name] for name in ELSEWHERE} == {"ChannelNotFoundEntity"}


@pytest.mark.parametrize("role", ROLES[:1])
async def test_a_client_cannot_enter_another_vhost(watched: Endpoints, role: str) -> None:
    client, deployment = watched.data.client_of(role).client_id, watched.deployment
    others = [deployment.internal, *(deployment.vhost_of(institution_queue(one)) for one in INSTITUTIONS)]
    url = f"client:{client}"
    tried = [(vhost, enter(watched.amqp_url(url, vhost))) for vhost in [deployment.public, *others]]
    found = await outcomes(watched.amqp_url(url, deployment.public), tried)
    assert {vhost for vhost, outcome in found.items() if outcome == "allowed"} == {deployment.public}


@pytest.mark.usefixtures("lookalikes")
async def test_control_without_anchors_and_topic_rights_more_is_allowed(
    stack: Stack, watched: Endpoints
) -> None:
    """A user with unanchored patterns and no topic rights can do more."""
    management, vhost, name = stack.rabbitmq.management, watched.deployment.public, "careless"
    client, stranger = (watched.data.client_of(role).client_id for role in ROLES[:2])
    call(management, "PUT", "users", name, body={"password": "careless", "tags": ""})
    rights = {"configure": "^$", "write": "dimona.in", "read": reply_queue(client)}
    call(management, "PUT", "permissions", vhost, name, body=rights)
    try:
        url = f"amqp://{name}:careless@127.0.0.1:{stack.rabbitmq.amqp}/{vhost}"
        operations = [
            (what, publish(PUBLIC_IN, CREATE_DECLARATION) if what == "declare an employment" else operation)
            for what, operation in of_a_client(watched, client, stranger)
            if not what.startswith(("publish", "declare an employment"))
        ]
        operations += [
            ("publish another type", publish(PUBLIC_IN, "be.nsso.dimona.v1.declarations.settled")),
            ("publish to dimona.internal", publish("dimona.internal", CREATE_DECLARATION)),
            ("publish to dimonaXin", publish("dimonaXin", CREATE_DECLARATION)),
            ("publish to my.dimona.in", publish("my.dimona.in", CREATE_DECLARATION)),
        ]
        found = await outcomes(url, operations)
    finally:
        call(management, "DELETE", "users", name)
    assert {what for what, outcome in found.items() if outcome == "allowed"} - ALLOWED_TO_A_CLIENT == {
        "publish another type", "publish to dimona.internal", "publish to dimonaXin",
        "publish to my.dimona.in", "read a queue with a longer name", "read a queue with a name in front",
        "read a queue with another dot",
    }  # fmt: skip


@pytest.mark.parametrize("institution", INSTITUTIONS)
@pytest.mark.usefixtures("lookalikes")
async def test_an_institution_reads_its_feed(watched: Endpoints, institution: str) -> None:
    deployment, own = watched.deployment, institution_queue(institution)
    (other,) = set(INSTITUTIONS) - {institution}
    role = f"institution:{institution}"
    vhosts = [deployment.public, deployment.internal, deployment.vhost_of(institution_queue(other))]
    operations = [
        ("read its feed", get(own)),
        ("hear its feed", consume(own)),
        ("publish to its feed", publish("", own)),
        ("publish to a topic", publish("amq.topic", own)),
        ("read a queue with a longer name", get(own + "d")),
        ("declare a queue", declare(own + ".mine")),
        ("declare an exchange", declare_exchange("mine")),
        ("delete its queue", delete(own)),
        ("bind its queue", bind(own, "amq.topic", "#")),
        ("ask for another's feed", declare(institution_queue(other), passive=True)),
        ("ask for an internal queue", declare(NOTIFY.name, passive=True)),
        ("ask for a client's queue", declare(reply_queue("x"), passive=True)),
        *((f"enter {vhost}", enter(watched.amqp_url(role, vhost))) for vhost in vhosts),
    ]
    found = await outcomes(watched.amqp_url(role, deployment.vhost_of(own)), operations)
    assert {what for what, outcome in found.items() if outcome == "allowed"} == {
        "read its feed", "hear its feed",
    }  # fmt: skip


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_reads_its_own_queues(watched: Endpoints, service: str) -> None:
    own = {queue.name for queue in QUEUES if queue.service == service and not queue.public}
    operations = [
        *((queue.name, get(queue.name)) for queue in QUEUES if not queue.public),
        *((parking_of(each), get(parking_of(each))) for each in CONSUMING),
        (UNROUTED, get(UNROUTED)),
        ("declare", declare("mine")),
        ("bind", bind(IDENTIFY.name, EVENTS, "#")),
        ("publish straight to a queue", publish("", NOTIFY.name)),
    ]
    found = await outcomes(watched.amqp_url(f"service:{service}", watched.deployment.internal), operations)
    # A queue with a single active consumer is heard, never asked: that is no matter of rights.
    assert {what for what, outcome in found.items() if outcome != REFUSED} == own
    assert {found[name] for name in own} <= {"allowed", "ChannelLockedResource"}


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_publishes_its_own_messages_only(watched: Endpoints, service: str) -> None:
    """A stolen account of one service cannot settle a declaration, or pass for another service."""
    every = {key for queue in QUEUES if not queue.public for key in queue.hears}
    operations = [(key, publish(EVENTS, key)) for key in sorted(every - set(writable(service)))]
    operations += [("everything", publish(EVENTS, "#")), ("a longer type", publish(EVENTS, "x" + min(every)))]
    url = watched.amqp_url(f"service:{service}", watched.deployment.internal)
    found = await outcomes(url, operations)
    assert set(found.values()) == {REFUSED}


async def test_a_copy_with_the_key_of_another_is_delivered_or_refused(
    stack: Stack, watched: Endpoints
) -> None:
    """The headers CC and BCC are not compared with the rights before RabbitMQ 4.0 (threat T9).

    So a copy arrives with a key that the client may not use, or a newer broker refuses it. In the queue of a
    client intake believes only the key of the message itself (`test_fair_turns`).
    """
    client = watched.data.client_of(ROLES[0]).client_id
    public = watched.deployment.public
    connection = await connected(watched.amqp_url("operator", public))
    async with connection:
        channel = await connection.channel()
        queue = await channel.declare_queue(exclusive=True)
        await queue.bind(PUBLIC_IN, "a.key.of.another")
        for header in ("CC", "BCC"):

            async def copy(mine: AbstractChannel, header: str = header) -> None:
                message = aio_pika.Message(b"{}", user_id=client, headers={header: ["a.key.of.another"]})
                await (await mine.get_exchange(PUBLIC_IN, ensure=False)).publish(message, CREATE_DECLARATION)

            url = watched.amqp_url(f"client:{client}", public)
            (outcome,) = (await outcomes(url, [("copy", copy)])).values()
            arrived = (await channel.declare_queue(queue.name, passive=True)).declaration_result.message_count
            assert (outcome, arrived) in {("allowed", 1), (REFUSED, 0)}
            await queue.purge()


async def test_a_passive_declare_shows_numbers_only(watched: Endpoints) -> None:
    """RabbitMQ checks no right for it: a client that knows the id of another sees its queue length."""
    client, stranger = (watched.data.client_of(role).client_id for role in ROLES[:2])
    url = watched.amqp_url(f"client:{client}", watched.deployment.public)
    asked = [("ask", declare(reply_queue(stranger), passive=True)), ("read", get(reply_queue(stranger)))]
    assert await outcomes(url, asked) == {"ask": "allowed", "read": REFUSED}


async def test_a_sender_cannot_be_forged(stack: Stack, watched: Endpoints) -> None:
    """The broker closes the channel of a client that gives another `user_id` (threat T8)."""
    client, stranger = (watched.data.client_of(role).client_id for role in ROLES[:2])
    url = watched.amqp_url(f"client:{client}", watched.deployment.public)
    forged = [("forged", publish(PUBLIC_IN, CREATE_DECLARATION, stranger))]
    assert await outcomes(url, forged) == {"forged": "ChannelPreconditionFailed"}
    # The control: with the tag that no client has, the broker lets it pass.
    management = stack.rabbitmq.management
    definitions = management.definitions()
    trusted = {user["name"] for user in definitions["users"] if "impersonator" in user["tags"]}
    assert trusted <= {OPERATOR}  # it replays parked declarations with the `user_id` of their senders
    (user,) = [user for user in definitions["users"] if user["name"] == client]
    try:
        management.import_definitions({"users": [{**user, "tags": ["impersonator"]}]})
        assert await outcomes(url, forged) == {"forged": "allowed"}
    finally:
        management.import_definitions({"users": [user]})
    assert await outcomes(url, forged) == {"forged": "ChannelPreconditionFailed"}
