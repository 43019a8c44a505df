"""The topology as a RabbitMQ definitions document: exchanges, queues, bindings, users, permissions.

The functions are pure: they have no I/O.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from shared.permissions import permissions, topic_permissions
from shared.topology import (
    COMMANDED,
    CONSUMING,
    DEAD,
    DECLARATIONS,
    DELIVERY_LIMIT,
    EVENTS,
    EXPIRED,
    FACING_CLIENTS,
    MOVED,
    PARKED,
    PUBLIC_IN,
    QUEUES,
    REPLY,
    UNIDENTIFIED,
    UNROUTED,
    Deployment,
    exchange_hearing,
    institution_queue,
    own_key,
    own_queue,
    parking_of,
    reply_queue,
)

_OUTSIDERS: Final = ("client:", "institution:")  #: roles with few connections
MOST_CONNECTIONS: Final = 5  #: of a client or an institution
_CLASSIC_LIMIT: Final = 1_000_000
#: Most bytes of bodies in one queue. Messages and bytes have limits, because a message may have a hundred
#: bytes or a megabyte.
_BYTES, _EDGE_BYTES = 4 * 1024**3, 1024**3
#: Reasons for which the broker removes a message, except its lifetime. All these messages are parked.
_PARKING_REASONS: Final = ("delivery_limit", "rejected", "maxlen")


def queue_arguments(
    parking: str | None, single_active: bool = False, *, public: bool = False
) -> dict[str, Any]:
    """Return the arguments of a quorum queue, all explicit, so that RabbitMQ 3.10 and 4.x behave alike.

    Args:
        parking: The queue for messages that the broker removes; None: these messages are lost.
        single_active: Whether the queue has one consumer at a time.
        public: Whether clients publish to the queue. If so, its expired messages are not parked.
    """
    arguments: dict[str, Any] = {
        "x-queue-type": "quorum",
        "x-overflow": "reject-publish",
        "x-max-length": _CLASSIC_LIMIT,
        "x-max-length-bytes": _BYTES,
        "x-delivery-limit": DELIVERY_LIMIT,
    }
    if parking is not None:
        arguments |= {
            "x-dead-letter-exchange": DEAD if public else PARKED,
            "x-dead-letter-routing-key": parking,
            "x-dead-letter-strategy": "at-least-once",
        }
    if single_active:
        arguments["x-single-active-consumer"] = True
    return arguments


def edge_queue_arguments() -> dict[str, Any]:
    """Return the arguments of a queue that neither drops nor dead-letters a message.

    Such are the queues from which clients and institutions read, and the queues of parked and unrouted
    messages. A full queue refuses new messages.
    """
    # A look into the queue counts as a delivery, and RabbitMQ 4 drops a message after 20 by default.
    limits = {
        "x-max-length": 100_000,
        "x-max-length-bytes": _EDGE_BYTES,
        "x-delivery-limit": 1_000_000,
    }
    return {"x-queue-type": "quorum", "x-overflow": "reject-publish", **limits}


def dropping_arguments() -> dict[str, Any]:
    """Return the arguments of a queue that drops its oldest messages when it is full.

    Clients can fill such a queue, and its messages have no effect.
    """
    limits = {"x-max-length": 10_000, "x-max-length-bytes": 64 * 1024**2, "x-delivery-limit": 1_000_000}
    return {"x-queue-type": "quorum", "x-overflow": "drop-head", **limits}


@dataclass(frozen=True, slots=True)
class Account:
    """A user of the broker; the definitions hold only a hash of `password`."""

    name: str
    password: str
    tags: tuple[str, ...] = ()


def password_hash(password: str, salt: bytes) -> str:
    """Return RabbitMQ's salted SHA-256 hash of a password (`salt`: 4 bytes), base64."""
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


def definitions(
    deployment: Deployment,
    accounts: Mapping[str, Account],
    clients: Iterable[str],
    institutions: Iterable[str],
    salt: bytes,
) -> dict[str, Any]:
    """Return the whole topology as a RabbitMQ definitions document, which its management API imports.

    Args:
        deployment: The names of the vhosts.
        accounts: The user of each role: `service:<name>`, `client:<id>`, `institution:<id>`, `job:<name>`,
            `operator` for the topology, and `operator:<name>` for each operator (decision D35).
        clients: The clients that get queues; a client without an account gets no user.
        institutions: The institutions that get a queue; an institution without an account gets no user.
        salt: The salt of the password hashes, 4 bytes.
    """
    clients, institutions = tuple(clients), tuple(institutions)
    names = {role: account.name for role, account in accounts.items()}
    vhosts = [deployment.public, deployment.internal]
    feeds = {i: deployment.vhost_of(institution_queue(i)) for i in institutions}
    return {
        "vhosts": [{"name": name} for name in [*vhosts, *feeds.values()]],
        "users": [
            _user(account, password_hash(account.password, salt), limited=role.startswith(_OUTSIDERS))
            for role, account in accounts.items()
        ],
        "permissions": list(permissions(deployment, names, feeds)),
        "topic_permissions": list(topic_permissions(deployment, names)),
        "exchanges": list(_exchanges(deployment)),
        "queues": list(_queues(deployment, clients, feeds)),
        "bindings": list(_bindings(deployment, clients)),
    }


def definitions_of_clients(deployment: Deployment, hashes: Mapping[str, str | None]) -> dict[str, Any]:
    """Return the queues, bindings, users and permissions of some clients as a definitions document.

    `hashes` maps each client to the `password_hash` of its user. A client with None gets its queues, but no
    user and no permissions.
    """
    hashed = {name: text for name, text in hashes.items() if text is not None}
    names = {f"client:{name}": name for name in hashed}
    return {
        "users": [_user(Account(name, ""), text, limited=True) for name, text in hashed.items()],
        "permissions": list(permissions(deployment, names, {})),
        "topic_permissions": list(topic_permissions(deployment, names)),
        "queues": [row for client in hashes for row in _queues_of_client(deployment, client)],
        "bindings": [row for client in hashes for row in _bindings_of_client(deployment, client)],
    }


def _user(account: Account, hashed: str, *, limited: bool) -> dict[str, Any]:
    limits = {"max-connections": MOST_CONNECTIONS, "max-channels": 20} if limited else {}
    return {"name": account.name, "password_hash": hashed, "tags": list(account.tags),
            "hashing_algorithm": "rabbit_password_hashing_sha256", "limits": limits}  # fmt: skip


def _exchanges(deployment: Deployment) -> Iterable[dict[str, Any]]:
    def row(name: str, vhost: str, type_: str, **arguments: str) -> dict[str, Any]:
        return {"name": name, "vhost": vhost, "type": type_, "durable": True, "auto_delete": False,
                "internal": False, "arguments": arguments}  # fmt: skip

    unrouted = {"alternate-exchange": UNROUTED}
    yield row(PUBLIC_IN, deployment.public, "topic", **unrouted)
    yield row(REPLY, deployment.public, "direct")
    yield row(DEAD, deployment.public, "headers")
    yield row(MOVED, deployment.public, "direct")
    yield row(EVENTS, deployment.internal, "topic", **unrouted)
    yield row(COMMANDED, deployment.internal, "topic", **unrouted)
    for vhost in (deployment.public, deployment.internal):
        yield row(UNROUTED, vhost, "fanout")
        yield row(PARKED, vhost, "direct")


def _queue(name: str, vhost: str, arguments: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "vhost": vhost, "durable": True, "auto_delete": False, "arguments": arguments}


def _queues_of_client(deployment: Deployment, client: str) -> Iterable[dict[str, Any]]:
    yield _queue(reply_queue(client), deployment.public, edge_queue_arguments())
    yield _queue(own_queue(client), deployment.public, queue_arguments(DECLARATIONS.parking, public=True))


def _queues(
    deployment: Deployment, clients: Iterable[str], feeds: Mapping[str, str]
) -> Iterable[dict[str, Any]]:
    for queue in QUEUES:
        arguments = queue_arguments(queue.parking, queue.single_active, public=queue.public)
        yield _queue(queue.name, deployment.public if queue.public else deployment.internal, arguments)
    for service in CONSUMING:
        yield _queue(parking_of(service), deployment.internal, edge_queue_arguments())
    for service in FACING_CLIENTS:
        yield _queue(parking_of(service), deployment.public, edge_queue_arguments())
    for vhost in (deployment.public, deployment.internal):
        yield _queue(UNROUTED, vhost, edge_queue_arguments())
    for name in (EXPIRED, UNIDENTIFIED):
        yield _queue(name, deployment.public, dropping_arguments())
    for client in clients:
        yield from _queues_of_client(deployment, client)
    for institution, vhost in feeds.items():
        yield _queue(institution_queue(institution), vhost, edge_queue_arguments())


def _binding(vhost: str, exchange: str, queue: str, key: str) -> dict[str, Any]:
    return {"source": exchange, "vhost": vhost, "destination": queue, "destination_type": "queue",
            "routing_key": key, "arguments": {}}  # fmt: skip


def _bindings_of_client(deployment: Deployment, client: str) -> Iterable[dict[str, Any]]:
    yield _binding(deployment.public, REPLY, reply_queue(client), reply_queue(client))
    yield _binding(deployment.public, PUBLIC_IN, own_queue(client), own_key(client))
    yield _binding(deployment.public, MOVED, own_queue(client), own_queue(client))


def _bindings(deployment: Deployment, clients: Iterable[str]) -> Iterable[dict[str, Any]]:
    for queue in QUEUES:
        for key in queue.hears:
            if queue.public:
                yield _binding(deployment.public, PUBLIC_IN, queue.name, key)
            else:
                yield _binding(deployment.internal, exchange_hearing(key), queue.name, key)
    for service in CONSUMING:
        yield _binding(deployment.internal, PARKED, parking_of(service), parking_of(service))
    for service in FACING_CLIENTS:
        yield _binding(deployment.public, PARKED, parking_of(service), parking_of(service))
    for vhost in (deployment.public, deployment.internal):
        yield _binding(vhost, UNROUTED, UNROUTED, "")
    yield from _dead_letters(deployment)
    yield _binding(deployment.public, PARKED, UNIDENTIFIED, UNIDENTIFIED)
    for client in clients:
        yield from _bindings_of_client(deployment, client)


def _dead_letters(deployment: Deployment) -> Iterable[dict[str, Any]]:
    """Yield the bindings that route a dead letter by its reason, which the broker writes into a header.

    Expired messages go to the queue EXPIRED, messages with another reason to the exchange PARKED.
    """
    kinds = {"expired": (EXPIRED, "queue")} | dict.fromkeys(_PARKING_REASONS, (PARKED, "exchange"))
    for reason, (destination, kind) in kinds.items():
        matching = {"x-match": "all-with-x", "x-first-death-reason": reason}
        yield {"source": DEAD, "vhost": deployment.public, "destination": destination,
               "destination_type": kind, "routing_key": reason, "arguments": matching}  # fmt: skip
