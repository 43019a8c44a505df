"""`/employers`: registration, which creates the e-Box; reading; changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from fastapi import APIRouter
from pydantic.alias_generators import to_camel
from starlette.responses import JSONResponse

from services.access.api.desk import Desk, RefusedError, checked, entitled, not_found
from services.access.api.shape import Number, created, shown
from services.access.fields import (
    Category,
    Day,
    EmployerId,
    EnterpriseNumber,
    Flag,
    Language,
    Row,
    SubEntities,
    Text,
)
from services.access.rules import employers as rules
from services.access.store import employers, persons
from services.access.store.acting import Actor
from shared.domain.calendar import local_date
from shared.domain.rights import Right
from shared.messages import EmployerNumberReplaced
from shared.runtime.api import ProblemError
from shared.runtime.database import Transaction
from shared.runtime.step import Effect
from shared.runtime.tokens import Caller


class Registration(Row):
    """An employer as it is registered; days are inclusive, `activeUntil` is absent while active."""

    enterprise_number: EnterpriseNumber
    employer_id: EmployerId
    name: Text
    language: Language
    category: Category
    active_from: Day
    active_until: Day | None = None
    provincial_or_local: Flag = False
    secured_channel_only: Flag = False
    sub_entities: SubEntities | None = None
    daily_registration: Flag = False


class Change(Row):
    """What is to change of an employer: only what is given; null takes away what may be absent."""

    employer_id: EmployerId = 0
    name: Text = ""
    language: Language = Language.FRENCH
    category: Category = ""
    active_from: Day = date.min
    active_until: Day | None = None
    provincial_or_local: Flag = False
    secured_channel_only: Flag = False
    sub_entities: SubEntities | None = None
    daily_registration: Flag = False


def add(routes: APIRouter, desk: Desk) -> None:
    """The operations on employers."""
    registrant, reader = desk.caller("registerEmployer"), desk.caller("readEmployer")
    changer = desk.caller("changeEmployer")

    @routes.post("/employers", name="registerEmployer")
    async def register(body: Registration, caller: Caller = registrant) -> JSONResponse:
        checked(rules.dates(body.active_from, body.active_until))
        number = body.enterprise_number

        async def act(tx: Transaction, actor: Actor) -> tuple[dict[str, Any], Sequence[Effect]]:
            return await _register(tx, actor, body), ()

        row = await desk.change("registerEmployer", caller, [number], act)
        return created(f"/employers/{number}", row)

    @routes.get("/employers/{enterpriseNumber}", name="readEmployer")
    async def read(number: Number, caller: Caller = reader) -> dict[str, Any]:
        async def look(tx: Transaction, actor: Actor) -> dict[str, Any]:
            entitled("readEmployer", actor, number, hidden=True)
            return await _shown(tx, number)

        return await desk.read("readEmployer", caller, [number], look)

    @routes.patch("/employers/{enterpriseNumber}", name="changeEmployer")
    async def change(number: Number, body: Change, caller: Caller = changer) -> dict[str, Any]:
        async def act(tx: Transaction, actor: Actor) -> tuple[dict[str, Any], Sequence[Effect]]:
            entitled("changeEmployer", actor, number)
            return await _change(tx, actor, number, body)

        return await desk.change("changeEmployer", caller, [number], act)


async def _register(tx: Transaction, actor: Actor, body: Registration) -> dict[str, Any]:
    number = body.enterprise_number
    if actor.user_id is None or await persons.with_id(tx.connection, actor.user_id) is None:
        raise RefusedError("The directory does not know who has logged in")
    if not rules.registrable(number):
        raise RefusedError("This organization is not registered by anybody")
    if await employers.read(tx.connection, number) is not None:
        raise ProblemError("conflict", "This employer is registered already")
    known = await employers.is_there(tx.connection, number)
    if known and Right.REPRESENTATIVE not in actor.rights_in(number):
        raise RefusedError("Only the legal representative of this organization registers it as an employer")
    chosen = [
        to_camel(name)
        for name in body.model_dump(exclude_defaults=True)
        if not Registration.model_fields[name].is_required()
    ]
    if beyond := rules.beyond(actor.rights_in(number) | {Right.REPRESENTATIVE}, chosen):
        raise RefusedError(f"The authority decides about {', '.join(beyond)}")
    if not await employers.register(tx, body.model_dump(), actor.user_id):
        raise ProblemError("conflict", "Another employer has this NSSO or provisional number")
    return await _shown(tx, number)


async def _change(
    tx: Transaction, actor: Actor, number: str, body: Change
) -> tuple[dict[str, Any], Sequence[Effect]]:
    before = await employers.read(tx.connection, number)
    if before is None:
        raise not_found()
    changes = body.model_dump(include=body.model_fields_set)
    if beyond := rules.beyond(actor.rights_in(number), [to_camel(name) for name in changes]):
        raise RefusedError(f"The authority decides about {', '.join(beyond)}")
    after = {**before, **changes}
    checked(rules.renumbered(before["employer_id"], after["employer_id"]))
    checked(rules.dates(after["active_from"], after["active_until"]))
    if await employers.taken(tx.connection, after["employer_id"], number):
        raise ProblemError("conflict", "Another employer has this NSSO number")
    await employers.change(tx, after)
    return await _shown(tx, number), _renumbered(tx, before["employer_id"], after)


def _renumbered(tx: Transaction, before: int, employer: Mapping[str, Any]) -> Sequence[Effect]:
    """What the personnel file hears when the definitive number of an employer has come (R43)."""
    if before == employer["employer_id"]:
        return ()
    said = EmployerNumberReplaced(
        enterprise_number=employer["enterprise_number"],
        provisional_id=before,
        employer_id=employer["employer_id"],
        effective_on=local_date(tx.now),
    )
    return (said,)


async def _shown(tx: Transaction, number: str) -> dict[str, Any]:
    row = await employers.read(tx.connection, number)
    if row is None:
        raise not_found()
    return shown(row)
