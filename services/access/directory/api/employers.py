"""`/employers`: registration, reading and changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from fastapi import APIRouter
from pydantic.alias_generators import to_camel
from starlette.responses import JSONResponse

from services.access.directory.handler.employers import change_employer, read_employer
from services.access.directory.handler.registration import Registration, register_employer
from services.access.directory.rules import employers as rules
from services.access.fields import (
    Category,
    Day,
    EmployerId,
    Flag,
    Input,
    Language,
    SubEntities,
    Text,
)
from services.access.locks import changing
from services.access.problems import check
from services.access.shape import Number, accepted, created
from shared.runtime.authorization import Actor, Authorization
from shared.runtime.database import Transaction
from shared.runtime.step import Effect
from shared.runtime.tokens import Caller


class Change(Input):
    """Changes of an employer: only the given fields change; null removes an optional one."""

    NULLABLE = frozenset({"active_until", "sub_entities"})

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


def add(routes: APIRouter, authorization: Authorization) -> None:
    """Add the operations on employers."""
    registrant = authorization.caller("registerEmployer")
    reader, changer = authorization.caller("readEmployer"), authorization.caller("changeEmployer")

    @routes.post("/employers", name="registerEmployer")
    async def register(body: Registration, caller: Caller = registrant) -> JSONResponse:
        check(rules.dates(body.active_from, body.active_until))
        number = body.enterprise_number

        async def act(tx: Transaction, actor: Actor) -> tuple[tuple[dict[str, Any], bool], Sequence[Effect]]:
            return await register_employer(tx, actor, body, _chosen(body)), ()

        before = changing(caller, [number])
        row, is_registered = await authorization.perform("registerEmployer", caller, [number], act, before)
        if is_registered:
            return created(f"/employers/{number}", row)
        return accepted(f"/registrations/{row['id']}", row)

    @routes.get("/employers/{enterpriseNumber}", name="readEmployer")
    async def read(number: Number, caller: Caller = reader) -> dict[str, Any]:
        async def act(tx: Transaction, actor: Actor) -> tuple[dict[str, Any], Sequence[Effect]]:
            actor.require(number)
            return await read_employer(tx, number), ()

        return await authorization.perform("readEmployer", caller, [number], act)

    @routes.patch("/employers/{enterpriseNumber}", name="changeEmployer")
    async def change(number: Number, body: Change, caller: Caller = changer) -> dict[str, Any]:
        async def act(tx: Transaction, actor: Actor) -> tuple[dict[str, Any], Sequence[Effect]]:
            actor.require(number)
            return await change_employer(tx, actor, number, body.model_dump(include=body.model_fields_set))

        before = changing(caller, [number])
        return await authorization.perform("changeEmployer", caller, [number], act, before)


def _chosen(body: Registration) -> list[str]:
    """Return the optional fields that the request gives, by their name in the API."""
    return [
        to_camel(name)
        for name in body.model_dump(exclude_defaults=True)
        if not Registration.model_fields[name].is_required()
    ]
