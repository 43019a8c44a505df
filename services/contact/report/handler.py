"""Open reports of errors, and tell persons about a delay on the day of the answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID, uuid4

from services.contact.case import store as cases
from services.contact.case.rules import Kind, State
from services.contact.case.store import Case
from services.contact.person.handler import Coded
from services.contact.person.rules.asking import Person
from services.contact.report import store
from services.contact.report.rules import (
    Correction,
    Report,
    Told,
    answer_due_on,
    body,
    first_correction,
    told,
)
from shared.runtime.database import Transaction
from shared.runtime.logs import log
from shared.runtime.step import Effect

CLOCK: Final = "deadline"
_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True)
class Reported:
    """An error as it is reported: in words, with its period, if it is in one.

    With `restrict` the person asks that the employer cannot change the period while the error is examined.
    """

    description: str
    period_id: int | None = None
    restrict: bool = False


async def open_report(tx: Transaction, person: Person, reported: Reported, by: str) -> UUID | None:
    """Open a case for an error in the data of a person and return its id.

    Return None if the period is no period of the person.

    Args:
        tx: the transaction.
        person: the person.
        reported: the error.
        by: user id of the person, or of the agent that reports on behalf.
    """
    period_id = reported.period_id
    if period_id is not None and await store.is_locked(tx, person.ssins, period_id) is None:
        return None
    case = Case(
        id=uuid4(),
        kind=Kind.REPORT,
        state=State.OPEN,
        enterprise_number=None,
        notification_id=None,
        said=reported.description,
        opened_at=tx.now,
        opened_by=by,
        due_on=answer_due_on(tx.now),
    )
    await cases.open_cases(tx, [case])
    await store.save_report(tx, case.id, person.ssin, period_id, is_restriction_asked=reported.restrict)
    log.info("error_reported", case=str(case.id))
    return case.id


async def show_report(tx: Transaction, report: Report, person: Person, coded: Coded) -> dict[str, Any]:
    """Return a report as its person sees it, with the corrections since then and their recipients.

    `coded` returns the keyed code of a NISS.
    """
    locked = None if report.period_id is None else await store.is_locked(tx, person.ssins, report.period_id)
    corrections = await store.load_corrections(tx, report, person.ssins)
    return body(report, locked, corrections, await _told(tx, report, person, corrections, coded))


async def _told(
    tx: Transaction, report: Report, person: Person, corrections: Sequence[Correction], coded: Coded
) -> Told:
    """Return the institutions that got the correction, and the recipients that did not get it."""
    since = first_correction(corrections)
    if since is None or report.period_id is None:
        return Told()
    codes = [coded(ssin) for ssin in person.ssins]
    institutions = await store.load_institutions(tx, codes, since)
    enterprises = await store.load_enterprises(tx, person.ssins, report.period_id, since)
    return told(institutions, enterprises, corrections)


async def tell_delays(tx: Transaction) -> Sequence[Effect]:
    """Store word of the delay for each open report that is due today or earlier. Return no messages."""
    for report in await store.lock_late(tx, _AT_ONCE):
        await store.store_delay(tx, report.id)
        await cases.add_history(tx, report.id, "delayTold", None, CLOCK)
    return ()
