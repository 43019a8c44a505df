"""Reads of identification's tables for operators, as owner of the database."""

from __future__ import annotations

from collections.abc import Sequence

from shared.runtime.database import Connection, Record


async def cases(connection: Connection, *, closed: bool) -> Sequence[Record]:
    """Return the cases by deadline; with `closed`, the closed ones too."""
    return await connection.fetch(
        """SELECT declaration_id, state, opened_at, deadline FROM identification.cases
        WHERE $1 OR state = 'open' ORDER BY deadline, declaration_id""",
        closed,
    )


async def case_history(connection: Connection, number: int) -> Sequence[Record]:
    """Return the events of the case of a declaration, oldest first."""
    return await connection.fetch(
        """SELECT recorded_at, event, reason FROM identification.case_history
        WHERE declaration_id = $1 ORDER BY id""",
        number,
    )


async def has_open_case(connection: Connection, number: int) -> bool:
    """Return whether a declaration waits for the identification of its worker."""
    return bool(
        await connection.fetchval(
            """SELECT EXISTS (
                SELECT FROM identification.cases WHERE declaration_id = $1 AND state = 'open')""",
            number,
        )
    )
