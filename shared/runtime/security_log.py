"""The security log: authentications and refusals, by pseudonym, append-only for every service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from shared.runtime import metrics
from shared.runtime.database import Connection, Dsn, Pool, connect

Kind = Literal["password", "totp", "logout", "token", "revocation", "refusal"]

_STORE: Final = """
INSERT INTO platform.security_log (event, outcome, subject, client_id, operation, source)
VALUES ($1, $2, $3, $4, $5, $6)"""

#: In pieces, so that no statement takes long.
_DELETE: Final = """
DELETE FROM platform.security_log WHERE event_id = ANY(ARRAY(
    SELECT event_id FROM platform.security_log
    WHERE happened_at < platform.now() - make_interval(days => $1) LIMIT 10000))
  AND NOT EXISTS (SELECT FROM platform.holds h
    WHERE h.table_name = 'platform.security_log' AND h.released_at IS NULL)"""


@dataclass(frozen=True, slots=True)
class SecurityEvent:
    """One authentication or refusal.

    Attributes:
        kind: The kind of the event.
        outcome: `right`, `wrong`, `issued`, `done`, `refused`, or an error code of OAuth.
        subject: User id or client id; for an unknown name a keyed hash of it.
        client_id: Client through which a person acts.
        operation: Operation that was refused.
        source: Keyed hash of the network address.
    """

    kind: Kind
    outcome: str
    subject: str
    client_id: str | None = None
    operation: str | None = None
    source: bytes | None = None


async def store_event(connection: Connection | Pool, event: SecurityEvent) -> None:
    """Store an event and count it."""
    source = None if event.source is None else event.source.hex()[:16]
    await connection.execute(
        _STORE, event.kind, event.outcome, event.subject, event.client_id, event.operation, source
    )
    metrics.SECURITY_EVENTS.labels(event.kind, event.outcome).inc()


async def delete_older(dsn: Dsn, days: int) -> int:
    """Delete the events older than `days` days, as the owner of the table. Return their number.

    A hold of the table keeps all events.
    """
    connection, deleted = await connect(dsn), 0
    try:
        while count := int((await connection.execute(_DELETE, days)).removeprefix("DELETE ")):
            deleted += count
    finally:
        await connection.close()
    return deleted
