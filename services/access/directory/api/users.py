"""`/organizations/{enterpriseNumber}/users`: local managers and users with their rights."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import JSONResponse

from services.access.directory.handler import users
from services.access.directory.handler.people import PersonData
from services.access.directory.rules.granting import Grant
from services.access.fields import GivenRight, Input
from services.access.finding import Finding
from services.access.locks import changing
from services.access.problems import check
from services.access.shape import Number, UserId, created
from shared.runtime.authorization import Actor, Authorization
from shared.runtime.database import Transaction
from shared.runtime.step import Effect
from shared.runtime.tokens import Caller

Rights = Annotated[tuple[GivenRight, ...], Field(max_length=50)]


class NewUser(Input):
    """A person with its first rights in an organization."""

    person: PersonData
    rights: Annotated[Rights, Field(min_length=1)]


class WholeRights(Input):
    """All rights of a user; an empty list removes the user from the organization."""

    rights: Rights


def add(routes: APIRouter, authorization: Authorization) -> None:
    """Add the operations on users."""
    _add_reading(routes, authorization)
    adder, changer = authorization.caller("addUser"), authorization.caller("changeRights")

    @routes.post("/organizations/{enterpriseNumber}/users", name="addUser")
    async def add_user(number: Number, body: NewUser, caller: Caller = adder) -> JSONResponse:
        if body.person.ssin is None:
            check([Finding("required_input", ("person", "ssin"), "Give the national register number")])

        async def act(tx: Transaction, actor: Actor) -> tuple[dict[str, Any], Sequence[Effect]]:
            actor.require(number)
            return await users.add_user(tx, actor, number, body.person, _grants(body.rights)), ()

        row = await authorization.perform("addUser", caller, [number], act, changing(caller, [number]))
        return created(f"/organizations/{number}/users/{row['id']}", row)

    @routes.put("/organizations/{enterpriseNumber}/users/{userId}/rights", name="changeRights")
    async def change_rights(
        number: Number, user_id: UserId, body: WholeRights, caller: Caller = changer
    ) -> dict[str, Any]:
        async def act(tx: Transaction, actor: Actor) -> tuple[dict[str, Any], Sequence[Effect]]:
            actor.require(number)
            return {"rights": await users.change_rights(tx, actor, number, user_id, _grants(body.rights))}, ()

        before = changing(caller, [number])
        return await authorization.perform("changeRights", caller, [number], act, before)


def _add_reading(routes: APIRouter, authorization: Authorization) -> None:
    lister, reader = authorization.caller("listUsers"), authorization.caller("readUser")

    @routes.get("/organizations/{enterpriseNumber}/users", name="listUsers")
    async def list_users(number: Number, caller: Caller = lister) -> dict[str, Any]:
        async def act(tx: Transaction, actor: Actor) -> tuple[dict[str, Any], Sequence[Effect]]:
            actor.require(number)
            items = await users.list_users(tx, number)
            return {"items": items, "total": len(items)}, ()

        return await authorization.perform("listUsers", caller, [number], act)

    @routes.get("/organizations/{enterpriseNumber}/users/{userId}", name="readUser")
    async def read_user(number: Number, user_id: UserId, caller: Caller = reader) -> dict[str, Any]:
        async def act(tx: Transaction, actor: Actor) -> tuple[dict[str, Any], Sequence[Effect]]:
            actor.require(number)
            return await users.read_user(tx, number, user_id), ()

        return await authorization.perform("readUser", caller, [number], act)


def _grants(rights: Collection[GivenRight]) -> set[Grant]:
    return {(right.right, right.message_type) for right in rights}
