"""SQL of the activity log of an organization: changes of the directory and looks, the newest first."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from shared.runtime.database import Connection, Record

#: Names only of persons that have, or had, a right in the organization: others are not its users.
_CHANGES: Final = """
SELECT h.id, h.event_id, h.type, h.before::text, h.after::text, h.changed_at, h.changed_by,
    a.family_name, a.given_name, s.family_name AS subject_family_name, s.given_name AS subject_given_name
FROM access.history h
LEFT JOIN access.person a ON a.user_id = h.changed_by
    AND EXISTS (SELECT FROM access.granted g WHERE g.user_id = a.user_id AND g.enterprise_number = $1)
LEFT JOIN access.person s ON h.type LIKE 'rights.%'
    AND s.user_id = (coalesce(h.after, h.before) ->> 'user_id')::uuid
WHERE h.parties && ARRAY[$1::text] AND h.id < $2::bigint
ORDER BY h.id DESC LIMIT $3"""
_LOOKS: Final = """
SELECT l.look_id, l.looked_at, l.operation, l.reader, l.user_id,
    (SELECT p.family_name FROM access.person p WHERE p.user_id = l.user_id) AS family_name,
    (SELECT p.given_name FROM access.person p WHERE p.user_id = l.user_id) AS given_name
FROM access.looks_of_organization($1, $2, $3, $4) l
ORDER BY l.looked_at DESC, l.look_id DESC"""


async def changes(connection: Connection, number: str, before: int, limit: int) -> list[Record]:
    """Return up to `limit` changes of an organization before an id, the newest first.

    Each has the names of its author and, for a right, of its holder; null for a person of others.
    """
    return await connection.fetch(_CHANGES, number, before, limit)


async def looks(
    connection: Connection, number: str, before: tuple[datetime, int], limit: int
) -> list[Record]:
    """Return up to `limit` looks of users and clients of an organization before a place, the newest first.

    `before` is instant and id of the last look on the page before.
    """
    return await connection.fetch(_LOOKS, number, *before, limit)
