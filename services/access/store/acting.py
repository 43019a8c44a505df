"""Who acts, and for whom he may: asked in the transaction of what he does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from shared.domain.rights import AUTHORITY, Right
from shared.runtime.database import Connection, Lock, Transaction

#: Whoever changes some organizations shares the lock of all of them, which a loaded file takes alone.
_LOCK: Final = """
SELECT pg_advisory_xact_lock_shared($1, 0) UNION ALL
SELECT pg_advisory_xact_lock($1, key)
FROM (SELECT DISTINCT hashtext(number) AS key FROM unnest($2::text[]) AS number ORDER BY key) AS keys"""
_PERSON: Final = "SELECT set_config('access.changed_by', $1, TRUE)"
_RIGHTS: Final = """
SELECT enterprise_number::text, what FROM access.rights
WHERE user_id = $1 AND ($2::text[] IS NULL OR enterprise_number = ANY($2::text[]))"""
_CLIENT: Final = "SELECT organization::text FROM access.client WHERE client_id = $1"
_REFUSED: Final = """
INSERT INTO access.refusal (refused_at, caller, client_id, operation, parties, reason)
VALUES ($1, $2, $3, $4, $5, $6)"""


@dataclass(frozen=True, slots=True)
class Actor:
    """A person, with what he may do now for each organization; or the program of one organization."""

    user_id: UUID | None
    organization: str | None = None  #: that a technical client speaks for
    rights: Mapping[str, frozenset[Right]] = field(default_factory=dict)

    def rights_in(self, enterprise_number: str) -> frozenset[Right]:
        """What he may do for an organization; an agent is one everywhere."""
        agent = self.rights.get(AUTHORITY, frozenset()) & {Right.AGENT}
        return self.rights.get(enterprise_number, frozenset()) - {Right.AGENT} | agent

    @property
    def organizations(self) -> frozenset[str]:
        """The organizations for which he may do anything."""
        return frozenset(self.rights) | ({self.organization} if self.organization else frozenset())


async def lock(tx: Transaction, enterprise_numbers: Sequence[str]) -> None:
    """Let nobody else change these organizations, or who may act for them, until this is committed."""
    await tx.connection.execute(_LOCK, Lock.DIRECTORY, list(enterprise_numbers))


async def lock_all(connection: Connection) -> None:
    """Let nobody else change the directory until this is committed."""
    await connection.execute("SELECT pg_advisory_xact_lock($1, 0)", Lock.DIRECTORY)


async def person(tx: Transaction, user_id: UUID, enterprise_numbers: Sequence[str] | None = None) -> Actor:
    """A person with his rights in these organizations (in all of them, if none are named).

    What changes from here on is remembered as changed by him.
    """
    await tx.connection.execute(_PERSON, str(user_id))
    numbers = None if enterprise_numbers is None else [*enterprise_numbers, AUTHORITY]
    rights: dict[str, set[Right]] = {}
    for row in await tx.connection.fetch(_RIGHTS, user_id, numbers):
        rights.setdefault(row["enterprise_number"], set()).add(Right(row["what"]))
    return Actor(user_id, rights={number: frozenset(found) for number, found in rights.items()})


async def client(connection: Connection, client_id: str) -> Actor:
    """A technical client, for its organization."""
    return Actor(None, organization=await connection.fetchval(_CLIENT, client_id))


async def refused(
    tx: Transaction, caller: str, client_id: str, operation: str, parties: Sequence[str], reason: str
) -> None:
    """Write down that somebody wanted to do what he may not."""
    await tx.connection.execute(_REFUSED, tx.now, caller, client_id, operation, list(parties), reason)
