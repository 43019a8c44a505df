"""Every exchange and queue, what each queue hears, and who may do what. Read this second.

Pure data and pure functions: `definitions` turns the tables into the document that RabbitMQ's
management API imports. Services only look; the one who writes is `dimona topology apply`.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from shared.messages import (
    SERVICE,
    SHARDS,
    CaseResolved,
    ChangeAdmitted,
    DeclarationAdmitted,
    DeclarationDiscarded,
    DeclarationProvisional,
    DeclarationRefused,
    DeclarationSettled,
    IdentificationEnded,
    WorkerRegistered,
)

CREATE_DECLARATION: Final = f"{SERVICE}.declarations.create"
MAX_MESSAGE_BYTES: Final = 256 * 1024  #: one declaration (D28)
#: `max_message_size` of the broker: it closes the channel of whoever publishes a larger body.
BROKER_MESSAGE_BYTES: Final = 1024 * 1024
DELIVERY_LIMIT: Final = 5  #: crash net only; explicit, because RabbitMQ 3.10 and 4.x differ in the default

PUBLIC_IN: Final = "dimona.in"
REPLY: Final = "dimona.reply"
EVENTS: Final = "dimona.events"
UNROUTED: Final = "dimona.unrouted"
PARKED: Final = "dimona.parked"


@dataclass(frozen=True, slots=True)
class Deployment:
    """Names of the vhosts of one deployment: `dimona`, or `dimona.sim` for the simulation (D13)."""

    name: str = "dimona"

    @property
    def public(self) -> str:
        """The vhost of the integrators."""
        return f"{self.name}.public"

    @property
    def internal(self) -> str:
        """The vhost between the services."""
        return f"{self.name}.internal"

    def vhost_of(self, recipient: str) -> str:
        """The vhost in which a recipient's queue lives."""
        if recipient.startswith(REPLY_PREFIX):
            return self.public
        return recipient if self.name == "dimona" else f"{self.name}.{recipient}"


REPLY_PREFIX: Final = "reply."
INSTITUTION_PREFIX: Final = "institution."


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue of a service, and the routing keys it hears on the exchange of its vhost."""

    name: str
    hears: tuple[str, ...]
    public: bool = False
    single_active: bool = False  #: one consumer at a time: keeps the order of a shard cheaply

    @property
    def service(self) -> str:
        """The service that serves it: the second part of `dimona.<service>.<purpose>`."""
        return self.name.split(".")[1]

    @property
    def parking(self) -> str:
        """Where its parked messages go."""
        return parking_of(self.service)


def parking_of(service: str) -> str:
    """The queue in which messages that fail for ever wait for an operator."""
    return f"dimona.{service}.parked"


DECLARATIONS: Final = Queue("dimona.intake.declarations", (CREATE_DECLARATION,), public=True)
RESULTS: Final = Queue("dimona.intake.results", (DeclarationProvisional.TYPE, DeclarationSettled.TYPE))
IDENTIFY: Final = Queue("dimona.identification.identify", (DeclarationAdmitted.TYPE,))
REGISTER: Final = Queue("dimona.identification.register", (WorkerRegistered.TYPE, CaseResolved.TYPE))
SETTLE: Final = tuple(
    Queue(
        f"dimona.personnel_file.settle.{shard}",
        tuple(f"{m.TYPE}.{shard}" for m in (ChangeAdmitted, IdentificationEnded, DeclarationDiscarded)),
        single_active=True,
    )
    for shard in range(SHARDS)
)
NOTIFY: Final = Queue(
    "dimona.notifier.notify",
    (DeclarationProvisional.TYPE, DeclarationSettled.TYPE, DeclarationRefused.TYPE),
)

QUEUES: Final[tuple[Queue, ...]] = (DECLARATIONS, RESULTS, IDENTIFY, REGISTER, *SETTLE, NOTIFY)
SERVICES: Final = ("intake", "identification", "personnel_file", "notifier")
#: Which services publish replies and notifications to the integrators, and which to the institutions.
PUBLIC_WRITERS: Final = ("intake", "notifier")
FEED_WRITERS: Final = ("personnel_file",)


def reply_queue(client_id: str) -> str:
    """The queue, and the recipient, of one integrator."""
    return f"{REPLY_PREFIX}{client_id}"


def institution_queue(institution: str) -> str:
    """The queue, and the recipient and vhost, of one institution."""
    return f"{INSTITUTION_PREFIX}{institution}"


def exchange_of(recipient: str) -> str:
    """The exchange through which a recipient's queue is reached ("" is the default exchange)."""
    return REPLY if recipient.startswith(REPLY_PREFIX) else ""


def exactly(*names: str) -> str:
    """A permission pattern for these names and no other: RabbitMQ does not anchor patterns by itself."""
    return f"^({'|'.join(re.escape(name) for name in names)})$" if names else "^$"


_CLASSIC_LIMIT: Final = 1_000_000


def queue_arguments(parking: str | None, single_active: bool = False) -> dict[str, Any]:
    """Arguments of a quorum queue; every one explicit, so that RabbitMQ 3.10 and 4.x behave alike."""
    arguments: dict[str, Any] = {
        "x-queue-type": "quorum",
        "x-overflow": "reject-publish",
        "x-max-length": _CLASSIC_LIMIT,
        "x-delivery-limit": DELIVERY_LIMIT,
    }
    if parking is not None:
        arguments |= {
            "x-dead-letter-exchange": PARKED,
            "x-dead-letter-routing-key": parking,
            "x-dead-letter-strategy": "at-least-once",
        }
    if single_active:
        arguments["x-single-active-consumer"] = True
    return arguments


def edge_queue_arguments() -> dict[str, Any]:
    """Arguments of a queue that somebody outside reads: nothing of it is ever dead-lettered or dropped."""
    # To look is a delivery too, and RabbitMQ 4 drops a message after 20 of them where nothing is said.
    limits = {"x-max-length": 100_000, "x-delivery-limit": 1_000_000}
    return {"x-queue-type": "quorum", "x-overflow": "reject-publish", **limits}


@dataclass(frozen=True, slots=True)
class Account:
    """A user of the broker. `password` is given only to be hashed into the definitions."""

    name: str
    password: str
    tags: tuple[str, ...] = ()


def password_hash(password: str, salt: bytes) -> str:
    """RabbitMQ's salted SHA-256 hash of a password (`salt`: 4 bytes), base64."""
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


def definitions(
    deployment: Deployment,
    accounts: Mapping[str, Account],
    clients: Iterable[str],
    institutions: Iterable[str],
    salt: bytes,
) -> dict[str, Any]:
    """The whole topology as a RabbitMQ definitions document.

    `accounts` maps a role to its user: `service:<name>`, `client:<id>`, `institution:<id>`,
    `operator`. Clients and institutions without an account get a queue but no user.
    """
    clients, institutions = tuple(clients), tuple(institutions)
    vhosts = [deployment.public, deployment.internal]
    feeds = {i: deployment.vhost_of(institution_queue(i)) for i in institutions}
    return {
        "vhosts": [{"name": name} for name in [*vhosts, *feeds.values()]],
        "users": [
            {
                "name": account.name,
                "password_hash": password_hash(account.password, salt),
                "hashing_algorithm": "rabbit_password_hashing_sha256",
                "tags": list(account.tags),
                "limits": {"max-connections": 5, "max-channels": 20}
                if role.startswith(("client:", "inst"))
                else {},
            }
            for role, account in accounts.items()
        ],
        "permissions": list(_permissions(deployment, accounts, feeds)),
        "topic_permissions": list(_topic_permissions(deployment, accounts, feeds)),
        "exchanges": list(_exchanges(deployment)),
        "queues": list(_queues(deployment, clients, feeds)),
        "bindings": list(_bindings(deployment, clients)),
    }


def _permissions(
    deployment: Deployment, accounts: Mapping[str, Account], feeds: Mapping[str, str]
) -> Iterable[dict[str, str]]:
    """Every user in every vhost that it may enter; configure is for the topology job alone (T9)."""
    for role, account in accounts.items():
        kind, _, name = role.partition(":")
        match kind:
            case "client":
                rights = [(deployment.public, exactly(PUBLIC_IN), exactly(reply_queue(name)))]
            case "institution":
                rights = [(feeds[name], "^$", exactly(institution_queue(name)))]
            case "service":
                rights = _service_rights(deployment, name, feeds)
            case _:
                continue
        for vhost, write, read in rights:
            yield {"user": account.name, "vhost": vhost, "configure": "^$", "write": write, "read": read}
    if operator := accounts.get("operator"):
        for vhost in (deployment.public, deployment.internal, *feeds.values()):
            yield {"user": operator.name, "vhost": vhost, "configure": ".*", "write": ".*", "read": ".*"}


def _service_rights(
    deployment: Deployment, service: str, feeds: Mapping[str, str]
) -> list[tuple[str, str, str]]:
    def own(public: bool) -> str:
        return exactly(
            *(queue.name for queue in QUEUES if queue.service == service and queue.public == public)
        )

    rights = [(deployment.internal, exactly(EVENTS, PARKED), own(public=False))]
    if service in PUBLIC_WRITERS:
        rights.append((deployment.public, exactly(REPLY, PARKED), own(public=True)))
    if service in FEED_WRITERS:
        rights += [(vhost, exactly("amq.default"), "^$") for vhost in feeds.values()]
    return rights


def _topic_permissions(
    deployment: Deployment, accounts: Mapping[str, Account], feeds: Mapping[str, str]
) -> Iterable[dict[str, str]]:
    del feeds
    for role, account in accounts.items():
        if role.startswith("client:"):
            yield {
                "user": account.name,
                "vhost": deployment.public,
                "exchange": PUBLIC_IN,
                "write": exactly(CREATE_DECLARATION),
                "read": "^$",
            }


def _exchanges(deployment: Deployment) -> Iterable[dict[str, Any]]:
    def row(name: str, vhost: str, type_: str, **arguments: str) -> dict[str, Any]:
        return {"name": name, "vhost": vhost, "type": type_, "durable": True, "auto_delete": False,
                "internal": False, "arguments": arguments}  # fmt: skip

    unrouted = {"alternate-exchange": UNROUTED}
    yield row(PUBLIC_IN, deployment.public, "topic", **unrouted)
    yield row(REPLY, deployment.public, "direct")
    yield row(EVENTS, deployment.internal, "topic", **unrouted)
    for vhost in (deployment.public, deployment.internal):
        yield row(UNROUTED, vhost, "fanout")
        yield row(PARKED, vhost, "direct")


def _queues(
    deployment: Deployment, clients: Iterable[str], feeds: Mapping[str, str]
) -> Iterable[dict[str, Any]]:
    def row(name: str, vhost: str, arguments: dict[str, Any]) -> dict[str, Any]:
        return {"name": name, "vhost": vhost, "durable": True, "auto_delete": False, "arguments": arguments}

    for queue in QUEUES:
        arguments = queue_arguments(queue.parking, queue.single_active)
        yield row(queue.name, deployment.public if queue.public else deployment.internal, arguments)
    for service in SERVICES:
        yield row(parking_of(service), deployment.internal, edge_queue_arguments())
    yield row(parking_of("intake"), deployment.public, edge_queue_arguments())
    for vhost in (deployment.public, deployment.internal):
        yield row(UNROUTED, vhost, edge_queue_arguments())
    for client in clients:
        yield row(reply_queue(client), deployment.public, edge_queue_arguments())
    for institution, vhost in feeds.items():
        yield row(institution_queue(institution), vhost, edge_queue_arguments())


def _bindings(deployment: Deployment, clients: Iterable[str]) -> Iterable[dict[str, Any]]:
    def row(vhost: str, exchange: str, queue: str, key: str) -> dict[str, Any]:
        return {"source": exchange, "vhost": vhost, "destination": queue, "destination_type": "queue",
                "routing_key": key, "arguments": {}}  # fmt: skip

    for queue in QUEUES:
        vhost, exchange = (deployment.public, PUBLIC_IN) if queue.public else (deployment.internal, EVENTS)
        yield from (row(vhost, exchange, queue.name, key) for key in queue.hears)
    for service in SERVICES:
        yield row(deployment.internal, PARKED, parking_of(service), parking_of(service))
    yield row(deployment.public, PARKED, parking_of("intake"), parking_of("intake"))
    for vhost in (deployment.public, deployment.internal):
        yield row(vhost, UNROUTED, UNROUTED, "")
    for client in clients:
        yield row(deployment.public, REPLY, reply_queue(client), reply_queue(client))
