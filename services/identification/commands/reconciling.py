"""The messages of identifications, made again from the cases after a restore (ADR 38)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from services.identification.matching.rules import LIMITS
from services.identification.registers.handler import find_workers
from shared.messages import (
    DeclarationProvisional,
    IdentificationEnded,
    Outcome,
    Person,
    ReceivedDeclaration,
    Result,
)
from shared.runtime.database import Connection, Record

#: The registers are read by statements of the service, which name no schema.
_PATH: Final = "SET LOCAL search_path TO identification, platform"
_CASES: Final = """
SELECT declaration_id, state, declaration, opened_at FROM identification.cases
WHERE declaration_id = ANY($1::bigint[]) ORDER BY declaration_id"""
_REOPEN: Final = """
WITH reopened AS (
    UPDATE identification.cases SET state = 'open', closed_at = NULL,
        deadline = greatest(deadline, platform.now() + interval '1 day')
    WHERE declaration_id = ANY($1::bigint[]) RETURNING declaration_id)
INSERT INTO identification.case_history (declaration_id, event, reason, recorded_at)
SELECT declaration_id, 'opened', 'restored', platform.now() FROM reopened"""


async def find_identified(
    connection: Connection, declarations: Sequence[ReceivedDeclaration]
) -> dict[int, Person]:
    """Return the workers of declarations by number, as far as the register has them with certainty.

    It needs an open transaction.
    """
    await connection.execute(_PATH)
    found = await find_workers(connection, declarations, LIMITS)
    return {number: worker for number, worker in found.items() if isinstance(worker, Person)}


async def messages_of_cases(
    connection: Connection, numbers: Collection[int]
) -> tuple[list[IdentificationEnded | DeclarationProvisional], list[int]]:
    """Return the message of each case, and the numbers of the cases that have to be decided again.

    The message of an open case is its provisional result; the message of an ended case is the end of the
    identification. A case is opened again if its worker is not found with certainty, as after a decision of
    an agent. It needs an open transaction.
    """
    rows = await connection.fetch(_CASES, list(numbers))
    declarations = {
        row["declaration_id"]: ReceivedDeclaration.model_validate_json(row["declaration"]) for row in rows
    }
    resolved = [declarations[row["declaration_id"]] for row in rows if row["state"] == "resolved"]
    workers = await find_identified(connection, resolved) if resolved else {}
    again = [declaration.number for declaration in resolved if declaration.number not in workers]
    if again:
        await connection.execute(_REOPEN, again)
    return [
        _message(row, declarations[row["declaration_id"]], workers.get(row["declaration_id"]))
        for row in rows
        if row["declaration_id"] not in again
    ], again


def _message(
    row: Record, declaration: ReceivedDeclaration, worker: Person | None
) -> IdentificationEnded | DeclarationProvisional:
    if row["state"] != "open":
        return IdentificationEnded(declaration=declaration, worker=worker)
    outcome = Outcome(result=Result.PROVISIONAL, anomalies=declaration.anomalies, decided_at=row["opened_at"])
    return DeclarationProvisional(declaration=declaration, outcome=outcome)
