"""SQL of the data of a person: each schema answers through functions of its own (ADR 36)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from services.contact.person.rules.asking import Person, Purpose
from services.contact.person.rules.looks import Look, Organization
from services.contact.person.rules.sections import SECTION_OF, Row
from shared.runtime.database import Connection, Transaction

#: Seconds for a statement that finds all rows of a person; there may be very many.
PATIENCE: Final = 60.0
ROWS_AT_ONCE: Final = 200  #: rows in memory at one time
#: The schemas with a function `data_of_person`.
HOLDERS: Final = (
    "identification", "personnel_file", "intake", "notifier", "files", "contact", "access", "feed",
    "platform",
)  # fmt: skip

_NUMBER: Final = "SELECT access.number_of_person($1)"
_PERSON: Final = "SELECT ssin, is_in_force, is_deceased FROM identification.numbers_of_person($1)"
#: Declarations about the person, and employers. They stay in the database: a person may have very many.
_SCOPE: Final = """
WITH scope AS MATERIALIZED (
    SELECT ARRAY(
        SELECT intake.declarations_of_person($1) UNION SELECT personnel_file.declarations_of_person($1)
        UNION SELECT contact.declarations_of_person($1)) AS declarations,
        ARRAY(SELECT personnel_file.employers_of_person($1)) AS employers)"""
_ROWS: Final = " UNION ALL ".join(
    f"SELECT d.place, d.item FROM scope, {schema}.data_of_person($1, declarations, employers) AS d"  # noqa: S608 - our own schemas
    for schema in HOLDERS
)
_DATA: Final = f"""{_SCOPE}
SELECT place, item FROM ({_ROWS}) AS r ORDER BY array_position($2::text[], place)"""  # noqa: S608 - our own schemas
_COUNT: Final = f"{_SCOPE} SELECT count(*) FROM ({_ROWS}) AS r"  # noqa: S608 - our own schemas
_LOOKS: Final = f"""{_SCOPE}
SELECT * FROM personnel_file.looks_at_person($1, $2, $3, $4)
UNION ALL SELECT l.* FROM scope, intake.looks_at_person(declarations, $3, $4) AS l
UNION ALL SELECT l.* FROM scope, notifier.looks_at_person($1, declarations, $3, $4) AS l
UNION ALL SELECT * FROM files.looks_at_person($1, $3, $4)
UNION ALL SELECT * FROM feed.looks_at_person($2, $3, $4)
UNION ALL SELECT l.* FROM scope, identification.looks_at_person($2, declarations, $3, $4) AS l
UNION ALL SELECT * FROM access.looks_at_person($1, $3, $4)
UNION ALL SELECT * FROM contact.looks_at_person($1, $2, $3, $4)"""  # noqa: S608 - our own schemas
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


async def count_data(tx: Transaction, person: Person) -> int:
    """Return the number of rows about a person in all schemas."""
    count: int = await tx.connection.fetchval(_COUNT, person.ssins, timeout=PATIENCE)
    return count


async def read_data(connection: Connection, person: Person) -> AsyncIterator[list[Row]]:
    """Yield every row about a person in all schemas, in the order of the sections, some rows at one time.

    The connection has an open transaction, from which all rows are read.
    """
    order = list(SECTION_OF)
    cursor = await connection.cursor(_DATA, person.ssins, order, timeout=PATIENCE)
    while rows := await cursor.fetch(ROWS_AT_ONCE, timeout=PATIENCE):
        yield [Row(row["place"], json.loads(row["item"])) for row in rows]


async def load_looks(
    connection: Connection, person: Person, codes: Sequence[str], before: datetime, most: int
) -> list[Look]:
    """Return the looks at a person before an instant: of each record the newest, at least `most`.

    Args:
        connection: the connection, with an open transaction.
        person: the person.
        codes: keyed codes of the numbers of the person.
        before: the instant.
        most: the size of a page.
    """
    rows = await connection.fetch(_LOOKS, person.ssins, list(codes), before, most, timeout=PATIENCE)
    return [
        Look(place, at, reader, organization, operation, json.loads(subject))
        for place, at, reader, organization, operation, subject in rows
    ]


async def load_organizations(
    connection: Connection, readers: Collection[str]
) -> Mapping[str, Sequence[Organization]]:
    """Return the organizations for which readers act, by reader."""
    found: dict[str, list[Organization]] = {}
    for reader, *organization in await connection.fetch(_ORGANIZATIONS, list(readers)):
        found.setdefault(reader, []).append(Organization(*organization))
    return found


async def load_names(connection: Connection, enterprises: Collection[str]) -> Mapping[str, str]:
    """Return the names of enterprises by their numbers."""
    rows = await connection.fetch(_NAMES, list(enterprises))
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
