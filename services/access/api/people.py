"""Persons whom a request names by their number: those who are known, and new ones."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from services.access.api.desk import checked
from services.access.fields import Email, Phone, Row, Ssin, Text
from services.access.rules import persons as rules
from services.access.store import persons
from shared.runtime.api import ProblemError
from shared.runtime.database import Transaction


class Somebody(Row):
    """A person, as whoever wants to give him rights names him: his number alone is not enough."""

    ssin: Ssin | None = None
    family_name: Text | None = None
    given_name: Text | None = None
    language: str | None = Field(default=None, pattern="^(fr|nl|de|en)$")
    phone: Phone | None = None
    email: Email | None = None


async def found(tx: Transaction, said: Somebody, under: str) -> UUID:
    """The person with this number, written down if he is new. Raises ProblemError: what is wrong."""
    given = said.model_dump(by_alias=True)
    checked(rules.missing(given, under))
    known = await persons.with_number(tx.connection, said.ssin or "")
    if known is None:
        if (user_id := await persons.add(tx, said.model_dump())) is None:
            raise ProblemError("conflict", "This person has just been written down; try again")
        return user_id
    names = {"familyName": known["family_name"], "givenName": known["given_name"]}
    checked(rules.other(given, names, under))
    known_id: UUID = known["user_id"]
    return known_id
