"""Queries of operators on the tables of identification. They run as the owner of the database."""

from __future__ import annotations

from collections.abc import Sequence

from shared.runtime.database import Connection, Record


async def cases(connection: Connection, *, closed: bool) -> Sequence[Record]:
    """Return the open cases in the order of their deadlines; with `closed`, also the closed cases."""
    return await connection.fetch(
        """SELECT declaration_id, state, opened_at, deadline FROM identification.cases
        WHERE $1 OR state = 'open' ORDER BY deadline, declaration_id""",
        closed,
    )


async def case_history(connection: Connection, number: int) -> Sequence[Record]:
    """Return the events of the case of a declaration, oldest first."""
    return await connection.fetch(
        """SELECT recorded_at, event, reason, decided_by FROM identification.case_history
        WHERE declaration_id = $1 ORDER BY id""",
        number,
    )


async def case_state(connection: Connection, number: int, ssin: str | None) -> Record:
    """Return a record about the case of a declaration and about a NISS.

    `state` is the state of the case, None without case. `known` is whether the register has the NISS.
    """
    row = await connection.fetchrow(
        """SELECT (SELECT state FROM identification.cases WHERE declaration_id = $1) AS state,
            EXISTS (SELECT FROM identification.persons WHERE ssin = $2) AS known""",
        number,
        ssin,
    )
    assert row is not None
    return row


async def has_open_case(connection: Connection, number: int) -> bool:
    """Return whether a declaration waits for the identification of its worker."""
    return bool(
        await connection.fetchval(
            """SELECT EXISTS (
                SELECT FROM identification.cases WHERE declaration_id = $1 AND state = 'open')""",
            number,
        )
    )


async def open_declarations(connection: Connection) -> list[str]:
    """Return the declarations that wait for an identification, as JSON of ReceivedDeclaration."""
    rows = await connection.fetch("SELECT declaration FROM identification.cases WHERE state = 'open'")
    return [row["declaration"] for row in rows]
