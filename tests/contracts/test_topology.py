"""Every message has a queue, every queue has a service, and every user has minimal rights."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

import pytest
from pydantic import SecretStr

from shared.definitions import Account, definitions
from shared.messages import (
    MESSAGES,
    SHARDS,
    CaseResolved,
    DeclarationDiscarded,
    Message,
    PeriodLockSet,
)
from shared.permissions import exactly
from shared.registers import RegisterChange
from shared.runtime.service import Service
from shared.topology import (
    BROKER_MESSAGE_BYTES,
    COMMANDED,
    COMMANDS,
    DEAD,
    EVENTS,
    EXPIRED,
    MOVED,
    OWN_PREFIX,
    PARKED,
    PUBLIC_IN,
    PUBLISHED,
    QUEUES,
    REPLY,
    SERVICES,
    SETTLE,
    UNIDENTIFIED,
    UNROUTED,
    Deployment,
    Queue,
    institution_queue,
    own_key,
    own_queue,
    reply_queue,
    writable,
)
from tests.contracts.contract import asyncapi, message_schemas
from tests.contracts.patterns import MOST_PATTERN, allows, names_of, near_misses

CLIENT, OTHER, INSTITUTION = "self_service_chaman_1_a", "self_service_chaman_1_ab", "onem"
ROLES = {
    **{f"service:{name}": Account(f"dimona.{name}", "secret") for name in SERVICES},
    f"client:{CLIENT}": Account(CLIENT, "secret"),
    f"client:{OTHER}": Account(OTHER, "secret"),
    f"institution:{INSTITUTION}": Account(INSTITUTION, "secret"),
    "operator": Account("operator", "secret", ("administrator",)),
}
OWN_KEYS, OWN_QUEUES = ({name(client) for client in (CLIENT, OTHER)} for name in (own_key, own_queue))
DEPLOYMENT = Deployment()
WHOLE: Final = definitions(DEPLOYMENT, ROLES, (CLIENT, OTHER), (INSTITUTION,), b"salt")
SHARDED = [message for message in MESSAGES.values() if message.routing_key is not Message.routing_key]


def service(name: str) -> Service:
    """Return a service as its process runs it, with settings that connect nowhere."""
    make: Any = import_module(f"services.{name}.{_module_of(name)}").service
    (parameter,) = inspect.signature(make, eval_str=True).parameters.values()
    nowhere = SecretStr("x://nowhere")
    made: Service = make(
        parameter.annotation(
            database_dsn=nowhere, amqp_url=nowhere, key=SecretStr("00" * 32), token_key=SecretStr("{}")
        )
    )
    return made


def keys_between_services() -> set[str]:
    """Return every routing key that a message between services can have."""
    keys = {message.TYPE for message in MESSAGES.values() if message not in SHARDED}
    return keys | {f"{message.TYPE}.{shard}" for message in SHARDED for shard in range(SHARDS)}


def bindings(exchange: str) -> list[dict[str, Any]]:
    return [binding for binding in WHOLE["bindings"] if binding["source"] == exchange]


# ------------------------------------------------------------------ messages, queues, services


def test_every_message_is_consumed_and_every_key_is_used() -> None:
    heard = [*bindings(EVENTS), *bindings(COMMANDED)]
    assert {binding["routing_key"] for binding in heard} == keys_between_services()


def test_messages_of_operators_have_an_exchange_that_no_service_writes_to() -> None:
    """A stolen account of a service cannot end a case, lock a period or change a register."""
    operators = {"dimona.identification.register", "dimona.access.register", "dimona.personnel_file.mutate"}
    operators |= {queue.name for queue in SETTLE}
    assert {binding["destination"] for binding in bindings(COMMANDED)} == operators
    keys = {binding["routing_key"] for binding in bindings(COMMANDED)}
    assert not keys & {binding["routing_key"] for binding in bindings(EVENTS)}
    for row in WHOLE["permissions"]:
        assert row["user"] == "operator" or not allows(row["write"], COMMANDED)
    for service in SERVICES:
        assert not keys & set(writable(service))


def test_clients_can_send_the_messages_of_the_contract_only() -> None:
    heard = {binding["routing_key"] for binding in bindings(PUBLIC_IN)}
    sent = asyncapi()["channels"]["dimonaIn"]["messages"]
    messages = [asyncapi()["components"]["messages"][name] for name in sent]
    assert heard == {message["bindings"]["amqp"]["messageType"] for message in messages} | OWN_KEYS


def test_no_binding_is_a_pattern() -> None:
    assert not [binding for binding in WHOLE["bindings"] if set("*#") & set(binding["routing_key"])]


def _module_of(name: str) -> str:
    """Return the module that assembles a service."""
    return "service" if find_spec(f"services.{name}.service") else "handler"


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_serves_its_own_queues_once_each(name: str) -> None:
    running = service(name)
    served = [queue.name for step in running.steps for queue in step.queues]
    assert running.name == name
    assert sorted(served) == sorted(queue.name for queue in QUEUES if queue.service == name)


def test_every_queue_belongs_to_a_service() -> None:
    assert {queue.service for queue in QUEUES} <= set(SERVICES)
    assert len({queue.name for queue in QUEUES}) == len(QUEUES)


def test_every_queue_that_outsiders_read_is_in_the_contract() -> None:
    own = {queue.name for queue in QUEUES} | {UNROUTED, EXPIRED, UNIDENTIFIED} | OWN_QUEUES
    outside = {
        q["name"] for q in WHOLE["queues"] if q["name"] not in own and not q["name"].endswith(".parked")
    }
    addresses = {channel["address"] for channel in asyncapi()["channels"].values()} - {PUBLIC_IN}
    made = {
        address.format(clientId=client, institutionId=INSTITUTION)
        for address in addresses
        for client in (CLIENT, OTHER)
    }
    assert outside == made


# ------------------------------------------------------------------ queues


MADE: Final[tuple[dict[str, Any], ...]] = tuple(WHOLE["queues"])


def name_of(queue: dict[str, Any]) -> str:
    return f"{queue['vhost']}/{queue['name']}"


@pytest.mark.parametrize("queue", MADE, ids=name_of)
def test_a_queue_is_declared_with_its_arguments(queue: dict[str, Any]) -> None:
    arguments = queue["arguments"]
    assert queue["durable"]
    assert not queue["auto_delete"]
    assert arguments["x-queue-type"] == "quorum"
    overflow = "drop-head" if queue["name"] in (EXPIRED, UNIDENTIFIED) else "reject-publish"
    assert arguments["x-overflow"] == overflow, "only messages without effect are dropped"
    assert arguments["x-max-length"] > 0
    assert arguments["x-max-length-bytes"] >= BROKER_MESSAGE_BYTES
    assert not arguments.keys() & {"x-message-ttl", "x-expires"}


@pytest.mark.parametrize("queue", QUEUES, ids=lambda queue: queue.name)
def test_a_service_queue_has_a_delivery_limit(queue: Queue) -> None:
    (made,) = [each for each in MADE if each["name"] == queue.name]
    assert made["arguments"]["x-delivery-limit"] > 0
    assert made["arguments"]["x-dead-letter-exchange"] == (DEAD if queue.public else PARKED)
    assert made["arguments"]["x-dead-letter-strategy"] == "at-least-once"


@pytest.mark.parametrize("queue", MADE, ids=name_of)
def test_dead_letters_have_a_queue_and_never_return(queue: dict[str, Any]) -> None:
    if "x-dead-letter-exchange" not in queue["arguments"]:
        return
    key = queue["arguments"]["x-dead-letter-routing-key"]
    ends = [
        binding["destination"]
        for binding in bindings(PARKED)
        if binding["vhost"] == queue["vhost"] and binding["routing_key"] == key
    ]
    assert ends == [key]
    if queue["arguments"]["x-dead-letter-exchange"] == DEAD:
        parts = {each["arguments"]["x-first-death-reason"]: each["destination"] for each in bindings(DEAD)}
        parking = dict.fromkeys(("delivery_limit", "rejected", "maxlen"), PARKED)
        assert parts == {"expired": EXPIRED} | parking
    else:
        assert queue["arguments"]["x-dead-letter-exchange"] == PARKED
    (end,) = [each for each in MADE if (each["vhost"], each["name"]) == (queue["vhost"], key)]
    assert not [argument for argument in end["arguments"] if argument.startswith("x-dead-letter")]


def test_exchanges_agree_with_the_contract() -> None:
    (made,) = [each for each in WHOLE["exchanges"] if each["name"] == PUBLIC_IN]
    told = asyncapi()["channels"]["dimonaIn"]["bindings"]["amqp"]["exchange"]
    assert (made["type"], made["durable"], made["auto_delete"], made["vhost"]) == (
        told["type"], told["durable"], told["autoDelete"], told["vhost"],
    )  # fmt: skip
    assert made["arguments"] == {"alternate-exchange": UNROUTED}


def test_servers_of_the_contract_are_the_vhosts() -> None:
    servers = asyncapi()["servers"]
    assert servers["production"]["pathname"] == f"/{Deployment().public}"
    assert servers["simulation"]["pathname"] == f"/{Deployment('dimona.sim').public}"
    institution = servers["institution"]["pathname"].format(institutionId=INSTITUTION)
    assert institution == f"/{Deployment().vhost_of(institution_queue(INSTITUTION))}"


# ------------------------------------------------------------------ rights


def patterns() -> Iterator[tuple[str, str, str]]:
    """Yield (user, right, pattern) of all users except the operator."""
    for table in ("permissions", "topic_permissions"):
        for row in WHOLE[table]:
            if row["user"] != "operator":
                for right in ("configure", "write", "read"):
                    if right in row:
                        yield row["user"], right, row[right]


@pytest.mark.parametrize(("user", "right", "pattern"), tuple(patterns()))
def test_a_pattern_allows_its_names_and_no_similar_ones(user: str, right: str, pattern: str) -> None:
    assert pattern.startswith("^")
    assert pattern.endswith("$")
    assert len(pattern) <= MOST_PATTERN
    names = names_of(pattern)
    if user == "dimona.intake":  # which alone reads the queues of clients
        names = [name for name in names if name != OWN_PREFIX + ".+"]
    known = {each["name"] for kind in ("queues", "exchanges") for each in WHOLE[kind]}
    between = {key for service in SERVICES for key in writable(service)} | OWN_KEYS
    assert set(names) <= known | message_schemas().keys() | between | {"amq.default"}
    for name in names:
        assert allows(pattern, name)
        assert not [near for near in near_misses(name) if near not in names and allows(pattern, near)]
    assert right != "configure" or not names, f"{user} may configure"


@pytest.mark.parametrize("pattern", [r"dimona\.in", "^dimona.in$", r"^dimona\.in", r"dimona\.in$", ".*"])
def test_control_an_unanchored_pattern_is_found(pattern: str) -> None:
    assert [near for near in near_misses("dimona.in") if allows(pattern, near)]
    assert not [near for near in near_misses("dimona.in") if allows(exactly("dimona.in"), near)]


def test_a_client_reads_its_own_queue_only_and_writes_to_one_exchange() -> None:
    (rights,) = [row for row in WHOLE["permissions"] if row["user"] == CLIENT]
    assert rights["vhost"] == DEPLOYMENT.public
    everything = {each["name"] for kind in ("queues", "exchanges") for each in WHOLE[kind]} | {"amq.default"}
    assert {name for name in everything if allows(rights["read"], name)} == {reply_queue(CLIENT)}
    assert {name for name in everything if allows(rights["write"], name)} == {PUBLIC_IN}
    (topic,) = [row for row in WHOLE["topic_permissions"] if row["user"] == CLIENT]
    assert (topic["exchange"], allows(topic["read"], "anything")) == (PUBLIC_IN, False)
    assert {key for key in OWN_KEYS if allows(topic["write"], key)} == {own_key(CLIENT)}, "threat T8"


def test_a_copy_of_a_client_reaches_only_permitted_queues() -> None:
    """RabbitMQ 3.10 compares CC and BCC with no right; a copy has no sender (threat T9)."""
    assert {binding["routing_key"] for binding in bindings(PUBLIC_IN)} == {*COMMANDS, *OWN_KEYS}


def test_every_message_between_services_has_a_publisher_and_a_consumer() -> None:
    """Every published key is consumed; a service or an operator publishes every consumed key."""
    published = {key for keys in PUBLISHED.values() for key in keys}
    heard = {key for queue in QUEUES if not queue.public for key in queue.hears}
    assert published <= heard
    rest = {key.rpartition(".")[0] if key[-1].isdigit() else key for key in heard - published}
    changes = {change.TYPE for change in RegisterChange.__subclasses__()}
    assert rest == changes | {CaseResolved.TYPE, PeriodLockSet.TYPE, DeclarationDiscarded.TYPE}


def test_an_institution_reads_its_own_queue_only() -> None:
    (rights,) = [row for row in WHOLE["permissions"] if row["user"] == INSTITUTION]
    assert rights["vhost"] == DEPLOYMENT.vhost_of(institution_queue(INSTITUTION))
    assert allows(rights["read"], institution_queue(INSTITUTION))
    assert not allows(rights["write"], "amq.default")


def test_a_service_writes_only_to_its_exchanges() -> None:
    written: dict[tuple[str, str], set[str]] = {}
    for row in WHOLE["permissions"]:
        if row["user"].startswith("dimona."):
            exchanges = [each["name"] for each in WHOLE["exchanges"]]
            may = {name for name in (*exchanges, "amq.default") if allows(row["write"], name)}
            assert may <= {EVENTS, PARKED, REPLY, "amq.default", MOVED}
            assert MOVED not in may or row["user"] == "dimona.intake"
            assert PUBLIC_IN not in may, "no service declares in a client's name"
            written[row["user"], row["vhost"]] = may
    assert written["dimona.identification", DEPLOYMENT.internal] == {EVENTS, PARKED}


def test_every_queue_has_an_explicit_delivery_limit() -> None:
    """Without it RabbitMQ 4 uses 20, and drops a message that was returned so often."""
    assert [name_of(queue) for queue in MADE if "x-delivery-limit" not in queue["arguments"]] == []
