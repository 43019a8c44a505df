"""Search for a person by NISS and names. An unknown person is stored."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from services.access.directory.rules import persons as rules
from services.access.directory.store import persons
from services.access.fields import Email, Input, Phone, Ssin, Text
from services.access.problems import check
from shared.runtime.database import Transaction


class PersonData(Input):
    """Data of a request about a person that is to get rights. Names are needed besides the NISS."""

    ssin: Ssin | None = None
    family_name: Text | None = None
    given_name: Text | None = None
    language: str | None = Field(default=None, pattern="^(fr|nl|de|en)$")
    phone: Phone | None = None
    email: Email | None = None


async def find_or_add_person(tx: Transaction, person: PersonData, under: str) -> UUID:
    """Return the user id of the person with this NISS and these names. Store the person if there is none.

    A known NISS with other names is stored as a new person, so that no answer reveals that a NISS is known.

    Args:
        tx: Transaction.
        person: Data of the person in the request.
        under: Field of the request that holds the data.

    Raises:
        ProblemError: 400 for missing data.
    """
    given = person.model_dump(by_alias=True)
    check(rules.missing(given, under))
    for known in await persons.with_number(tx, person.ssin or ""):
        if rules.is_named(given, {"familyName": known["family_name"], "givenName": known["given_name"]}):
            known_id: UUID = known["user_id"]
            return known_id
    return await persons.add(tx, person.model_dump())
