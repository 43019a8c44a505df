"""Taking and answering cases: the decision, who did it, and what those who have to know are told."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from services.contact.case import store as cases
from services.contact.case.rules import Kind, Obstacle, State, obstacle
from services.contact.case.store import Case
from services.contact.complaint import handler as complaint
from services.contact.contestation import handler as contestation
from services.contact.work import store
from shared.runtime.database import Transaction
from shared.runtime.logs import log
from shared.runtime.step import Effect


async def claim(tx: Transaction, case_id: UUID, kinds: frozenset[Kind], by: str) -> Case | Obstacle | None:
    """Take a case, from somebody else too; None when there is none for him."""
    case = await cases.locked(tx, case_id)
    if case is None or case.kind not in kinds:
        return None
    if case.state is not State.OPEN:
        return Obstacle.ENDED
    if case.agent != by:
        await store.claim(tx, case_id, by)
        await cases.tell(tx, case_id, "claimed", None, by)
    return await cases.locked(tx, case_id)


async def answer(
    tx: Transaction, case_id: UUID, kinds: frozenset[Kind], state: State, words: str, by: str
) -> tuple[Case | Obstacle | None, Sequence[Effect]]:
    """End a case; None when there is none for him."""
    case = await cases.locked(tx, case_id)
    if case is None or case.kind not in kinds:
        return None, ()
    if why := obstacle(case.kind, case.state, case.agent, by, state):
        return why, ()
    await cases.end(tx, case_id, state, words, by)
    effects: Sequence[Effect] = ()
    if case.kind is Kind.CONTESTATION:
        effects = await contestation.answer(tx, case, state, words, by)
    else:
        await complaint.answer(tx, case, words)
    log.info("case_answered", case=str(case_id), kind=case.kind, state=state)
    return await cases.locked(tx, case_id), effects
