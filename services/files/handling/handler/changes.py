"""Write a change of the number of a worker for the expeditors of the employer (IDFLUX, ADR 28)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from services.files.handling.store import changes as store
from services.files.handling.store.changes import ChangeFile
from services.files.transfer.rules import OUT_FOLDERS, AnswerKind, Environment, answer_name, in_base_36
from services.files.xml.idflux import OF_WORKER, Change, Outdated, idflux
from shared.domain.calendar import local_date
from shared.domain.identifiers import looks_provisional
from shared.messages import SituationChanged
from shared.runtime.database import Transaction
from shared.runtime.step import Effect


class Changes:
    """The step `situations`. `environment` is that of the files, which answer no file."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    async def store(self, tx: Transaction, situations: Sequence[SituationChanged]) -> Sequence[Effect]:
        """Store a file for each change and each expeditor that may declare for its employer."""
        changes = [change for situation in situations if (change := change_of(situation)) is not None]
        expeditors = await store.load_expeditors_for(tx, {each.enterprise_number for each in changes})
        pairs = [
            (change, expeditor)
            for change in changes
            for employer, expeditor in expeditors
            if employer == change.enterprise_number
        ]
        if pairs:
            numbers = await store.take_answer_numbers(tx, len(pairs))
            files = [self._file(number, *pair, tx.now) for number, pair in zip(numbers, pairs, strict=True)]
            await store.add_changes(tx, files, AnswerKind.CHANGE, OUT_FOLDERS[self._environment])
        return ()

    def _file(self, number: int, change: Change, expeditor: str, at: datetime) -> ChangeFile:
        name = answer_name(AnswerKind.CHANGE, local_date(at), number, self._environment)
        return ChangeFile(number, expeditor, name, idflux(change, _ticket(number), at))


def change_of(situation: SituationChanged) -> Change | None:
    """Return a situation as the message has it; None for one that it cannot carry.

    It carries no provisional number of an employer, and no definitive number that replaces a provisional one.
    """
    code, worker = situation.justification_code, situation.worker
    if code not in OF_WORKER or worker is None or looks_provisional(situation.employer_id):
        return None
    return Change(
        code=code,
        effective_on=situation.effective_on,
        employer_id=situation.employer_id,
        enterprise_number=situation.enterprise_number,
        valid=worker,
        outdated=Outdated(ssin=situation.outdated_ssin),
    )


def _ticket(answer: int) -> str:
    """Return the ticket of a change, of 13 digits and capital letters, from the number of its file."""
    return f"34{in_base_36(answer, 11)}"
