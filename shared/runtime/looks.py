"""The record of looks at personal data: append-only for every service and operator (ADR 35)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from shared.runtime.database import Connection

_STORE: Final = """
INSERT INTO platform.looks (operation, reader, client_id, organizations, about, reason)
VALUES ($1, $2, $3, $4, $5, $6)"""
_STORE_OWN: Final = """
INSERT INTO platform.looks (operation, reader, organizations, about, reason)
VALUES ($1, session_user, '{}', $2, $3)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look at personal data.

    Attributes:
        operation: Name of the operation.
        reader: User id of a person, or id of a technical client.
        client_id: The program through which a person acts.
        organizations: Enterprise numbers for which the reader looks; empty for all its organizations.
        about: Id of the message or file that is shown; None for a list.
        reason: The reason that the reader typed.
    """

    operation: str
    reader: str
    client_id: str | None = None
    organizations: Sequence[str] = ()
    about: str | None = None
    reason: str | None = None


async def store_look(connection: Connection, look: Look) -> None:
    """Store a look in the transaction that shows the data: if this fails, nothing is shown."""
    await connection.execute(
        _STORE, look.operation, look.reader, look.client_id, look.organizations, look.about, look.reason
    )


async def store_own_look(connection: Connection, operation: str, about: str, reason: str) -> None:
    """Store a look of the operator with the login of this connection, before anything is shown."""
    await connection.execute(_STORE_OWN, operation, about, reason)
