"""The replies on the queue channel: CloudEvents that relate to the command they answer.

Every id is derived from what the reply is about, so a repeat or a crash sends the same event again.
Who declared through a channel without replies is told nothing here: he asks.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from services.intake.channels.queue import Command
from shared.messages import REPLIED_CHANNELS, Delivery, ReceivedDeclaration, Result, derived_id
from shared.runtime.commands import problem_id, problem_reply, reply
from shared.topology import CREATE_DECLARATION, reply_queue

RECEIVED: Final = f"{CREATE_DECLARATION}.receivedReply"
INTERMEDIATE: Final = f"{CREATE_DECLARATION}.intermediateReply"
FINAL: Final = f"{CREATE_DECLARATION}.reply"
PROBLEM: Final = f"{CREATE_DECLARATION}.problemReply"
_BY: Final = "intake"

__all__ = ["again", "problem", "problem_id", "received", "reception_of", "result", "result_of"]


def received(number: int, client_id: str, message_id: str, message_source: str, at: datetime) -> Delivery:
    """The confirmation of reception, with the Dimona number."""
    data = json.dumps({"declarationId": number, "receivedAt": at.isoformat()})
    id_ = derived_id("receivedReply", number)
    return reply(id_, RECEIVED, client_id, (message_id, message_source), _BY, at, data)


def result(
    number: int, client_id: str, message_id: str, message_source: str, at: datetime, final: bool, answer: str
) -> Delivery:
    """The intermediate reply (S) or the final one; `answer` is the body of GET /declarations/{id}."""
    type_ = FINAL if final else INTERMEDIATE
    id_ = derived_id("finalReply" if final else "intermediateReply", number)
    return reply(id_, type_, client_id, (message_id, message_source), _BY, at, answer)


def reception_of(declaration: ReceivedDeclaration, at: datetime) -> Iterator[Delivery]:
    """The reply that confirms to the sender of a declaration that it was received."""
    sender = declaration.sender
    if sender.channel in REPLIED_CHANNELS:
        yield received(declaration.number, sender.client_id, sender.message_id, sender.message_source, at)


def result_of(
    declaration: ReceivedDeclaration, letter: Result, at: datetime, answer: str
) -> Iterator[Delivery]:
    """The reply that tells the sender of a declaration its result."""
    sender = declaration.sender
    if sender.channel in REPLIED_CHANNELS:
        yield result(
            declaration.number, sender.client_id, sender.message_id, sender.message_source, at,
            letter is not Result.PROVISIONAL, answer,
        )  # fmt: skip


def problem(command: Command, at: datetime, trouble: dict[str, Any]) -> Delivery:
    """The problem reply to a command that could not be received as a declaration."""
    return problem_reply(command, PROBLEM, _BY, at, trouble)


def again(client_id: str, id_: UUID, type_: str, event: str) -> Delivery:
    """A reply as it was sent before."""
    return Delivery(id_, reply_queue(client_id), type_, event)
