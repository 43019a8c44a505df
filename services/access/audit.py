"""The audit of refused requests to the directory."""

from __future__ import annotations

from typing import Final

from shared.runtime.authorization import Refusal
from shared.runtime.database import Transaction

_STORE: Final = """
INSERT INTO access.refusal (refused_at, caller, client_id, operation, parties, reason)
VALUES ($1, $2, $3, $4, $5, $6)"""


async def store_refusal(tx: Transaction, refusal: Refusal) -> None:
    """Store a refused request; the table is append-only."""
    caller, organizations = refusal.caller, list(refusal.organizations)
    await tx.connection.execute(
        _STORE, tx.now, caller.subject, caller.client_id, refusal.operation, organizations, refusal.reason
    )
