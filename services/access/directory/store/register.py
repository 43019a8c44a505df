"""SQL of the register of enterprises, and of registrations that wait for a decision."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from shared.domain.calendar import local_date
from shared.runtime.database import Connection, Record, Transaction

#: A repeat, or an older change that arrives late, has no effect.
_PUT: Final = """
INSERT INTO access.enterprise AS t (enterprise_number, name, representatives, ended_on, sequence)
SELECT DISTINCT ON (enterprise_number) enterprise_number, name, representatives, ended_on, sequence
FROM jsonb_to_recordset($1::jsonb) AS r (enterprise_number text, name text, representatives text[],
    ended_on date, sequence bigint)
ORDER BY enterprise_number, sequence DESC
ON CONFLICT (enterprise_number) DO UPDATE SET name = excluded.name,
    representatives = excluded.representatives, ended_on = excluded.ended_on, sequence = excluded.sequence
WHERE t.sequence < excluded.sequence"""
_REPRESENTS: Final = """
SELECT EXISTS (
    SELECT FROM access.enterprise e JOIN access.person p ON p.ssin = ANY(e.representatives)
    WHERE e.enterprise_number = $1 AND p.user_id = $2
        AND NOT EXISTS (SELECT FROM access.person o WHERE o.ssin = p.ssin AND o.place < p.place)
        AND (e.ended_on IS NULL OR e.ended_on >= $3::date))"""
_COLUMNS: Final = """
registration_id AS id, enterprise_number::text, registrant,
    concat_ws(' ', p.given_name, p.family_name) AS registrant_name, requested::text, requested_at, status,
    decided_at"""
_REGISTRATIONS: Final = "access.registration r JOIN access.person p ON p.user_id = r.registrant"
_ASK: Final = """
INSERT INTO access.registration (enterprise_number, registrant, requested, requested_at)
VALUES ($1, $2, $3, $4)
ON CONFLICT (enterprise_number, registrant) WHERE status = 'pending' DO NOTHING"""
_WAITING: Final = "SELECT count(*) FROM access.registration WHERE registrant = $1 AND status = 'pending'"
_OF: Final = f"""
SELECT {_COLUMNS} FROM {_REGISTRATIONS}
WHERE enterprise_number = $1 AND registrant = $2 AND status = 'pending'"""  # noqa: S608 - our own columns
_READ: Final = f"SELECT {_COLUMNS} FROM {_REGISTRATIONS} WHERE registration_id = $1"  # noqa: S608
_OF_REGISTRANT: Final = f"""
SELECT {_COLUMNS} FROM {_REGISTRATIONS} WHERE registrant = $1
ORDER BY requested_at DESC LIMIT 100"""  # noqa: S608 - our own columns
_PENDING: Final = f"""
SELECT {_COLUMNS} FROM {_REGISTRATIONS} WHERE status = 'pending' AND registration_id > $1
ORDER BY registration_id LIMIT $2"""  # noqa: S608 - our own columns
_CONFIRMED: Final = f"""
SELECT {_COLUMNS} FROM {_REGISTRATIONS}
WHERE status = 'pending' AND enterprise_number = ANY($1::text[])
ORDER BY requested_at"""  # noqa: S608 - our own columns
_DECIDE: Final = """
UPDATE access.registration SET status = $2, decided_at = $3, decided_by = $4 WHERE registration_id = $1"""
_REFUSE_OTHERS: Final = """
UPDATE access.registration SET status = 'refused', decided_at = $2, decided_by = $3
WHERE enterprise_number = $1 AND status = 'pending'"""

_NONE: Final = UUID(int=0)


async def put_enterprises(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store rows of the register of enterprises.

    A row has no effect if the stored row of this enterprise is equally new or newer.
    """
    await connection.execute(_PUT, json.dumps(list(rows)))


async def represents(tx: Transaction, enterprise_number: str, user_id: UUID) -> bool:
    """Return whether the register names a person as a representative of an enterprise that has not ended.

    Of several persons stored with one NISS, only the first can be a representative.
    """
    return bool(await tx.connection.fetchval(_REPRESENTS, enterprise_number, user_id, local_date(tx.now)))


async def waiting(connection: Connection, registrant: UUID) -> int:
    """Return how many registrations of a person are pending."""
    return int(await connection.fetchval(_WAITING, registrant))


async def request(tx: Transaction, enterprise_number: str, registrant: UUID, requested: str) -> Record:
    """Store a registration as pending and return it.

    If this person has a pending registration of this enterprise already, return that one and store nothing.
    """
    await tx.connection.execute(_ASK, enterprise_number, registrant, requested, tx.now)
    row = await tx.connection.fetchrow(_OF, enterprise_number, registrant)
    assert row is not None
    return row


async def read(connection: Connection, registration_id: UUID) -> Record | None:
    """Return a registration, or None for an unknown id."""
    return await connection.fetchrow(_READ, registration_id)


async def of_registrant(connection: Connection, registrant: UUID) -> list[Record]:
    """Return the newest hundred registrations of a person, the newest first."""
    return await connection.fetch(_OF_REGISTRANT, registrant)


async def pending(connection: Connection, after: UUID | None, limit: int) -> list[Record]:
    """Return up to `limit` pending registrations, in the order of their ids.

    `after` is the id of the last registration on the page before; None for the first page.
    """
    return await connection.fetch(_PENDING, after or _NONE, limit)


async def pending_for(connection: Connection, enterprise_numbers: Sequence[str]) -> list[Record]:
    """Return the pending registrations of these enterprises, the oldest first."""
    return await connection.fetch(_CONFIRMED, list(enterprise_numbers))


async def decide(tx: Transaction, registration_id: UUID, status: str, agent: UUID | None) -> None:
    """Store the decision about a registration; `agent` is None if the register of enterprises decided it."""
    await tx.connection.execute(_DECIDE, registration_id, status, tx.now, agent)


async def refuse_others(tx: Transaction, enterprise_number: str, agent: UUID | None) -> None:
    """Refuse all pending registrations of an enterprise, because it is registered as an employer now."""
    await tx.connection.execute(_REFUSE_OTHERS, enterprise_number, tx.now, agent)
