"""SQL of technical clients, their scopes and their broker accounts."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from shared.runtime.database import Connection, Record, Transaction

_OF: Final = """
SELECT c.client_id AS id, c.organization::text, c.queue,
    ARRAY(SELECT s.scope FROM access.client_scope s
          WHERE s.client_id = c.client_id AND s.grant_type = 'client_credentials' ORDER BY s.scope) AS scopes,
    CASE WHEN NOT c.queue THEN NULL WHEN a.client_id IS NULL THEN 'byOperator'
         WHEN a.applied < a.version THEN 'pending' WHEN a.password_hash IS NULL THEN 'noPassword'
         ELSE 'ready' END AS account,
    EXISTS (SELECT FROM access.client_block b WHERE b.client_id = c.client_id AND b.blocked) AS blocked
FROM access.client c LEFT JOIN access.broker_account a USING (client_id)
WHERE c.organization = $1 AND ($2::text IS NULL OR c.client_id = $2) ORDER BY c.client_id"""
_ADD: Final = "INSERT INTO access.client (client_id, organization, queue) VALUES ($1, $2, $3)"
_QUEUE: Final = """
UPDATE access.client SET queue = $3 WHERE organization = $1 AND client_id = $2 AND queue <> $3"""
_REMOVE_SCOPES: Final = """
DELETE FROM access.client_scope
WHERE client_id = $1 AND grant_type = 'client_credentials' AND scope = ANY($2::text[])
    AND scope <> ALL($3::text[])"""
_ADD_SCOPES: Final = """
INSERT INTO access.client_scope (client_id, grant_type, scope)
SELECT $1, 'client_credentials', unnest($2::text[]) ON CONFLICT DO NOTHING"""
_OTHER_ACCOUNTS: Final = """
SELECT count(*) FROM access.broker_account a JOIN access.client c USING (client_id)
WHERE c.organization = $1 AND a.client_id <> $2"""
_RENEW: Final = """
INSERT INTO access.broker_account AS a (client_id, password_hash) VALUES ($1, $2)
ON CONFLICT (client_id) DO UPDATE SET password_hash = excluded.password_hash, version = a.version + 1"""


async def of(connection: Connection, organization: str, client_id: str | None = None) -> list[Record]:
    """Return the technical clients of an organization as a list, in the order of their ids.

    With `client_id` return only this client. The list is empty if the organization has no such client.
    """
    return await connection.fetch(_OF, organization, client_id)


async def add(tx: Transaction, organization: str, client_id: str, *, queue: bool) -> None:
    """Store a new technical client of an organization, with or without a reply queue."""
    await tx.connection.execute(_ADD, client_id, organization, queue)


async def set_queue(tx: Transaction, organization: str, client_id: str, *, queue: bool) -> None:
    """Set whether a client has a reply queue. A trigger of the database changes its broker account."""
    await tx.connection.execute(_QUEUE, organization, client_id, queue)


async def set_scopes(
    tx: Transaction, client_id: str, scopes: Collection[str], among: Collection[str]
) -> None:
    """Give a client these `scopes`, and remove its other scopes that are in `among`.

    Its scopes that are in neither collection stay.
    """
    await tx.connection.execute(_REMOVE_SCOPES, client_id, list(among), list(scopes))
    await tx.connection.execute(_ADD_SCOPES, client_id, list(scopes))


async def other_accounts(connection: Connection, organization: str, client_id: str) -> int:
    """Return the number of other clients of an organization that have a queue, or had one earlier.

    Queues of accounts that an operator made do not count.
    """
    number: int = await connection.fetchval(_OTHER_ACCOUNTS, organization, client_id)
    return number


async def set_password(tx: Transaction, client_id: str, hashed: str) -> None:
    """Store the hash of a new password of a client's broker user. The provisioner sends it to the broker."""
    await tx.connection.execute(_RENEW, client_id, hashed)
