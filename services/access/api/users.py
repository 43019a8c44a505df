"""`/organizations/{enterpriseNumber}/users`: local managers and users, and what each of them may do."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import JSONResponse

from services.access.api.desk import Desk, RefusedError, checked, entitled, not_found
from services.access.api.people import Somebody, found
from services.access.api.shape import Number, UserId, created
from services.access.fields import GivenRight, Row
from services.access.rules import granting
from services.access.rules.finding import Finding
from services.access.rules.granting import Grant
from services.access.store import persons
from services.access.store.acting import Actor
from shared.runtime.database import Record, Transaction
from shared.runtime.step import Effect
from shared.runtime.tokens import Caller

Rights = Annotated[tuple[GivenRight, ...], Field(max_length=50)]


class NewUser(Row):
    """Somebody who gets his first rights here."""

    person: Somebody
    rights: Annotated[Rights, Field(min_length=1)]


class WholeRights(Row):
    """All that somebody may do; without any he is no user here any more."""

    rights: Rights


def add(routes: APIRouter, desk: Desk) -> None:
    """The operations on users."""
    _add_reading(routes, desk)
    adder, changer = desk.caller("addUser"), desk.caller("changeRights")

    @routes.post("/organizations/{enterpriseNumber}/users", name="addUser")
    async def add_user(number: Number, body: NewUser, caller: Caller = adder) -> JSONResponse:
        if body.person.ssin is None:
            checked([Finding("required_input", ("person", "ssin"), "Give the national register number")])

        async def act(tx: Transaction, actor: Actor) -> tuple[dict[str, Any], Sequence[Effect]]:
            entitled("addUser", actor, number)
            wanted = _grants(body.rights)
            _within(actor, number, wanted)
            user_id = await found(tx, body.person, "person")
            has = await persons.grants(tx.connection, number, user_id)
            await _set(tx, actor, number, user_id, has | wanted)
            return await _user(tx, number, user_id), ()

        row = await desk.change("addUser", caller, [number], act)
        return created(f"/organizations/{number}/users/{row['id']}", row)

    @routes.put("/organizations/{enterpriseNumber}/users/{userId}/rights", name="changeRights")
    async def change_rights(
        number: Number, user_id: UserId, body: WholeRights, caller: Caller = changer
    ) -> dict[str, Any]:
        async def act(tx: Transaction, actor: Actor) -> tuple[dict[str, Any], Sequence[Effect]]:
            entitled("changeRights", actor, number)
            if not await persons.grants(tx.connection, number, user_id):
                raise not_found()
            await _set(tx, actor, number, user_id, _grants(body.rights))
            return {"rights": _shown(await persons.grants(tx.connection, number, user_id))}, ()

        return await desk.change("changeRights", caller, [number], act)


def _add_reading(routes: APIRouter, desk: Desk) -> None:
    lister, reader = desk.caller("listUsers"), desk.caller("readUser")

    @routes.get("/organizations/{enterpriseNumber}/users", name="listUsers")
    async def list_users(number: Number, caller: Caller = lister) -> dict[str, Any]:
        async def look(tx: Transaction, actor: Actor) -> dict[str, Any]:
            entitled("listUsers", actor, number)
            rows = await persons.users(tx.connection, number)
            return {"items": [_shown_user(row) for row in rows], "total": len(rows)}

        return await desk.read("listUsers", caller, [number], look)

    @routes.get("/organizations/{enterpriseNumber}/users/{userId}", name="readUser")
    async def read_user(number: Number, user_id: UserId, caller: Caller = reader) -> dict[str, Any]:
        async def look(tx: Transaction, actor: Actor) -> dict[str, Any]:
            entitled("readUser", actor, number)
            return await _user(tx, number, user_id)

        return await desk.read("readUser", caller, [number], look)


def _within(actor: Actor, number: str, changed: Collection[Grant]) -> None:
    """Raises RefusedError where somebody may not give or take back a right."""
    if beyond := granting.beyond(actor.rights_in(number), number, changed):
        raise RefusedError(f"You may not give or take back: {', '.join(sorted(beyond))}")


async def _set(tx: Transaction, actor: Actor, number: str, user_id: UUID, wanted: set[Grant]) -> None:
    """Make these the rights of a user; each difference is the actor's to make."""
    assert actor.user_id is not None  # he has a right
    given, taken = granting.changes(await persons.grants(tx.connection, number, user_id), wanted)
    _within(actor, number, given | taken)
    await persons.give(tx, number, user_id, given, actor.user_id)
    await persons.take_back(tx, number, user_id, taken, actor.user_id)


async def _user(tx: Transaction, number: str, user_id: UUID) -> dict[str, Any]:
    rows = await persons.users(tx.connection, number, user_id)
    if not rows:
        raise not_found()
    return _shown_user(rows[0])


def _grants(rights: Collection[GivenRight]) -> set[Grant]:
    return {(each.right, each.message_type) for each in rights}


def _shown(rights: Collection[tuple[str, str | None]]) -> list[dict[str, str]]:
    ordered = sorted(rights, key=lambda each: (each[0], each[1] or ""))
    return [{"right": right} | ({"messageType": of} if of else {}) for right, of in ordered]


def _shown_user(row: Record) -> dict[str, Any]:
    return {
        "id": row["user_id"],
        "familyName": row["family_name"],
        "givenName": row["given_name"],
        "language": row["language"],
        "rights": _shown(list(zip(row["rights"], row["message_types"], strict=True))),
    }
