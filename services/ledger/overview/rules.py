"""The checks of `dimona status`: their limits, the faults that need an operator, and the next step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from services.ledger.rules import PATIENCE

#: Age in seconds from which an unsent message or a hidden event is a fault: the limit of the alerts
#: DimonaOutboxStuck and DimonaFeedFrozen.
_OLD: Final = 60.0
_BEHIND: Final = 300.0  #: seconds: the limit of the alert DimonaInstitutionBehind
#: Messages in one queue from which `dimona status` calls it long.
_LONG: Final = 1000


class State(StrEnum):
    """The outcome of a check."""

    GOOD = "good"
    WAITS = "waits"  #: work waits for a person or for its turn; nothing is broken
    FAULT = "fault"  #: an operator has to act


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The figures of a deployment at one instant."""

    connected: Mapping[str, int]  #: connections to the database, by service
    writable: bool  #: whether the database takes writes
    open: int  #: declarations without a final result
    late: int  #: those among them that have waited longer than promised, and wait for no identification
    open_cases: int  #: identifications that wait for an agent or for the employer
    overdue_cases: int  #: identifications that waited longer than their deadline
    unsent: Mapping[str, float]  #: age in seconds of the oldest message in an outbox, by service
    undelivered: int  #: messages for queues of clients and institutions that wait in the database
    set_aside: Mapping[str, int]  #: messages that are too large for the broker, by service
    hidden_seconds: float  #: age of the oldest event that no institution sees yet
    behind_seconds: float  #: age of the oldest event that an institution has not been sent
    waiting: Mapping[str, int] | None  #: messages by queue; None if the broker does not answer
    unserved: Sequence[str]  #: queues without a consumer
    parked: Mapping[str, int]  #: messages that failed permanently, by queue


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the status. `next_step` is empty for a good outcome."""

    name: str
    state: State
    value: str
    next_step: str = ""


def check(reading: Reading, services: Iterable[str]) -> Sequence[Check]:
    """Return all checks of a deployment that should run these services."""
    return [_check_processes(reading, services), *(one(reading) for one in _CHECKS)]


def needs_action(checks: Iterable[Check]) -> bool:
    """Return whether an operator has to act."""
    return any(one.state is State.FAULT for one in checks)


def _check_processes(reading: Reading, services: Iterable[str]) -> Check:
    missing = sorted(service for service in services if not reading.connected.get(service))
    if missing:
        return Check(
            "processes", State.FAULT, f"no connection of {', '.join(missing)}",
            "start the missing services; the last lines of their logs name the cause of the end",
        )  # fmt: skip
    return Check("processes", State.GOOD, "connected to the database")


def _check_database(reading: Reading) -> Check:
    if reading.writable:
        return Check("database", State.GOOD, "takes writes")
    return Check("database", State.FAULT, "takes no writes", "lead the services to the primary server")


def _check_broker(reading: Reading) -> Check:
    if reading.waiting is None:
        return Check("broker", State.FAULT, "does not answer", "start RabbitMQ; the services wait for it")
    return Check("broker", State.GOOD, "answers")


def _check_consumers(reading: Reading) -> Check:
    if unserved := sorted(reading.unserved):
        return Check(
            "consumers", State.FAULT, f"no consumer: {_first(unserved)}",
            "start the service that the second part of the name says; /readyz of it names the cause",
        )  # fmt: skip
    return Check("consumers", State.GOOD, "every queue has a consumer")


def _check_backlog(reading: Reading) -> Check:
    waiting = reading.waiting or {}
    messages = sum(waiting.values())
    long = sorted(name for name, count in waiting.items() if count >= _LONG)
    if long:
        return Check(
            "messages",
            State.WAITS,
            f"{messages} wait, most in {_first(long)}",
            "look at the processors of the service; start another process of it if they are busy",
        )
    return Check("messages", State.GOOD, f"{messages} wait in the queues of the services")


def _check_declarations(reading: Reading) -> Check:
    if reading.late:
        return Check(
            "declarations", State.FAULT,
            f"{reading.late} of {reading.open} open ones wait longer than {PATIENCE.seconds} s",
            "dimona trace NUMBER tells the place of each; the ledger logs their numbers",
        )  # fmt: skip
    return Check("declarations", State.GOOD, f"{reading.open} are open, none longer than it may be")


def _check_cases(reading: Reading) -> Check:
    if reading.overdue_cases:
        return Check(
            "identifications", State.FAULT,
            f"{reading.overdue_cases} of {reading.open_cases} are past their deadline",
            "see the log of identification: it ends them within a minute",
        )  # fmt: skip
    if reading.open_cases:
        return Check("identifications", State.WAITS, f"{reading.open_cases} are open", "dimona case list")
    return Check("identifications", State.GOOD, "none is open")


def _check_unsent(reading: Reading) -> Check:
    old = {service: age for service, age in reading.unsent.items() if age > _OLD}
    if old:
        return Check(
            "outboxes", State.FAULT,
            ", ".join(f"{service}: oldest message {age:.0f} s old" for service, age in sorted(old.items())),
            "see the broker and the consumers above; messages are kept and sent by themselves afterwards",
        )  # fmt: skip
    return Check("outboxes", State.GOOD, "no message between services waits")


def _check_deliveries(reading: Reading) -> Check:
    if reading.set_aside:
        rows = ", ".join(f"{service}: {count}" for service, count in sorted(reading.set_aside.items()))
        return Check(
            "deliveries", State.FAULT, f"set aside: {rows}", "see the runbook of DimonaMessageSetAside"
        )
    return Check(
        "deliveries", State.GOOD, f"{reading.undelivered} wait for queues of clients and institutions"
    )


def _check_parked(reading: Reading) -> Check:
    if parked := {queue: count for queue, count in reading.parked.items() if count}:
        rows = ", ".join(f"{count} in {queue}" for queue, count in sorted(parked.items()))
        return Check("parked", State.FAULT, rows, "dimona parked list, then replay or discard")
    return Check("parked", State.GOOD, "no message failed permanently")


def _check_feed(reading: Reading) -> Check:
    if reading.hidden_seconds > _OLD:
        return Check(
            "institutions", State.FAULT, f"events are hidden for {reading.hidden_seconds:.0f} s",
            "see the runbook of DimonaFeedFrozen: end the old transaction",
        )  # fmt: skip
    if reading.behind_seconds > _BEHIND:
        return Check(
            "institutions", State.WAITS, f"the last one is {reading.behind_seconds:.0f} s behind",
            "see the runbook of DimonaInstitutionBehind",
        )  # fmt: skip
    return Check("institutions", State.GOOD, "none is five minutes behind")


def _first(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


_CHECKS: Final[tuple[Callable[[Reading], Check], ...]] = (
    _check_database, _check_broker, _check_consumers, _check_backlog, _check_declarations, _check_cases,
    _check_unsent, _check_deliveries, _check_parked, _check_feed,
)  # fmt: skip
