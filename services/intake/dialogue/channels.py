"""The answers to senders: replies on the queue channel, and answers to forms for the service `files`.

A reply is a CloudEvent with the id and the source of the command that it answers. Its id is derived from its
kind and the Dimona number. The id of a problem reply is derived from the rejected command. So a reply that is
sent again, after a repeated command or a crash, has its first id. On a channel without replies, the sender
reads the result over REST.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from shared.domain.declared import Declaration
from shared.messages import (
    REPLIED_CHANNELS,
    Channel,
    DeclarationProvisional,
    DeclarationRefused,
    DeclarationSettled,
    Delivery,
    FormAnswered,
    ReceivedDeclaration,
    Result,
    derived_id,
    form_of,
)
from shared.runtime.commands import Command, problem_id, problem_reply, reply
from shared.runtime.step import Effect
from shared.topology import CREATE_DECLARATION, reply_queue

RECEIVED: Final = f"{CREATE_DECLARATION}.receivedReply"
INTERMEDIATE: Final = f"{CREATE_DECLARATION}.intermediateReply"
FINAL: Final = f"{CREATE_DECLARATION}.reply"
PROBLEM: Final = f"{CREATE_DECLARATION}.problemReply"
_BY: Final = "intake"
#: A declaration with its result.
Decided = DeclarationSettled | DeclarationProvisional | DeclarationRefused

__all__ = [
    "Addressee",
    "Decided",
    "problem",
    "problem_id",
    "received",
    "reception_of",
    "repeated",
    "result",
    "result_of",
]


@dataclass(frozen=True, slots=True)
class Addressee:
    """The destination of replies: the client, its declaration, and the command that the replies relate to."""

    number: int
    client_id: str
    message_id: str
    message_source: str
    reference: tuple[str, ...] | None = None  #: the sender's own references

    @property
    def relates_to(self) -> tuple[str, str]:
        """The attributes `relatedto` and `relatedtosource` of a reply."""
        return self.message_id, self.message_source


def received(addressee: Addressee, at: datetime) -> Delivery:
    """Return the confirmation of reception, with the Dimona number."""
    own = {"reference": addressee.reference} if addressee.reference else {}
    data = json.dumps({"declarationId": addressee.number, "receivedAt": at.isoformat(), **own})
    id_ = derived_id("receivedReply", addressee.number)
    return reply(id_, RECEIVED, addressee.client_id, addressee.relates_to, _BY, at, data)


def result(addressee: Addressee, at: datetime, answer: str, *, final: bool) -> Delivery:
    """Return the intermediate (S) or the final reply; `answer` is the body of GET /declarations/{id}."""
    type_ = FINAL if final else INTERMEDIATE
    id_ = derived_id("finalReply" if final else "intermediateReply", addressee.number)
    return reply(id_, type_, addressee.client_id, addressee.relates_to, _BY, at, answer)


def reception_of(declaration: ReceivedDeclaration, at: datetime) -> Iterator[Delivery]:
    """Yield the confirmation of reception, if the channel of the declaration has replies."""
    if declaration.sender.channel in REPLIED_CHANNELS:
        yield received(_addressee(declaration), at)


def result_of(decided: Decided, at: datetime, answer: str) -> Iterator[Effect]:
    """Yield the answer to the sender of a declaration, if its channel has answers.

    Args:
        decided: The declaration with its result.
        at: The time of the answer.
        answer: The stored answer, the body of GET /declarations/{id}.
    """
    if answer_on := _ANSWERS.get(decided.declaration.sender.channel):
        yield answer_on(decided, at, answer)


def _reply(decided: Decided, at: datetime, answer: str) -> Delivery:
    final = decided.outcome.result is not Result.PROVISIONAL
    return result(_addressee(decided.declaration), at, answer, final=final)


def _form_answer(decided: Decided, _at: datetime, _answer: str) -> FormAnswered:
    ticket, form = form_of(decided.declaration.sender.message_id)
    settled = decided if isinstance(decided, DeclarationSettled) else None
    return FormAnswered(
        ticket=ticket,
        form=form,
        declaration=decided.declaration,
        outcome=decided.outcome,
        worker=settled.worker if settled else None,
        impact=settled.impact if settled else (),
    )


#: The answer to a result, by channel. The other channels have none.
_ANSWERS: Final[Mapping[Channel, Callable[[Decided, datetime, str], Effect]]] = {
    **dict.fromkeys(REPLIED_CHANNELS, _reply),
    Channel.SFTP: _form_answer,
}


def problem(command: Command[Declaration], at: datetime, document: dict[str, Any]) -> Delivery:
    """Return the problem reply to a command that is not received as a declaration."""
    return problem_reply(command, PROBLEM, _BY, at, document)


def repeated(client_id: str, id_: UUID, type_: str, event: str) -> Delivery:
    """Return an earlier reply to a client once more, with its earlier id and content."""
    return Delivery(id_, reply_queue(client_id), type_, event)


def _addressee(declaration: ReceivedDeclaration) -> Addressee:
    sender = declaration.sender
    own = declaration.declared.reference
    return Addressee(declaration.number, sender.client_id, sender.message_id, sender.message_source, own)
