"""SQL of the data of a person: each schema answers through functions of its own (ADR 36)."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from services.contact.person.rules.asking import Person, Purpose
from services.contact.person.rules.looks import Look, Organization
from services.contact.person.rules.sections import Row
from shared.runtime.database import Transaction

#: The schemas with a function `data_of_person`.
HOLDERS: Final = (
    "identification", "personnel_file", "intake", "notifier", "files", "contact", "access", "feed",
)  # fmt: skip

_NUMBER: Final = "SELECT access.number_of_person($1)"
_PERSON: Final = "SELECT ssin, is_in_force, is_deceased FROM identification.numbers_of_person($1)"
_SCOPE: Final = """
SELECT ARRAY(
    SELECT intake.declarations_of_person($1) UNION SELECT personnel_file.declarations_of_person($1)
    UNION SELECT contact.declarations_of_person($1)) AS declarations,
    ARRAY(SELECT personnel_file.employers_of_person($1)) AS employers"""
_DATA: Final = " UNION ALL ".join(
    f"SELECT place, item FROM {schema}.data_of_person($1, $2, $3)"  # noqa: S608 - our own schemas
    for schema in HOLDERS
)
_LOOKS: Final = """
SELECT * FROM personnel_file.looks_at_person($1, $2, $4, $5)
UNION ALL SELECT * FROM intake.looks_at_person($3, $4, $5)
UNION ALL SELECT * FROM notifier.looks_at_person($1, $3, $4, $5)
UNION ALL SELECT * FROM files.looks_at_person($1, $4, $5)
UNION ALL SELECT * FROM feed.looks_at_person($2, $4, $5)
UNION ALL SELECT * FROM contact.looks_at_person($1, $2, $4, $5)"""
_ORGANIZATIONS: Final = """
SELECT reader, enterprise_number, name, is_agent FROM access.organizations_of_readers($1)"""
_NAMES: Final = "SELECT enterprise_number, name FROM access.organizations WHERE enterprise_number = ANY($1)"
_STORE_LOOK: Final = """
INSERT INTO person_looks (looked_at, looker, client_id, operation, worker, reason, words, shown_from, found)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"""


async def load_number(tx: Transaction, user_id: UUID) -> str | None:
    """Return the NISS of a user; None for a user that was stored with the NISS of another person."""
    number: str | None = await tx.connection.fetchval(_NUMBER, user_id)
    return number


async def load_person(tx: Transaction, ssin: str) -> Person:
    """Return the person with a NISS, with the number in force and the former ones.

    A number that the register does not know is in force.
    """
    rows = await tx.connection.fetch(_PERSON, ssin)
    in_force = next((row["ssin"] for row in rows if row["is_in_force"]), ssin)
    former = sorted(row["ssin"] for row in rows if row["ssin"] != in_force)
    return Person(in_force, tuple(former), any(row["is_deceased"] for row in rows))


async def load_scope(tx: Transaction, person: Person) -> tuple[list[int], list[str]]:
    """Return the numbers of all declarations about a person, and the numbers of the employers."""
    row = await tx.connection.fetchrow(_SCOPE, person.ssins)
    assert row is not None
    return row["declarations"], row["employers"]


async def load_data(tx: Transaction, person: Person) -> list[Row]:
    """Return every row about a person in all schemas."""
    rows = await tx.connection.fetch(_DATA, person.ssins, *await load_scope(tx, person))
    return [Row(row["place"], json.loads(row["item"])) for row in rows]


async def load_looks(
    tx: Transaction, person: Person, codes: Sequence[str], before: datetime, most: int
) -> list[Look]:
    """Return the looks at a person before an instant: of each record the newest, at least `most`.

    Args:
        tx: the transaction.
        person: the person.
        codes: keyed codes of the numbers of the person.
        before: the instant.
        most: the size of a page.
    """
    declarations, _ = await load_scope(tx, person)
    rows = await tx.connection.fetch(_LOOKS, person.ssins, list(codes), declarations, before, most)
    return [
        Look(place, at, reader, organization, operation, json.loads(subject))
        for place, at, reader, organization, operation, subject in rows
    ]


async def load_organizations(
    tx: Transaction, readers: Collection[str]
) -> Mapping[str, Sequence[Organization]]:
    """Return the organizations for which readers act, by reader."""
    found: dict[str, list[Organization]] = {}
    for reader, *organization in await tx.connection.fetch(_ORGANIZATIONS, list(readers)):
        found.setdefault(reader, []).append(Organization(*organization))
    return found


async def load_names(tx: Transaction, enterprises: Collection[str]) -> Mapping[str, str]:
    """Return the names of enterprises by their numbers."""
    rows = await tx.connection.fetch(_NAMES, list(enterprises))
    return {row["enterprise_number"]: row["name"] for row in rows}


async def store_look(
    tx: Transaction,
    looker: str,
    client_id: str,
    operation: str,
    worker: str,
    purpose: Purpose | None,
    found: int,
) -> None:
    """Store a look at a person, in the transaction that answers. If this fails, there is no answer.

    Args:
        tx: the transaction.
        looker: user id of the person or of the agent.
        client_id: the program.
        operation: name of the operation.
        worker: keyed code of the NISS in force.
        purpose: the purpose of an agent; None for the person.
        found: number of rows shown.
    """
    reason = (None, None, None) if purpose is None else (purpose.reason, purpose.words, purpose.shown_from)
    await tx.connection.execute(
        _STORE_LOOK, tx.now, looker, client_id, operation, worker, *reason, found
    )  # fmt: skip
