"""`/principalAccessManagers`: the responsible person designates the principal access manager."""

from __future__ import annotations

from starlette.responses import JSONResponse

from services.access.directory.handler.managers import Designated, designate_manager, read_entity
from services.access.directory.handler.people import PersonData
from services.access.directory.rules.designation import missing
from services.access.fields import EmployerId, EnterpriseNumber, Input, Phone, Ssin
from services.access.locks import changing
from services.access.problems import check
from services.access.shape import created
from shared.runtime.authorization import Called
from shared.runtime.guard import guarded_routes


class Responsible(Input):
    """The responsible person that a designation names. The request is refused if this is not the caller."""

    ssin: Ssin | None = None
    phone: Phone | None = None


class Designation(Input):
    """Body of a designation. All fields are optional here, so that one error lists every missing field."""

    enterprise_number: EnterpriseNumber | None = None
    employer_id: EmployerId | None = None
    person: PersonData | None = None
    responsible: Responsible | None = None


routes = guarded_routes()


@routes.post("/principalAccessManagers", name="designatePrincipalAccessManager")
async def designate(body: Designation, call: Called) -> JSONResponse:
    """Designate the principal access manager of an organization, in place of the former one."""
    check(missing(body.model_dump(by_alias=True)))
    async with call.pool.acquire() as connection:
        number = await read_entity(connection, body.enterprise_number, body.employer_id)
    async with call.begin_for(number, before=changing) as work:
        row = await designate_manager(work.tx, work.actor, number, _designated(body))
    return created(f"/organizations/{number}/users/{row['userId']}", row)


def _designated(body: Designation) -> Designated:
    """Return the data of a designation that has all required fields. The caller has checked this before."""
    assert body.person is not None
    assert body.person.phone is not None
    assert body.responsible is not None
    assert body.responsible.ssin is not None
    assert body.responsible.phone is not None
    return Designated(body.person, body.person.phone, body.responsible.ssin, body.responsible.phone)
