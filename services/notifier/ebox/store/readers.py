"""The rights of callers in an e-Box, read from the directory on every request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from services.notifier.ebox.store.overview import Reader
from shared.domain.rights import AUTHORITY, MessageType, Right
from shared.runtime.database import Transaction
from shared.runtime.tokens import Caller

_RIGHTS: Final = """
SELECT what, message_type FROM access.rights
WHERE user_id::text = $1 AND enterprise_number = $2 AND what IN ('ebox', 'eboxManagement')"""
_IS_CLIENT: Final = """
SELECT EXISTS (SELECT FROM access.clients WHERE client_id = $1 AND organization = $2)"""
_MAY: Final = """
SELECT EXISTS (SELECT FROM access.rights WHERE user_id::text = $1 AND enterprise_number = $2 AND what = $3)"""


_REFUSED: Final = """
INSERT INTO refusals (refused_at, subject, enterprise_number, operation) VALUES ($1, $2, $3, $4)"""


@dataclass(frozen=True, slots=True)
class Visit:
    """The rights of a caller in an e-Box: the readable types, and the right to manage it."""

    reader: Reader
    manages: bool


async def visit(tx: Transaction, caller: Caller, enterprise_number: str) -> Visit | None:
    """Return the rights of a caller in the e-Box of an enterprise, or None without any.

    A technical client of the enterprise sees everything, because it is a program of the enterprise.
    """
    if not caller.is_person:
        if not await tx.connection.fetchval(_IS_CLIENT, caller.subject, enterprise_number):
            return None
        return Visit(Reader(caller.subject, enterprise_number, frozenset(MessageType)), manages=True)
    rows = await tx.connection.fetch(_RIGHTS, caller.subject, enterprise_number)
    if not rows:
        return None
    named = {row["message_type"] for row in rows if row["what"] == Right.EBOX}
    types = frozenset(MessageType) if None in named else frozenset(MessageType(each) for each in named)
    manages = any(row["what"] == Right.EBOX_MANAGEMENT for row in rows)
    return Visit(Reader(caller.subject, enterprise_number, types), manages)


async def types_of(tx: Transaction, user_id: str, enterprise_number: str) -> frozenset[MessageType]:
    """Return the types of message that a person may see in an e-Box."""
    found = await visit(tx, Caller(user_id, "", frozenset(), level=1), enterprise_number)
    return frozenset() if found is None else frozenset(found.reader.types)


async def is_agent(tx: Transaction, caller: Caller) -> bool:
    """Return whether a caller is an agent of the authority."""
    found: bool = await tx.connection.fetchval(_MAY, caller.subject, AUTHORITY, Right.AGENT)
    return found


async def refused(tx: Transaction, caller: Caller, enterprise_number: str, operation: str) -> None:
    """Store a refused request."""
    await tx.connection.execute(_REFUSED, tx.now, caller.subject, enterprise_number, operation)
