"""SQL of the sandbox. A production database refuses its changes."""

from __future__ import annotations

from typing import Final

from shared.runtime.database import Transaction

_RESET: Final = "SELECT access.reset_sandbox($1)"
_MOVE: Final = "SELECT access.move_sandbox_clock($1, make_interval(days => $2))"
_AHEAD: Final = "SELECT extract(day FROM moved_by)::int FROM access.sandbox_clock WHERE organization = $1"


async def reset(tx: Transaction, organization: str) -> int | None:
    """Delete the declarations of an organization with their results and data; return their number.

    Return None, without any effect, while one of them is processed, and until two seconds after one of them
    got its result. A declaration that waits for an identification is deleted.
    """
    found: int | None = await tx.connection.fetchval(_RESET, organization)
    return found


async def move_clock(tx: Transaction, organization: str, days: int) -> bool:
    """Set by how many days the clock of an organization is ahead. Return False, unchanged, for fewer days."""
    moved: bool = await tx.connection.fetchval(_MOVE, organization, days)
    return moved


async def days_ahead(tx: Transaction, organization: str) -> int:
    """Return by how many days the clock of an organization is ahead; 0 if it was never moved."""
    return await tx.connection.fetchval(_AHEAD, organization) or 0
