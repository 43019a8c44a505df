"""All exchanges and queues, and the routing keys of each queue. Read this module second.

Services never declare exchanges or queues: `dimona topology apply` imports the document of
`shared/definitions.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from shared.messages import (
    SERVICE,
    SHARDS,
    CareerRegistered,
    CaseResolved,
    ChangeAdmitted,
    DeclarationAdmitted,
    DeclarationDiscarded,
    DeclarationProvisional,
    DeclarationRefused,
    DeclarationSettled,
    EmployerNumberReplaced,
    EnterpriseRegistered,
    FormAnswered,
    FormSubmitted,
    IdentificationEnded,
    LetterWritten,
    Message,
    NotificationDeposited,
    PeriodLockSet,
    PeriodsAsked,
    PeriodsFound,
    SituationChanged,
    WorkerNumberReplaced,
    WorkerRegistered,
)

CREATE_DECLARATION: Final = f"{SERVICE}.declarations.create"
CREATE_CONTESTATION: Final = f"{SERVICE}.contestations.create"
QUERY_PERIODS: Final = f"{SERVICE}.periods.query"
#: The routing keys with which every client may publish.
COMMANDS: Final = (CREATE_DECLARATION, CREATE_CONTESTATION, QUERY_PERIODS)
MAX_MESSAGE_BYTES: Final = 32 * 1024  #: one command; real declarations have about 1 KiB
BATCH_COMMANDS: Final = 256  #: commands in one message (decision D28)
#: `max_message_size` of the broker, which closes the channel of a publisher with a larger body.
BROKER_MESSAGE_BYTES: Final = 1024 * 1024
BATCH_BYTES: Final = BROKER_MESSAGE_BYTES  #: a batch of commands (decision D28)
DELIVERY_LIMIT: Final = 5  #: for crashes only; explicit, because the defaults of RabbitMQ 3.10 and 4.x differ

PUBLIC_IN: Final = "dimona.in"
REPLY: Final = "dimona.reply"
EVENTS: Final = "dimona.events"
#: The exchange for messages of registers and operators, which commands send; no service may publish there.
COMMANDED: Final = "dimona.operators"
UNROUTED: Final = "dimona.unrouted"
PARKED: Final = "dimona.parked"
#: The exchange for messages that the broker removes from queues to which clients publish; it routes them by
#: the reason.
DEAD: Final = "dimona.dead"
#: The queue for expired messages of clients, which had given them a lifetime. No service reads it.
EXPIRED: Final = "dimona.expired"
MOVED: Final = "dimona.moved"  #: leads to the queue of one client (ADR 21)
#: The queue for messages of clients without a sender that the broker verified. If full, it drops the oldest.
UNIDENTIFIED: Final = "dimona.unidentified"


@dataclass(frozen=True, slots=True)
class Deployment:
    """The names of the vhosts of one deployment: `dimona`, or `dimona.sim`, the simulation (decision D13)."""

    name: str = "dimona"

    @property
    def is_simulation(self) -> bool:
        """Return whether this is the simulation, where declarations have no effect outside (ADR 27)."""
        return self.name.endswith(".sim")

    @property
    def public(self) -> str:
        """Return the name of the vhost in which integrators publish and read."""
        return f"{self.name}.public"

    @property
    def internal(self) -> str:
        """Return the name of the vhost for messages between the services."""
        return f"{self.name}.internal"

    def vhost_of(self, recipient: str) -> str:
        """Return the name of the vhost with the queue of a recipient: a client or an institution."""
        if recipient.startswith(REPLY_PREFIX):
            return self.public
        return recipient if self.name == "dimona" else f"{self.name}.{recipient}"


REPLY_PREFIX: Final = "reply."
INSTITUTION_PREFIX: Final = "institution."


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue of a service, with its routing keys on the exchange of its vhost."""

    name: str
    hears: tuple[str, ...]
    public: bool = False
    single_active: bool = False  #: one consumer at a time, which keeps the order of a shard cheaply

    @property
    def service(self) -> str:
        """Return the service that consumes the queue: the second part of `dimona.<service>.<purpose>`."""
        return self.name.split(".")[1]

    @property
    def parking(self) -> str:
        """Return the name of the queue for parked messages of this queue."""
        return parking_of(self.service)


def parking_of(service: str) -> str:
    """Return the name of the parking queue, where messages that always fail wait for an operator."""
    return f"dimona.{service}.parked"


DECLARATIONS: Final = Queue("dimona.intake.declarations", (CREATE_DECLARATION,), public=True)
RESULTS: Final = Queue("dimona.intake.results", (DeclarationProvisional.TYPE, DeclarationSettled.TYPE))
FORMS: Final = Queue("dimona.intake.forms", (FormSubmitted.TYPE,))
IDENTIFY: Final = Queue("dimona.identification.identify", (DeclarationAdmitted.TYPE,))
REGISTER: Final = Queue(
    "dimona.identification.register", (WorkerRegistered.TYPE, CareerRegistered.TYPE, CaseResolved.TYPE)
)
SETTLE: Final = tuple(
    Queue(
        f"dimona.personnel_file.settle.{shard}",
        tuple(f"{m.TYPE}.{shard}" for m in (ChangeAdmitted, IdentificationEnded, DeclarationDiscarded)),
        single_active=True,
    )
    for shard in range(SHARDS)
)
#: Changes of the personnel file that no declaration caused, in order.
MUTATE: Final = Queue(
    "dimona.personnel_file.mutate",
    (WorkerNumberReplaced.TYPE, EmployerNumberReplaced.TYPE, PeriodLockSet.TYPE),
    single_active=True,
)
#: Searches of clients in the personnel file (ADR 23).
QUERIES: Final = Queue("dimona.personnel_file.queries", (QUERY_PERIODS,), public=True)
#: Queries in files of expeditors, which the service files sends (ADR 28).
LOOKUPS: Final = Queue("dimona.personnel_file.lookups", (PeriodsAsked.TYPE,))
NOTIFY: Final = Queue(
    "dimona.notifier.notify",
    (DeclarationProvisional.TYPE, DeclarationSettled.TYPE, DeclarationRefused.TYPE),
)
SITUATIONS: Final = Queue("dimona.notifier.situations", (SituationChanged.TYPE,))
LETTERS: Final = Queue("dimona.notifier.letters", (LetterWritten.TYPE,))
NOTIFIED: Final = Queue("dimona.contact.notifications", (NotificationDeposited.TYPE,))
CONTESTATIONS: Final = Queue("dimona.contact.contestations", (CREATE_CONTESTATION,), public=True)
#: The results of forms of files.
FORM_RESULTS: Final = Queue("dimona.files.results", (FormAnswered.TYPE,))
#: Pages of periods for queries in files.
PAGES: Final = Queue("dimona.files.pages", (PeriodsFound.TYPE,))
#: Changes of numbers of workers, for expeditors.
SITUATIONS_IN_FILES: Final = Queue("dimona.files.situations", (SituationChanged.TYPE,))

#: Changes of the register of enterprises.
ENTERPRISES: Final = Queue("dimona.access.register", (EnterpriseRegistered.TYPE,))

QUEUES: Final[tuple[Queue, ...]] = (
    DECLARATIONS,
    RESULTS,
    FORMS,
    IDENTIFY,
    REGISTER,
    *SETTLE,
    MUTATE,
    QUERIES,
    LOOKUPS,
    NOTIFY,
    SITUATIONS,
    LETTERS,
    NOTIFIED,
    CONTESTATIONS,
    FORM_RESULTS,
    PAGES,
    SITUATIONS_IN_FILES,
    ENTERPRISES,
)


#: The messages that come from commands of operators, by type.
_OF_OPERATORS: Final = frozenset(
    message.TYPE
    for message in (
        WorkerRegistered,
        CareerRegistered,
        EnterpriseRegistered,
        CaseResolved,
        DeclarationDiscarded,
        PeriodLockSet,
    )
)


def exchange_hearing(key: str) -> str:
    """Return the exchange in the internal vhost to which messages with this routing key go.

    It is COMMANDED for messages of registers and operators, and EVENTS for all other messages.
    """
    type_ = key.rpartition(".")[0] if key[-1:].isdigit() else key
    return COMMANDED if type_ in _OF_OPERATORS else EVENTS


def _of_shards(message: type[Message]) -> tuple[str, ...]:
    return tuple(f"{message.TYPE}.{shard}" for shard in range(SHARDS))


#: Routing keys of the messages that each service publishes for other services; the broker refuses other keys
#: (see `writable`). Messages of registers and operators come from commands, over the exchange COMMANDED.
PUBLISHED: Final[Mapping[str, tuple[str, ...]]] = {
    "intake": (
        DeclarationAdmitted.TYPE,
        DeclarationRefused.TYPE,
        FormAnswered.TYPE,
        *_of_shards(ChangeAdmitted),
    ),
    "identification": (
        DeclarationProvisional.TYPE,
        WorkerNumberReplaced.TYPE,
        *_of_shards(IdentificationEnded),
    ),
    "personnel_file": (DeclarationSettled.TYPE, SituationChanged.TYPE, PeriodsFound.TYPE),
    "notifier": (NotificationDeposited.TYPE,),
    "contact": (LetterWritten.TYPE,),
    "access": (EmployerNumberReplaced.TYPE,),
    "files": (FormSubmitted.TYPE, PeriodsAsked.TYPE),
}


def writable(service: str) -> tuple[str, ...]:
    """Return the routing keys with which a service may publish to the exchange EVENTS.

    These are the keys of its own messages, and the keys of its queues: a service may send the events of a
    received carrier again, one by one. Keys of messages of registers and operators are not among them.
    """
    heard = (key for queue in QUEUES if queue.service == service and not queue.public for key in queue.hears)
    again = (key for key in heard if exchange_hearing(key) == EVENTS)
    return tuple(dict.fromkeys((*PUBLISHED.get(service, ()), *again)))


SERVICES: Final = (
    "intake", "identification", "personnel_file", "notifier", "access", "contact", "files", "feed",
)  # fmt: skip
#: Processes that neither consume nor publish messages.
JOBS: Final = ("ledger", "provisioner", "portal")
#: Jobs that only a simulation has.
JOBS_OF_SIMULATION: Final = ("canary",)
#: Services with queues, which may have to park messages.
CONSUMING: Final = tuple(dict.fromkeys(queue.service for queue in QUEUES))
#: Services with queues that clients publish to.
FACING_CLIENTS: Final = tuple(dict.fromkeys(queue.service for queue in QUEUES if queue.public))
#: Services that publish to integrators, and services that publish to institutions.
PUBLIC_WRITERS: Final = ("intake", "personnel_file", "notifier", "contact")
FEED_WRITERS: Final = ("feed",)


OWN_PREFIX: Final = "dimona.intake.client."


def own_queue(client_id: str) -> str:
    """Return the name of the queue for the declarations of one client (ADR 21)."""
    return f"{OWN_PREFIX}{client_id}"


def own_key(client_id: str) -> str:
    """Return the routing key that leads to the client's own queue; only this client may publish with it."""
    return f"{CREATE_DECLARATION}.{client_id}"


def reply_queue(client_id: str) -> str:
    """Return the name of the reply queue of a client. It also names the client as recipient of deliveries."""
    return f"{REPLY_PREFIX}{client_id}"


def institution_queue(institution: str) -> str:
    """Return the name of the queue of an institution.

    It also names the institution as recipient of deliveries. The vhost of the institution has this name in
    the deployment `dimona`; in another deployment the name of the deployment and a dot come before it.
    """
    return f"{INSTITUTION_PREFIX}{institution}"


def exchange_of(recipient: str) -> str:
    """Return the exchange that routes to a recipient's queue ("" is the default exchange)."""
    return REPLY if recipient.startswith(REPLY_PREFIX) else ""
