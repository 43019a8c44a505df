"""Registration of technical clients and of their public keys."""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from services.access.clients.store import clients, keys
from services.access.finding import Finding
from services.access.problems import check, conflict
from services.access.scopes import DEFAULT, GIVEN_SCOPES, GivenScope
from services.access.shape import shown
from shared.definitions import password_hash
from shared.runtime.authorization import Actor, not_found
from shared.runtime.database import Connection, Record, Transaction
from shared.runtime.keys import KeyRefusedError, PublicKey, read_public_key

_BLOCKED: Final = "An operator has blocked a client of this organization: contact the authority"
_WHY: Final = {
    "known": "The client has, or had, this key: make a new one",
    "full": "The client has two keys for that time: end one of them first",
}
#: Most clients of an organization that have, or had, a queue. Former queues count: they are not deleted.
MOST_QUEUES: Final = 5
#: Most clients of one organization. Other limits count per client, so many clients multiply them.
MOST_CLIENTS: Final = 20
#: Ids that the directory gives. Other clients have their broker account from an operator.
_OWN_ID: Final = re.compile(r"client_[0-9a-f]{20}")


async def list_clients(tx: Transaction, number: str) -> list[dict[str, Any]]:
    """Return the clients of an organization as the API shows them."""
    return await _shown(tx.connection, await clients.of(tx.connection, number))


async def read_client(tx: Transaction, number: str, client_id: str) -> dict[str, Any]:
    """Return a client as the API shows it.

    Raises ProblemError (404) if the organization has no client with this id.
    """
    rows = await clients.of(tx.connection, number, client_id)
    if not rows:
        raise not_found()
    return (await _shown(tx.connection, rows))[0]


async def add_client(
    tx: Transaction, number: str, *, queue: bool, scopes: Collection[GivenScope]
) -> dict[str, Any]:
    """Register a client, with or without a reply queue, and return it as the API shows it.

    Raises ProblemError (409) if the organization has too many clients, too many with a queue, or one that an
    operator has blocked.
    """
    there = await clients.of(tx.connection, number)
    if len(there) >= MOST_CLIENTS:
        raise conflict(f"At most {MOST_CLIENTS} clients of one organization")
    if any(row["blocked"] for row in there):
        raise conflict(_BLOCKED)  # the new one would take the place of the blocked one
    client_id = f"client_{secrets.token_hex(10)}"
    if queue:
        await _check_room(tx.connection, number, client_id)
    await clients.add(tx, number, client_id, queue=queue)
    await clients.set_scopes(tx, client_id, scopes, GIVEN_SCOPES)
    return await read_client(tx, number, client_id)


async def change_client(
    tx: Transaction,
    number: str,
    client_id: str,
    *,
    queue: bool | None,
    scopes: Collection[GivenScope] | None,
) -> dict[str, Any]:
    """Change the reply queue or the scopes of a client, and return it. None leaves a value unchanged.

    Raises ProblemError: 404 if the organization has no such client, 409 for too many queues and for a blocked
    client.
    """
    await check_changeable(tx.connection, number, client_id)
    if queue is not None:
        if queue:
            await _check_room(tx.connection, number, client_id)
        await clients.set_queue(tx, number, client_id, queue=queue)
    if scopes is not None:
        await clients.set_scopes(tx, client_id, scopes, GIVEN_SCOPES)
    return await read_client(tx, number, client_id)


async def renew_password(tx: Transaction, number: str, client_id: str) -> str:
    """Make a new password for a client's broker user and return it; the database stores only its hash.

    The provisioner then replaces the user at the broker, and so ends its connections.

    Raises:
        ProblemError: 404 if the organization has no such client; 409 for a client without a queue, for an
            account that an operator made, for a blocked client, and for too many queues.
    """
    await check_changeable(tx.connection, number, client_id)
    client = await read_client(tx, number, client_id)
    if not _OWN_ID.fullmatch(client_id):
        raise conflict("An operator made the broker account of this client, and changes its password")
    if not client["queue"]:
        raise conflict("The client has no queue: give it one first")
    await _check_room(tx.connection, number, client_id)
    password = secrets.token_urlsafe(32)
    await clients.set_password(tx, client_id, password_hash(password, secrets.token_bytes(4)))
    return password


async def _check_room(connection: Connection, number: str, client_id: str) -> None:
    """Raise ProblemError (409) if five other clients of the organization have a queue, or had one earlier."""
    if await clients.other_accounts(connection, number, client_id) >= MOST_QUEUES:
        raise conflict(f"At most {MOST_QUEUES} clients have, or had, a queue: give it back to one of them")


async def _shown(connection: Connection, rows: Sequence[Record]) -> list[dict[str, Any]]:
    """Return clients as the API shows them, with all scopes, and with keys that are or will be valid."""
    found = await keys.valid_keys(connection, [row["id"] for row in rows])
    return [
        shown(row)
        | {
            "scopes": [*DEFAULT, *row["scopes"]],
            "keys": [shown(_without_client(key), "key_id") for key in found if key["client_id"] == row["id"]],
        }
        for row in rows
    ]


def _without_client(key: Record) -> dict[str, Any]:
    return {name: value for name, value in key.items() if name != "client_id"}


async def list_keys(tx: Transaction, number: str, client_id: str) -> list[dict[str, Any]]:
    """Return all keys of a client, also ended keys.

    Raises ProblemError (404) if the organization has no such client.
    """
    await check_owner(tx.connection, number, client_id)
    return [shown(row, "key_id") for row in await keys.keys(tx.connection, client_id)]


async def add_key(
    tx: Transaction,
    actor: Actor,
    number: str,
    client_id: str,
    term: tuple[PublicKey, datetime, datetime | None],
) -> dict[str, Any]:
    """Register a public key of a client, and return the key as the API shows it.

    `term` is the key with the instants from which and until which it is valid (None: no end). Raises
    ProblemError: 404 if the organization has no such client; 409 if the client has two keys for that time,
    has or had this key, or is blocked.
    """
    key, since, until = term
    await check_changeable(tx.connection, number, client_id)
    outcome = await keys.add_key(tx.connection, client_id, key, since, until, actor.user_id)
    if outcome != "added":
        raise conflict(_WHY[outcome])
    rows = await keys.keys(tx.connection, client_id)
    return shown(next(row for row in rows if row["key_id"] == key.id), "key_id")


async def end_key(tx: Transaction, number: str, client_id: str, key_id: str, user_id: UUID | None) -> None:
    """End a key of a client at once. `user_id` is the person that ends it; None for a caller without user id.

    Raises ProblemError (404) if the organization has no such client, or the client has no such key.
    """
    await check_owner(tx.connection, number, client_id)
    if not await keys.end_key(tx.connection, client_id, key_id, datetime.now(UTC), user_id):
        raise not_found()


def read_key(
    text: str, field: str, valid_until: datetime | None
) -> tuple[PublicKey, datetime, datetime | None]:
    """Return a public key, and the instants from which and until which it is valid.

    The second instant is None for a key without end. The key is valid from now at the earliest, and only
    within the term of its certificate.

    Args:
        text: PEM certificate or JWK.
        field: Field of the request that holds the text.
        valid_until: End that the request asks for; None if it asks for none.

    Raises:
        ProblemError: 400 for a text that is no public key, or for a key that would never be valid.
    """
    try:
        key = read_public_key(text)
    except KeyRefusedError as error:
        check([Finding("invalid_input", (field,), str(error))])
        raise
    now = datetime.now(UTC)
    since = max(now, key.not_before or now)
    until = min((end for end in (key.not_after, valid_until) if end is not None), default=None)
    if until is not None and until <= since:
        wrong = field if until == key.not_after else "validUntil"
        check([Finding("invalid_period", (wrong,), "The key would never be valid")])
    return key, since, until


async def check_owner(connection: Connection, organization: str, client_id: str) -> None:
    """Raise ProblemError (404) unless the client belongs to the organization."""
    if not await clients.of(connection, organization, client_id):
        raise not_found()


async def check_changeable(connection: Connection, organization: str, client_id: str) -> None:
    """Raise ProblemError: 404 unless the client belongs to the organization, 409 if it is blocked."""
    rows = await clients.of(connection, organization, client_id)
    if not rows:
        raise not_found()
    if rows[0]["blocked"]:
        raise conflict(_BLOCKED)
