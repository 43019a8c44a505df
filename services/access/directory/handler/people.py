"""Persons named by their national register number, known or new."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from services.access.directory.rules import persons as rules
from services.access.directory.store import persons
from services.access.fields import Email, Input, Phone, Ssin, Text
from services.access.problems import check, conflict
from shared.runtime.database import Transaction


class PersonData(Input):
    """A person that is to get rights. The number alone does not suffice."""

    ssin: Ssin | None = None
    family_name: Text | None = None
    given_name: Text | None = None
    language: str | None = Field(default=None, pattern="^(fr|nl|de|en)$")
    phone: Phone | None = None
    email: Email | None = None


async def find_or_add_person(tx: Transaction, person: PersonData, under: str) -> UUID:
    """Return the user id of the person with this number, which is stored if it is new.

    Args:
        tx: Transaction.
        person: Data of the person in the request.
        under: Field of the request that holds the data.

    Raises:
        ProblemError: 400 for missing data, and for names that differ from those of the known person.
    """
    given = person.model_dump(by_alias=True)
    check(rules.missing(given, under))
    known = await persons.with_number(tx.connection, person.ssin or "")
    if known is None:
        if (user_id := await persons.add(tx, person.model_dump())) is None:
            raise conflict("Another request has just stored this person. Send the request again.")
        return user_id
    names = {"familyName": known["family_name"], "givenName": known["given_name"]}
    check(rules.other(given, names, under))
    known_id: UUID = known["user_id"]
    return known_id
