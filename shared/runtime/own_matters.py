"""The refusal of a decision of an agent about an own matter."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from shared.domain.rights import AUTHORITY
from shared.runtime.authorization import RefusedError, Work

_IS_OWN: Final = "SELECT access.is_own_matter($1, $2, $3)"


async def refuse_own_matter(work: Work, ssins: Collection[str], enterprises: Collection[str]) -> None:
    """Raise RefusedError if the calling agent is concerned by a matter, so that another agent decides.

    An agent is concerned by matters of the own person, and of enterprises for which the agent has a right or
    which the agent represents by law. The authority does not count: all agents have a right there.

    Args:
        work: the open transaction of the operation.
        ssins: all numbers of the persons of the matter.
        enterprises: the enterprise numbers of its parties.
    """
    parties = [number for number in enterprises if number != AUTHORITY]
    if await work.tx.connection.fetchval(_IS_OWN, work.actor.user_id, list(ssins), parties):
        raise RefusedError("You are concerned by this case: another agent decides about it")
