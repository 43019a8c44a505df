"""The claims and the answers of agents, with the letters and events about each answer."""

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


async def claim_case(
    tx: Transaction, case_id: UUID, kinds: frozenset[Kind], by: str
) -> Case | Obstacle | None:
    """Assign a case to an agent, even if another agent has claimed it.

    Return the case; Obstacle.ENDED if it is not open; None if the agent sees no case with this id.

    Args:
        tx: the transaction.
        case_id: the case.
        kinds: the kinds of case that the agent sees.
        by: subject of the agent.
    """
    case = await cases.lock_case(tx, case_id)
    if case is None or case.kind not in kinds:
        return None
    if case.state is not State.OPEN:
        return Obstacle.ENDED
    if case.agent != by:
        await store.store_claim(tx, case_id, by)
        await cases.add_history(tx, case_id, "claimed", None, by)
    return await cases.lock_case(tx, case_id)


async def answer_case(
    tx: Transaction, case_id: UUID, kinds: frozenset[Kind], state: State, words: str, by: str
) -> tuple[Case | Obstacle | None, Sequence[Effect]]:
    """End a case with an answer, and prepare the letters and events to its parties.

    Return first the ended case, or the obstacle, or None if the agent sees no case with this id. Return
    second the effects to publish: letters and events for a contestation, none for the others. The letter to a
    complainant is stored; a person reads the answer to a report.

    Args:
        tx: the transaction.
        case_id: the case.
        kinds: the kinds of case that the agent sees.
        state: the final state.
        words: the answer.
        by: subject of the agent.
    """
    case = await cases.lock_case(tx, case_id)
    if case is None or case.kind not in kinds:
        return None, ()
    if why := obstacle(case.kind, case.state, case.agent, by, state):
        return why, ()
    await cases.end_case(tx, case_id, state, words, by)
    effects: Sequence[Effect] = ()
    if case.kind is Kind.CONTESTATION:
        effects = await contestation.publish_answer(tx, case, state, words, by)
    elif case.kind is not Kind.REPORT:
        await complaint.write_answer(tx, case, words)
    log.info("case_answered", case=str(case_id), kind=case.kind, state=state)
    return await cases.lock_case(tx, case_id), effects
