"""Submit forms to intake in portions, so that the forms of a large file do not delay other declarations."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from services.files.handling.forms import from_text
from services.files.handling.handler.notifying import refusal, store_results
from services.files.handling.rules import Pace, shares
from services.files.handling.store import forms
from services.files.handling.store.forms import FormResult, StoredForm
from shared.domain.declared import Declaration
from shared.messages import FormAnswered, FormSubmitted
from shared.runtime import file_metrics
from shared.runtime.database import Transaction
from shared.runtime.logs import log
from shared.runtime.step import Effect

_ROUNDS: Final = 8


class Submitting:
    """The step `results` and the timer that submits forms. `most` forms of all files may be open at once.

    Forms leave in portions with rests between them. A form that left as soon as a result made room for it
    would keep all services busy with small transactions, and single declarations would wait behind them.
    """

    def __init__(self, most: int) -> None:
        self._most, self._pace = most, Pace()

    async def store_results(self, tx: Transaction, results: Sequence[FormAnswered]) -> Sequence[Effect]:
        """Store the results of forms."""
        await store_results(tx, results)
        self._pace.answer(time.monotonic())
        return ()

    def is_due(self) -> bool:
        """Return whether the next portion of forms may be submitted."""
        return self._pace.is_due(time.monotonic())

    async def submit(self, tx: Transaction) -> Sequence[Effect]:
        """Return the next portion of forms."""
        now = time.monotonic()
        forms = await self._submit(tx)
        if forms:
            self._pace.begin(now)
        else:
            self._pace.find_none(now)
        return forms

    async def submit_again(self, tx: Transaction) -> Sequence[Effect]:
        """Return the forms that have had no result for long: a restored database has lost their messages.

        Intake answers those that it knows again, if they have a result.
        """
        effects = [
            _submitted(client_id, stored, declared, tx.now)
            for client_id, stored in await forms.load_unanswered(tx)
            if (declared := from_text(stored.form).declared) is not None
        ]
        for each in effects:
            log.warning("form_submitted_again", ticket=each.ticket, form=each.form)
        return effects

    async def _submit(self, tx: Transaction) -> Sequence[Effect]:
        """Return the next forms of each accepted file, and refuse forms with anomalies of structure.

        A refused form needs no place, so further forms are looked at, up to a limit for one transaction.
        """
        effects: list[Effect] = []
        for _ in range(_ROUNDS):
            refused: list[FormResult] = []
            for file, share in shares(await forms.load_progress(tx), self._most):
                for stored in await forms.submit(tx, file.ticket, share):
                    form = from_text(stored.form)
                    if form.declared is None:
                        refused.append(refusal(stored, form, tx.now))
                    else:
                        effects.append(_submitted(file.client_id, stored, form.declared))
            await forms.record(tx, refused)
            file_metrics.FILE_FORMS.labels("refused").inc(len(refused))
            if not refused:
                break
        file_metrics.FILE_FORMS.labels("submitted").inc(len(effects))
        return effects


def _submitted(
    client_id: str, stored: StoredForm, declared: Declaration, again_at: datetime | None = None
) -> FormSubmitted:
    return FormSubmitted(
        client_id=client_id,
        ticket=stored.ticket,
        form=stored.number,
        declared=declared,
        received_at=stored.received_at,
        again_at=again_at,
    )
