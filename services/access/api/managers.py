"""`/principalAccessManagers`: the responsible person designates the principal access manager (seed 001)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter
from starlette.responses import JSONResponse

from services.access.api.desk import Desk, RefusedError, checked, entitled
from services.access.api.people import Somebody, found
from services.access.api.shape import created
from services.access.fields import EmployerId, EnterpriseNumber, Phone, Row, Ssin
from services.access.rules.designation import missing
from services.access.rules.finding import Finding
from services.access.store import employers, persons
from services.access.store.acting import Actor
from shared.runtime.database import Pool, Transaction
from shared.runtime.step import Effect
from shared.runtime.tokens import Caller


class Responsible(Row):
    """The responsible person, who calls."""

    ssin: Ssin | None = None
    phone: Phone | None = None


class Designation(Row):
    """All is optional here: what is missing is told by its name, all of it at once."""

    enterprise_number: EnterpriseNumber | None = None
    employer_id: EmployerId | None = None
    person: Somebody | None = None
    responsible: Responsible | None = None


def add(routes: APIRouter, desk: Desk) -> None:
    """The designation."""
    operation = "designatePrincipalAccessManager"
    responsible = desk.caller(operation)

    @routes.post("/principalAccessManagers", name=operation)
    async def designate(body: Designation, caller: Caller = responsible) -> JSONResponse:
        checked(missing(body.model_dump(by_alias=True)))
        number = await _entity(desk.stage.pool, body)

        async def act(tx: Transaction, actor: Actor) -> tuple[dict[str, Any], Sequence[Effect]]:
            entitled(operation, actor, number)
            return await _designate(tx, actor, number, body, caller.level), ()

        row = await desk.change(operation, caller, [number], act)
        return created(f"/organizations/{number}/users/{row['userId']}", row)


async def _entity(pool: Pool, body: Designation) -> str:
    """The enterprise number, given as such, by the registration number, or both."""
    if body.employer_id is None:
        assert body.enterprise_number is not None  # one of the two is there
        return body.enterprise_number
    async with pool.acquire() as connection:
        number = await employers.numbered(connection, body.employer_id)
    if number is None:
        checked([Finding("referenced_resource_not_found", ("employerId",), "No employer has this number")])
    elif body.enterprise_number not in (None, number):
        checked([Finding("invalid_input", ("employerId",), "This is the number of another enterprise")])
    assert number is not None
    return number


async def _designate(
    tx: Transaction, actor: Actor, number: str, body: Designation, level: int
) -> dict[str, Any]:
    person, responsible = body.person, body.responsible
    assert person is not None  # nothing is missing
    assert person.phone is not None
    assert responsible is not None
    assert responsible.phone is not None
    assert actor.user_id is not None  # he has a right
    caller = await persons.with_id(tx.connection, actor.user_id)
    if caller is None or caller["ssin"] != responsible.ssin:
        raise RefusedError("The responsible person calls himself: this is not the number of the one who has")
    manager = await found(tx, person, "person")
    await persons.designate(tx, number, (manager, person.phone), (actor.user_id, responsible.phone), level)
    return {"userId": manager, "enterpriseNumber": number}
