"""Enrollment of the phones that may declare for a technical client (ADR 29)."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from services.access.clients.handler import check_changeable, check_owner
from services.access.clients.store import phones
from services.access.problems import conflict
from services.access.shape import shown
from shared.domain.phones import PIN_DIGITS, number_code, pin_code
from shared.runtime.authorization import Actor, not_found
from shared.runtime.database import Transaction

#: Most phones of one client at a time.
MOST_PHONES: Final = 20


async def list_phones(tx: Transaction, number: str, client_id: str) -> list[dict[str, Any]]:
    """Return all phones of a client, also ended ones, without their numbers.

    Raises ProblemError (404) if the organization has no such client.
    """
    await check_owner(tx.connection, number, client_id)
    return [shown(row, "phone_id") for row in await phones.phones(tx.connection, client_id)]


async def add_phone(
    tx: Transaction, actor: Actor, key: bytes, number: str, client_id: str, phone: tuple[str, str, str]
) -> dict[str, Any]:
    """Enroll a phone; return it with its PIN, which is random and shown only here.

    Another client, also of another organization, may have this phone too: the PIN decides between them. So
    the answer does not reveal which phones others have.

    Args:
        tx: The transaction of the request.
        actor: The access manager.
        key: The key of the codes.
        number: Enterprise number of the organization.
        client_id: The client that the phone declares for.
        phone: Its canonical number, its label and its language.

    Raises:
        ProblemError: 404 if the organization has no such client, 409 for a phone that the client has,
            for too many phones, or for a blocked client.
    """
    await check_changeable(tx.connection, number, client_id)
    if await phones.count(tx.connection, client_id) >= MOST_PHONES:
        raise conflict(f"At most {MOST_PHONES} phones of one client")
    telephone, label, language = phone
    pin = f"{secrets.randbelow(10**PIN_DIGITS):0{PIN_DIGITS}}"
    codes = number_code(key, telephone), pin_code(key, telephone, pin)
    row = await phones.add_phone(tx.connection, client_id, (label, language), codes, actor.user_id)
    if row is None:
        raise conflict("The client has this phone: end it first")
    return shown(row, "phone_id") | {"pin": pin}


async def end_phone(
    tx: Transaction, number: str, client_id: str, phone_id: UUID, user_id: UUID | None
) -> None:
    """End a phone at once. Raises ProblemError (404) if the organization has no such client or phone."""
    await check_owner(tx.connection, number, client_id)
    if not await phones.end_phone(tx.connection, client_id, phone_id, datetime.now(UTC), user_id):
        raise not_found()
