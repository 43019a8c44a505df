"""The record of what operators did through messages: append-only for every service (decision D35)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from shared.registers import RegisterChange
from shared.runtime.database import Connection

_STORE: Final = """
INSERT INTO platform.operator_log (account, action, subject)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[])"""


async def store_changes(connection: Connection, changes: Sequence[RegisterChange]) -> None:
    """Record changes of a register: the account that sent each, its kind and its sequence number."""
    await connection.execute(
        _STORE,
        [change.sent_by for change in changes],
        [change.TYPE for change in changes],
        [str(change.sequence) for change in changes],
    )
