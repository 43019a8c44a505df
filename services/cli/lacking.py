"""The messages that declarations lack, made again from the stores of the services (ADR 38)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from services.identification.commands import find_identified, messages_of_cases
from services.intake.commands import load_received, load_refusals
from services.ledger.commands import Lacking
from services.notifier.commands import Notified, load_notified
from services.personnel_file.commands import Settled, load_settled
from shared.domain.declared import Kind
from shared.messages import (
    ChangeAdmitted,
    DeclarationAdmitted,
    DeclarationRefused,
    DeclarationSettled,
    Message,
    NotificationDeposited,
    Outcome,
    ReceivedDeclaration,
)
from shared.runtime.database import Connection

_OF_CASES: Final = (Lacking.IDENTIFIED, Lacking.PROVISIONAL)


@dataclass(frozen=True, slots=True)
class _Ends:
    """The stored ends of declarations, by number."""

    settled: Mapping[int, Settled]
    refused: Mapping[int, Outcome]
    notified: Mapping[int, Notified]


async def make_messages(
    connection: Connection, lacks: Mapping[int, Lacking]
) -> tuple[list[Message], list[int]]:
    """Return the lacking message of each declaration, in the order of `lacks`.

    Identifications that cannot be ended again are opened again; their numbers are returned second. It needs
    an open transaction.
    """
    of_cases, reopened = await messages_of_cases(connection, _of(lacks, *_OF_CASES))
    received = await load_received(connection, [n for n, what in lacks.items() if what not in _OF_CASES])
    ends = await _load_ends(connection, lacks, received)
    made = {
        **{message.declaration.number: message for message in of_cases},
        **{number: _message(lacks[number], one, ends) for number, one in received.items()},
    }
    return [made[number] for number in lacks if number in made], reopened


async def _load_ends(
    connection: Connection, lacks: Mapping[int, Lacking], received: Mapping[int, ReceivedDeclaration]
) -> _Ends:
    """Load the ends. The worker of an IN without a period is looked up in the register."""
    ended = _of(lacks, Lacking.SETTLED, Lacking.DEPOSITED)
    settled = await load_settled(connection, {number: received[number].declared for number in ended})
    unnamed = [
        received[number]
        for number, one in settled.items()
        if one.worker is None and received[number].declared.kind is Kind.IN
    ]
    workers = await find_identified(connection, unnamed) if unnamed else {}
    settled |= {number: Settled(settled[number].outcome, worker) for number, worker in workers.items()}
    refused = await load_refusals(connection, _of(lacks, Lacking.REFUSED))
    notified = await load_notified(connection, _of(lacks, Lacking.DEPOSITED))
    return _Ends(settled, refused, {one.number: one for one in notified})


def _of(lacks: Mapping[int, Lacking], *kinds: Lacking) -> Sequence[int]:
    return [number for number, what in lacks.items() if what in kinds]


def _message(what: Lacking, declaration: ReceivedDeclaration, ends: _Ends) -> Message:
    number = declaration.number
    if what is Lacking.ADMITTED:
        kind = declaration.declared.kind
        return (DeclarationAdmitted if kind is Kind.IN else ChangeAdmitted)(declaration=declaration)
    if what is Lacking.SETTLED:
        end = ends.settled[number]
        return DeclarationSettled(declaration=declaration, outcome=end.outcome, worker=end.worker)
    if what is Lacking.REFUSED:
        outcome = ends.refused[number]
        found = declaration.model_copy(update={"anomalies": outcome.anomalies})
        return DeclarationRefused(declaration=found, outcome=outcome)
    return _deposited(declaration, ends.notified[number], ends.settled.get(number))


def _deposited(
    declaration: ReceivedDeclaration, notified: Notified, settled: Settled | None
) -> NotificationDeposited:
    worker = settled.worker if settled else None
    return NotificationDeposited(
        notification_id=notified.id,
        number=declaration.number,
        employer=declaration.employer.enterprise_number if declaration.employer else None,
        addressee=notified.addressee,
        result=notified.result,
        ssin=worker.ssin if worker else None,
        available_at=notified.issued_at,
        deadline=notified.deadline,
    )
