"""`/employers`: registration, reading and changes."""

from __future__ import annotations

from datetime import date
from typing import Any

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
from shared.runtime.authorization import Called
from shared.runtime.guard import guarded_routes


class Change(Input):
    """Changes of an employer. Only the given fields change; null removes `active_until` or `sub_entities`."""

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


routes = guarded_routes()


@routes.post("/employers", name="registerEmployer")
async def register(body: Registration, call: Called) -> JSONResponse:
    """Register an employer (201), or store the registration as pending until it is decided (202)."""
    check(rules.dates(body.active_from, body.active_until))
    number = body.enterprise_number
    async with call.begin([number], changing) as work:
        row, is_registered = await register_employer(work.tx, work.actor, body, _chosen(body))
    if is_registered:
        return created(f"/employers/{number}", row)
    return accepted(f"/registrations/{row['id']}", row)


@routes.get("/employers/{enterpriseNumber}", name="readEmployer")
async def read(number: Number, call: Called) -> dict[str, Any]:
    """Return an employer.

    The answer is 404 if the employer is unknown, or if the caller has no right in this employer.
    """
    async with call.begin_for(number) as work:
        return await read_employer(work.tx, number)


@routes.patch("/employers/{enterpriseNumber}", name="changeEmployer")
async def change(number: Number, body: Change, call: Called) -> dict[str, Any]:
    """Change the given fields of an employer, and return it."""
    changes = body.model_dump(include=body.model_fields_set)
    async with call.begin_for(number, before=changing) as work:
        row, effects = await change_employer(work.tx, work.actor, number, changes)
        work.effects.extend(effects)
    return row


def _chosen(body: Registration) -> list[str]:
    """Return the API names of the optional fields with a value that differs from the default."""
    return [
        to_camel(name)
        for name in body.model_dump(exclude_defaults=True)
        if not Registration.model_fields[name].is_required()
    ]
