"""Users of organizations, and the rights that they have there."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from services.access.directory.handler.people import PersonData, find_or_add_person
from services.access.directory.rules import granting
from services.access.directory.rules.granting import Grant
from services.access.directory.store import persons
from services.access.problems import conflict
from shared.runtime.authorization import Actor, RefusedError, not_found
from shared.runtime.database import Record, Transaction


async def list_users(tx: Transaction, number: str) -> list[dict[str, Any]]:
    """Return the users of an organization with their rights."""
    return [_shown_user(row) for row in await persons.users(tx.connection, number)]


async def read_user(tx: Transaction, number: str, user_id: UUID) -> dict[str, Any]:
    """Return a user of an organization with the rights there.

    Raises ProblemError (404) for a person without rights there.
    """
    rows = await persons.users(tx.connection, number, user_id)
    if not rows:
        raise not_found()
    return _shown_user(rows[0])


async def read_self(tx: Transaction, actor: Actor) -> dict[str, Any]:
    """Return a person with the rights in each organization, in the order of the names.

    Raises ProblemError (404) for a person that the directory does not have.
    """
    person = None if actor.user_id is None else await persons.person(tx.connection, actor.user_id)
    if person is None:
        raise not_found()
    names = await persons.names_of(tx.connection, actor.grants)
    organizations = [
        {
            "enterpriseNumber": number,
            "name": name,
            "rights": _shown_rights(actor.grants[number]),
        }
        for number, name in names
    ]
    return {
        "id": person["user_id"],
        "familyName": person["family_name"],
        "givenName": person["given_name"],
        "language": person["language"],
        "organizations": organizations,
    }


async def add_user(
    tx: Transaction, actor: Actor, number: str, person: PersonData, added: set[Grant]
) -> dict[str, Any]:
    """Give a person further rights in an organization; return the user with all rights there.

    Raises RefusedError if the actor may not give one of them, ProblemError (400) for missing data of the
    person.
    """
    _check_granting(actor, number, added)
    user_id = await find_or_add_person(tx, person, "person")
    present = await persons.grants(tx.connection, number, user_id)
    await _set_rights(tx, actor, number, user_id, present | added)
    return await read_user(tx, number, user_id)


async def change_rights(
    tx: Transaction,
    actor: Actor,
    number: str,
    user_id: UUID,
    rights: set[Grant],
    seen: set[Grant] | None = None,
) -> list[dict[str, str]]:
    """Replace the rights of a user in an organization, and return the new rights.

    Args:
        tx: The transaction of the request, with the lock of the organization.
        actor: The access manager.
        number: Enterprise number of the organization.
        user_id: The user.
        rights: All rights of the user after the change.
        seen: The rights that the actor saw before the decision; None: compare nothing.

    Raises:
        ProblemError: 404 for a person without rights there, 409 if the rights are not those that were seen.
        RefusedError: The actor may not give or take back a right that changes.
    """
    present = await persons.grants(tx.connection, number, user_id)
    if not present:
        raise not_found()
    if seen is not None and seen != present:
        raise conflict("The rights of this user were changed since they were read: read them again")
    await _set_rights(tx, actor, number, user_id, rights)
    return _shown_rights(await persons.grants(tx.connection, number, user_id))


def _check_granting(actor: Actor, number: str, changed: Collection[Grant]) -> None:
    """Raise RefusedError unless the actor may give and take back all of these rights."""
    if beyond := granting.beyond(actor.rights_in(number), number, changed):
        raise RefusedError(f"You may not give or take back: {', '.join(sorted(beyond))}")


async def _set_rights(tx: Transaction, actor: Actor, number: str, user_id: UUID, wanted: set[Grant]) -> None:
    assert actor.user_id is not None  # only persons have the right
    given, taken = granting.changes(await persons.grants(tx.connection, number, user_id), wanted)
    _check_granting(actor, number, given | taken)
    await persons.give(tx, number, user_id, given, actor.user_id)
    await persons.take_back(tx, number, user_id, taken, actor.user_id)


def _shown_rights(rights: Collection[tuple[str, str | None]]) -> list[dict[str, str]]:
    ordered = sorted(rights, key=lambda grant: (grant[0], grant[1] or ""))
    return [{"right": right} | ({"messageType": of} if of else {}) for right, of in ordered]


def _shown_user(row: Record) -> dict[str, Any]:
    return {
        "id": row["user_id"],
        "familyName": row["family_name"],
        "givenName": row["given_name"],
        "language": row["language"],
        "rights": _shown_rights(list(zip(row["rights"], row["message_types"], strict=True))),
    }
