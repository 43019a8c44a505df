"""SQL of persons and of their rights for organizations."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from services.access.directory.rules.granting import Grant
from shared.domain.rights import MessageType, Right
from shared.runtime.database import Connection, Lock, Record, Transaction

_WITH_NUMBER: Final = """
SELECT user_id, family_name, given_name FROM access.person WHERE ssin = $1 ORDER BY place"""
_LOCK_NUMBER: Final = "SELECT pg_advisory_xact_lock($1, hashtext($2))"
_WITH_ID: Final = "SELECT ssin::text FROM access.person WHERE user_id = $1"
_PERSON: Final = """
SELECT user_id, family_name, given_name, language FROM access.person WHERE user_id = $1"""
_NAMES: Final = """
SELECT enterprise_number::text, name FROM access.organization
WHERE enterprise_number = ANY($1::text[]) ORDER BY name, enterprise_number"""
_ADD: Final = """
INSERT INTO access.person (ssin, family_name, given_name, language, phone, email)
VALUES ($1, $2, $3, $4, $5, $6) RETURNING user_id"""
_USERS: Final = """
SELECT p.user_id, p.family_name, p.given_name, p.language,
    array_agg(r.what ORDER BY r.what, r.message_type) AS rights,
    array_agg(r.message_type ORDER BY r.what, r.message_type) AS message_types
FROM access.rights r JOIN access.person p USING (user_id)
WHERE r.enterprise_number = $1 AND ($2::uuid IS NULL OR p.user_id = $2)
GROUP BY p.user_id ORDER BY p.user_id"""
_ROLES: Final = "SELECT what, message_type FROM access.rights WHERE enterprise_number = $1 AND user_id = $2"
_GRANT: Final = """
INSERT INTO access.granted (enterprise_number, user_id, what, message_type, granted_at, granted_by)
SELECT $1, $2, what, message_type, $5, $6 FROM unnest($3::text[], $4::text[]) AS g (what, message_type)"""
_REVOKE: Final = """
UPDATE access.granted t SET revoked_at = $5, revoked_by = $6
FROM unnest($3::text[], $4::text[]) AS g (what, message_type)
WHERE t.enterprise_number = $1 AND t.user_id = $2 AND t.revoked_at IS NULL
    AND t.what = g.what AND t.message_type IS NOT DISTINCT FROM g.message_type"""
_REVOKE_ALL: Final = """
UPDATE access.granted SET revoked_at = $4, revoked_by = $5
WHERE enterprise_number = $1 AND what = $2 AND user_id <> $3 AND revoked_at IS NULL"""
_DESIGNATED: Final = """
INSERT INTO access.designation (enterprise_number, manager, manager_phone, responsible, responsible_phone,
    designated_at, assurance_level)
VALUES ($1, $2, $3, $4, $5, $6, $7)"""


async def with_number(tx: Transaction, ssin: str) -> Sequence[Record]:
    """Return the persons that were stored with this NISS, in the order of storing.

    Lock the NISS until the transaction ends, so that no other transaction adds a person with it.
    """
    await tx.connection.execute(_LOCK_NUMBER, Lock.PERSON, ssin)
    return await tx.connection.fetch(_WITH_NUMBER, ssin)


async def number_of(connection: Connection, user_id: UUID) -> str | None:
    """Return the NISS of a person, or None for an unknown user id."""
    number: str | None = await connection.fetchval(_WITH_ID, user_id)
    return number


async def person(connection: Connection, user_id: UUID) -> Record | None:
    """Return names and language of a person; None for an unknown user id."""
    return await connection.fetchrow(_PERSON, user_id)


async def names_of(connection: Connection, numbers: Collection[str]) -> list[tuple[str, str]]:
    """Return number and name of these organizations, in the order of their names."""
    return [(row["enterprise_number"], row["name"]) for row in await connection.fetch(_NAMES, list(numbers))]


async def add(tx: Transaction, person: Mapping[str, Any]) -> UUID:
    """Store a person and return its user id."""
    columns = ("ssin", "family_name", "given_name", "language", "phone", "email")
    user_id: UUID = await tx.connection.fetchval(_ADD, *(person[column] for column in columns))
    return user_id


async def users(connection: Connection, enterprise_number: str, user_id: UUID | None = None) -> list[Record]:
    """Return the users of an organization with their rights, in the order of their ids.

    With `user_id` return only this user. The list is empty if this person has no right there.
    """
    return await connection.fetch(_USERS, enterprise_number, user_id)


async def grants(connection: Connection, enterprise_number: str, user_id: UUID) -> set[Grant]:
    """Return the rights of a person for an organization."""
    rows = await connection.fetch(_ROLES, enterprise_number, user_id)
    return {(Right(what), MessageType(of) if of is not None else None) for what, of in rows}


async def give(
    tx: Transaction, enterprise_number: str, user_id: UUID, rights: Collection[Grant], by: UUID
) -> None:
    """Store new rights of a person. Raises UniqueViolationError for a right that the person has already."""
    await tx.connection.execute(_GRANT, enterprise_number, user_id, *_columns(rights), tx.now, by)


async def take_back(
    tx: Transaction, enterprise_number: str, user_id: UUID, rights: Collection[Grant], by: UUID
) -> None:
    """End rights of a person. The rows stay, with the instant of the end."""
    await tx.connection.execute(_REVOKE, enterprise_number, user_id, *_columns(rights), tx.now, by)


async def designate(
    tx: Transaction, enterprise_number: str, manager: tuple[UUID, str], responsible: tuple[UUID, str],
    level: int,
) -> None:  # fmt: skip
    """Make a person the principal access manager, in place of the former one.

    Args:
        tx: Transaction.
        enterprise_number: The entity.
        manager: User id and phone of the new manager.
        responsible: User id and phone of the responsible person.
        level: Assurance level of the login of the responsible person.
    """
    new, by = manager[0], responsible[0]
    await tx.connection.execute(_REVOKE_ALL, enterprise_number, Right.ACCESS, new, tx.now, by)
    if (Right.ACCESS, None) not in await grants(tx.connection, enterprise_number, new):
        await give(tx, enterprise_number, new, [(Right.ACCESS, None)], by)
    await tx.connection.execute(_DESIGNATED, enterprise_number, *manager, *responsible, tx.now, level)


def _columns(rights: Collection[Grant]) -> tuple[Sequence[str], Sequence[str | None]]:
    ordered = sorted(rights, key=str)
    return [right for right, _ in ordered], [of for _, of in ordered]
