"""Designation of the principal access manager."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from services.access.directory.handler.people import PersonData, find_or_add_person
from services.access.directory.store import employers, persons
from services.access.finding import Finding
from services.access.problems import check
from shared.runtime.authorization import Actor, RefusedError
from shared.runtime.database import Connection, Transaction


@dataclass(frozen=True, slots=True)
class Designated:
    """The data of a designation: the new manager, and the responsible person that designates."""

    person: PersonData
    phone: str
    responsible_ssin: str
    responsible_phone: str


async def read_entity(connection: Connection, enterprise_number: str | None, employer_id: int | None) -> str:
    """Return the enterprise number of an entity, from its enterprise number, its employer number or both.

    Raises ProblemError (400) for an unknown employer number, or an employer number of another enterprise.
    """
    if employer_id is None:
        assert enterprise_number is not None  # one of the two is required
        return enterprise_number
    number = await employers.numbered(connection, employer_id)
    if number is None:
        check([Finding("referenced_resource_not_found", ("employerId",), "No employer has this number")])
    elif enterprise_number not in (None, number):
        check([Finding("invalid_input", ("employerId",), "This is the number of another enterprise")])
    assert number is not None
    return number


async def designate_manager(tx: Transaction, actor: Actor, number: str, data: Designated) -> dict[str, Any]:
    """Make a person the principal access manager of an organization, in place of the former one.

    Raises RefusedError if the responsible person in the request is not the caller, and ProblemError (400) if
    data of the new manager are missing.
    """
    assert actor.user_id is not None  # only persons have the right
    if await persons.number_of(tx.connection, actor.user_id) != data.responsible_ssin:
        raise RefusedError("The responsible person must be the caller: this is another person's number")
    manager = await find_or_add_person(tx, data.person, "person")
    await persons.designate(
        tx, number, (manager, data.phone), (actor.user_id, data.responsible_phone), actor.caller.level
    )
    return {"userId": manager, "enterpriseNumber": number}
