"""The types of message that a reader of an e-Box may see, and the audit of refused requests."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from services.notifier.ebox.store.overview import Reader
from shared.domain.rights import MessageType, Right
from shared.runtime.authorization import Actor, Refusal, grants
from shared.runtime.database import Transaction

_STORE_REFUSAL: Final = """
INSERT INTO refusals (refused_at, subject, enterprise_number, operation) VALUES ($1, $2, $3, $4)"""


def reader_of(actor: Actor, enterprise_number: str) -> Reader:
    """Return the actor as a reader of the e-Box of an enterprise.

    A technical client of the enterprise may see all types of message. A person may see the types for which
    this person has a right.
    """
    if actor.organization == enterprise_number:
        return Reader(actor.caller.subject, enterprise_number, frozenset(MessageType))
    types = _types(actor.grants.get(enterprise_number, frozenset()))
    return Reader(actor.caller.subject, enterprise_number, types)


async def types_of(tx: Transaction, user_id: UUID, enterprise_number: str) -> frozenset[MessageType]:
    """Return the message types that a person may see in an e-Box."""
    granted = await grants(tx, user_id, [enterprise_number])
    return _types(granted.get(enterprise_number, frozenset()))


async def store_refusal(tx: Transaction, refusal: Refusal) -> None:
    """Store a refused request in the audit. The request must be about exactly one organization."""
    (enterprise_number,) = refusal.organizations
    await tx.connection.execute(
        _STORE_REFUSAL, tx.now, refusal.caller.subject, enterprise_number, refusal.operation
    )


def _types(rights: frozenset[tuple[Right, str | None]]) -> frozenset[MessageType]:
    named = {message_type for right, message_type in rights if right is Right.EBOX}
    if None in named:
        return frozenset(MessageType)
    return frozenset(MessageType(message_type) for message_type in named if message_type)
