"""`/organizations/{enterpriseNumber}/users`: local managers and users with their rights."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Any

from pydantic import Field
from starlette.responses import JSONResponse

from services.access.directory.handler import users
from services.access.directory.handler.people import PersonData
from services.access.directory.rules.granting import Grant, grantable
from services.access.fields import GivenRight, Input
from services.access.finding import Finding
from services.access.locks import changing
from services.access.problems import check
from services.access.shape import Number, UserId, created, whole
from shared.runtime.authorization import Called
from shared.runtime.guard import guarded_routes

Rights = Annotated[tuple[GivenRight, ...], Field(max_length=50)]


class NewUser(Input):
    """Body of a request to give rights in an organization to a person, by the data of the person."""

    person: PersonData
    rights: Annotated[Rights, Field(min_length=1)]


class WholeRights(Input):
    """Body of a request to replace all rights of a user.

    An empty list removes the user from the organization. `present` are the rights that the caller saw; None
    if the request does not name them.
    """

    rights: Rights
    present: Rights | None = None


routes = guarded_routes()


@routes.get("/users/self", name="readSelf")
async def read_self(call: Called) -> dict[str, Any]:
    """Return the calling person, with the rights in each organization."""
    async with call.begin(None) as work:
        return await users.read_self(work.tx, work.actor)


@routes.get("/organizations/{enterpriseNumber}/users", name="listUsers")
async def list_users(number: Number, call: Called) -> dict[str, Any]:
    """Return the users of an organization, and the rights that the caller may give there."""
    async with call.begin_for(number) as work:
        found = whole(await users.list_users(work.tx, number))
        return {**found, "grantable": grantable(work.actor.rights_in(number), number)}


@routes.get("/organizations/{enterpriseNumber}/users/{userId}", name="readUser")
async def read_user(number: Number, user_id: UserId, call: Called) -> dict[str, Any]:
    """Return a user of an organization with the rights there."""
    async with call.begin_for(number) as work:
        return await users.read_user(work.tx, number, user_id)


@routes.post("/organizations/{enterpriseNumber}/users", name="addUser")
async def add_user(number: Number, body: NewUser, call: Called) -> JSONResponse:
    """Give a person rights in an organization, and return the user with all rights there."""
    if body.person.ssin is None:
        check([Finding("required_input", ("person", "ssin"), "Give the national register number")])
    async with call.begin_for(number, before=changing) as work:
        row = await users.add_user(work.tx, work.actor, number, body.person, _grants(body.rights))
    return created(f"/organizations/{number}/users/{row['id']}", row)


@routes.put("/organizations/{enterpriseNumber}/users/{userId}/rights", name="changeRights")
async def change_rights(number: Number, user_id: UserId, body: WholeRights, call: Called) -> dict[str, Any]:
    """Replace all rights of a user in an organization, and return the new ones.

    Raise ProblemError (409) if `present` is given and the user has other rights now.
    """
    seen = None if body.present is None else _grants(body.present)
    async with call.begin_for(number, before=changing) as work:
        rights = await users.change_rights(work.tx, work.actor, number, user_id, _grants(body.rights), seen)
    return {"rights": rights}


def _grants(rights: Collection[GivenRight]) -> set[Grant]:
    return {(right.right, right.message_type) for right in rights}
