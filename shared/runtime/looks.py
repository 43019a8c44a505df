"""The record of looks at personal data: append-only for every service and operator (ADR 35)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from shared.runtime.database import Connection

_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
_STORE: Final = """
INSERT INTO platform.looks (operation, reader, client_id, organizations, about, reason)
VALUES ($1, $2, $3, $4, $5, $6)"""
_STORE_PARKED: Final = """
SELECT platform.store_parked_look($1, $2, $3, $4)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look at personal data.

    Attributes:
        operation: Name of the operation.
        reader: User id of a person, or id of a technical client.
        client_id: The program through which a person acts.
        organizations: Enterprise numbers for which the reader looks.
        about: Id of the message, file, user or case that is shown; None for a list.
        reason: The reason that the reader typed.
    """

    operation: str
    reader: str
    client_id: str | None = None
    organizations: Sequence[str] = ()
    about: str | None = None
    reason: str | None = None


def id_in(values: Iterable[object]) -> str | None:
    """Return the last UUID among the parameters of a path; None without one.

    Other parameters are not returned, because a caller may send the number of a person in their place.
    """
    found = [text for text in map(str, values) if _UUID.fullmatch(text)]
    return found[-1].lower() if found else None


async def store_look(connection: Connection, look: Look) -> None:
    """Store a look in the transaction that shows the data: if this fails, nothing is shown."""
    await connection.execute(
        _STORE, look.operation, look.reader, look.client_id, look.organizations, look.about, look.reason
    )


async def store_parked_look(
    connection: Connection, operation: str, about: str, reason: str, numbers: Sequence[str]
) -> None:
    """Store a look of the operator with this login at a parked message, before anything is shown.

    Args:
        connection: The connection with the login of the operator.
        operation: Name of the command.
        about: Id of the message.
        reason: The reason that the operator typed.
        numbers: The NISS in the message; the database stores keyed codes of them.
    """
    await connection.execute(_STORE_PARKED, operation, about, reason, list(numbers))
