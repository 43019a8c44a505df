"""The stored results of earlier declarations, which their senders get again."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from shared.answer import outcome_in
from shared.domain.declared import Declaration
from shared.messages import EmployerNumbers, Outcome, ReceivedDeclaration, Sender
from shared.runtime.database import Record, Transaction

_RESULTS: Final = """
SELECT number, client_id, organization, channel, message_id, message_source, declared, received_at,
    late_after, employer, employer_id, answer, recorded_at
FROM declarations JOIN results USING (number) WHERE number = ANY($1::bigint[]) ORDER BY number, final"""


async def load_results(
    tx: Transaction, numbers: Collection[int]
) -> Sequence[tuple[ReceivedDeclaration, Outcome]]:
    """Return declarations with each of their results: the provisional one, and then the final one.

    The order key, the previous declaration and the findings of intake are absent.
    """
    rows = await tx.connection.fetch(_RESULTS, list(numbers))
    return [(declaration_in(row), outcome_in(row["answer"], row["recorded_at"])) for row in rows]


def declaration_in(row: Record) -> ReceivedDeclaration:
    """Return the declaration in a row, without its order key, the previous declaration and the findings."""
    employer = None
    if row["employer"] is not None:
        employer = EmployerNumbers(enterprise_number=row["employer"], employer_id=row["employer_id"])
    return ReceivedDeclaration(
        number=row["number"],
        declared=Declaration.model_validate_json(row["declared"]),
        sender=Sender(
            client_id=row["client_id"],
            organization=row["organization"],
            channel=row["channel"],
            message_id=row["message_id"],
            message_source=row["message_source"],
        ),
        received_at=row["received_at"],
        late_after=row["late_after"],
        employer=employer,
    )
