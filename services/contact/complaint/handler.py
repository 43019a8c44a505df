"""The opening of complaints, and the letters to complainants: acknowledgement, progress, answer."""

from __future__ import annotations

import hashlib
import secrets
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

#: Most complaints in a minute from all sources together, so that the storage cannot fill up. Each source has
#: a lower limit of its own (`Sources`).
MOST_A_MINUTE: Final = 600
ANYBODY: Final = "anonymous"  #: subject of the opener of a complaint, which needs no login
CLOCK: Final = "deadline"
_AT_ONCE: Final = 100


async def open_complaint(
    tx: Transaction,
    subject: Subject,
    description: str,
    enterprise_number: str | None,
    complainant: Complainant,
) -> Case | None:
    """Open a case for a complaint and store the letter that acknowledges it.

    Return the case. Return None, and store nothing, if 600 or more complaints came in the last minute.

    Args:
        tx: the transaction.
        subject: the subject that the complainant chose.
        description: the words of the complaint.
        enterprise_number: the enterprise that it is about, if any.
        complainant: the sender of the complaint, with the addresses for the answer.
    """
    if await store.count_recent(tx, timedelta(minutes=1)) >= MOST_A_MINUTE:
        return None
    case = Case(
        id=uuid4(),
        kind=KIND_OF[subject],
        state=State.OPEN,
        enterprise_number=enterprise_number,
        notification_id=None,
        said=description,
        opened_at=tx.now,
        opened_by=ANYBODY,
        due_on=due_on(tx.now),
    )
    await cases.open_cases(tx, [case])
    code = secrets.token_hex(8) if complainant.email is not None else None
    await store.store_complainant(tx, case.id, complainant, code_digest(code) if code else None)
    words = letter(
        Purpose.ACKNOWLEDGEMENT,
        complainant.language,
        complainant.name if code is None else "",  # a stranger may have given the address of another person
        str(case.id),
        case.due_on,
        assigned=False,
        code=code,
    )
    await store.store_letter(tx, case.id, Purpose.ACKNOWLEDGEMENT, complainant, words)
    log.info("complained", case=str(case.id), kind=case.kind)
    return case


def code_digest(code: str) -> bytes:
    """Return the SHA-256 of the code that confirms an e-mail address. Only this digest is stored."""
    return hashlib.sha256(code.encode()).digest()


async def write_answer(tx: Transaction, case: Case, words: str) -> None:
    """Store the letter with the answer to the complainant of a case; agents send it later."""
    complainant = await store.load_complainant(tx, case.id)
    assert complainant is not None, "every complaint has a complainant"
    text = letter(
        Purpose.ANSWER,
        complainant.language,
        complainant.name,
        str(case.id),
        case.due_on,
        assigned=True,
        answer=words,
    )
    await store.store_letter(tx, case.id, Purpose.ANSWER, complainant, text)


async def write_progress_letters(tx: Transaction) -> Sequence[Effect]:
    """Store a progress letter for each open complaint with an answer due today or earlier.

    One call writes at most 100 letters, and a complaint gets one progress letter only. The returned sequence
    is empty, because agents send the letters.
    """
    for complaint in await store.lock_overdue(tx, _AT_ONCE):
        complainant = complaint.complainant
        words = letter(
            Purpose.PROGRESS,
            complainant.language,
            complainant.name,
            str(complaint.case_id),
            complaint.due_on,
            assigned=complaint.assigned,
        )
        if await store.store_letter(tx, complaint.case_id, Purpose.PROGRESS, complainant, words):
            await cases.add_history(tx, complaint.case_id, "progressTold", None, CLOCK)
    return ()
