"""Queries of operators on the declarations of intake. They run as the owner of the database."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from services.intake.reception.store import FINDINGS
from services.intake.reception.store.results import declaration_in
from shared.answer import outcome_in
from shared.messages import Outcome, ReceivedDeclaration
from shared.runtime.database import Connection, Record

_RECEIVED: Final = """
SELECT number, client_id, organization, channel, message_id, message_source, declared, received_at,
    late_after, employer, employer_id, order_key, previous, findings, registers_days
FROM intake.declarations WHERE number = ANY($1::bigint[]) ORDER BY received_at, number"""
_REFUSALS: Final = """
SELECT number, answer, recorded_at FROM intake.results
WHERE number = ANY($1::bigint[]) AND final"""


async def load_received(connection: Connection, numbers: Collection[int]) -> dict[int, ReceivedDeclaration]:
    """Return declarations as intake sent them on, by number, in the order of reception.

    The findings of a refused declaration are absent.
    """
    rows = await connection.fetch(_RECEIVED, list(numbers))
    return {row["number"]: _declaration(row) for row in rows}


async def load_refusals(connection: Connection, numbers: Collection[int]) -> dict[int, Outcome]:
    """Return the final results that intake has stored, by number."""
    rows = await connection.fetch(_REFUSALS, list(numbers))
    return {row["number"]: outcome_in(row["answer"], row["recorded_at"]) for row in rows}


def _declaration(row: Record) -> ReceivedDeclaration:
    found = {name: row[name] for name in ("registers_days", "order_key", "previous")}
    found["anomalies"] = () if row["findings"] is None else FINDINGS.validate_json(row["findings"])
    return declaration_in(row).model_copy(update=found)
