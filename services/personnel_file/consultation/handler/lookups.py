"""Answer the queries in files of expeditors, one page for each message (ADR 28).

The rights, the record and the limit of time are those of a query by queue.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from services.personnel_file.consultation.channels import lookup as channel
from services.personnel_file.consultation.handler import CONSULT, LONGEST, REFUSED, WorkerCode, search
from services.personnel_file.consultation.handler.queries import store_refusal
from services.personnel_file.consultation.store import lookups as store
from shared.consultation import PeriodsAsked, PeriodsFound, Unanswered
from shared.persons import EmployerNumbers
from shared.runtime import authorization
from shared.runtime.authorization import Operation, RefusedError, Work
from shared.runtime.database import OvertimeError, Transaction, within_time
from shared.runtime.step import Effect
from shared.runtime.tokens import Caller

NAME: Final = "queryPeriodsByFile"  #: the operation in the audit
_OPERATION: Final = Operation(CONSULT, 0, clients=True, text=REFUSED)


class Lookups:
    """The handler of queries in files."""

    def __init__(self, worker_code: WorkerCode) -> None:
        self._worker_code = worker_code

    async def answer(self, tx: Transaction, batch: Sequence[PeriodsAsked]) -> Sequence[Effect]:
        """Return a page of periods for each message, or the reason for none."""
        return [await self._answer(tx, asked) for asked in batch]

    async def _answer(self, tx: Transaction, asked: PeriodsAsked) -> PeriodsFound:
        employer = await store.load_employer_numbers(tx, asked.employer_id, asked.enterprise_number)
        if employer is None:
            return _unanswered(asked, Unanswered.UNKNOWN_EMPLOYER)
        try:
            async with within_time(tx, LONGEST):
                return await self._page(tx, asked, employer)
        except OvertimeError:
            return _unanswered(asked, Unanswered.TOO_LONG, employer)
        except RefusedError as error:
            await store_refusal(tx, NAME, asked.client_id, error)
            return _unanswered(asked, Unanswered.NO_MANDATE)

    async def _page(self, tx: Transaction, asked: PeriodsAsked, employer: EmployerNumbers) -> PeriodsFound:
        caller = Caller(asked.client_id, asked.client_id, frozenset(), 0)
        actor = await authorization.actor(tx, caller, _OPERATION, None)
        query = channel.query(asked, employer.enterprise_number)
        found = (await search(Work(tx, actor, []), NAME, query, worker_code=self._worker_code)).found
        updates = await store.load_updates(tx, [row["period_id"] for row in found.rows])
        return PeriodsFound(
            ticket=asked.ticket,
            page=asked.page,
            employer=employer,
            periods=tuple(channel.period(row, updates, tx.now) for row in found.rows),
            after=None if found.rest is None else found.rest.number,
        )


def _unanswered(
    asked: PeriodsAsked, reason: Unanswered, employer: EmployerNumbers | None = None
) -> PeriodsFound:
    return PeriodsFound(ticket=asked.ticket, page=asked.page, employer=employer, unanswered=reason)
