"""Receives complaints, and tells complainants how theirs stands on the day an answer was due."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import uuid4

from services.contact.case import store as cases
from services.contact.case.rules import State, due_on
from services.contact.case.store import Case
from services.contact.complaint import store
from services.contact.complaint.rules import KIND_OF, Purpose, Subject, letter
from services.contact.complaint.store import Complainant
from shared.runtime.database import Transaction
from shared.runtime.logs import log
from shared.runtime.step import Effect

#: So many in a minute, from everybody together: more is no longer people who complain.
MOST_A_MINUTE: Final = 60
ANYBODY: Final = "anonymous"  #: who opened it, where nobody has to log in
CLOCK: Final = "deadline"
_AT_ONCE: Final = 100


async def complain(
    tx: Transaction, subject: Subject, said: str, enterprise_number: str | None, whom: Complainant
) -> Case | None:
    """Open a case for a complaint and acknowledge it; None when there are too many just now."""
    if await store.recent(tx, timedelta(minutes=1)) >= MOST_A_MINUTE:
        return None
    case = Case(
        id=uuid4(),
        kind=KIND_OF[subject],
        state=State.OPEN,
        enterprise_number=enterprise_number,
        notification_id=None,
        said=said,
        opened_at=tx.now,
        opened_by=ANYBODY,
        due_on=due_on(tx.now),
    )
    await cases.open_all(tx, [case])
    await store.save(tx, case.id, whom)
    words = letter(
        Purpose.ACKNOWLEDGEMENT, whom.language, whom.name, str(case.id), case.due_on, assigned=False
    )
    await store.write(tx, case.id, Purpose.ACKNOWLEDGEMENT, whom, words)
    log.info("complained", case=str(case.id), kind=case.kind)
    return case


async def answer(tx: Transaction, case: Case, words: str) -> None:
    """Write the answer to a complainant."""
    whom = await store.complainant(tx, case.id)
    assert whom is not None, "nobody complains without a name"
    text = letter(
        Purpose.ANSWER, whom.language, whom.name, str(case.id), case.due_on, assigned=True, answer=words
    )
    await store.write(tx, case.id, Purpose.ANSWER, whom, text)


async def progress(tx: Transaction) -> Sequence[Effect]:
    """Tell those whose answer is due today, and not there, what is being done."""
    for one in await store.overdue(tx, _AT_ONCE):
        whom = one.complainant
        words = letter(
            Purpose.PROGRESS, whom.language, whom.name, str(one.case_id), one.due_on, assigned=one.assigned
        )
        if await store.write(tx, one.case_id, Purpose.PROGRESS, whom, words):
            await cases.tell(tx, one.case_id, "progressTold", None, CLOCK)
    return ()
