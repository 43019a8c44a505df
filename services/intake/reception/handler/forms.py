"""Receive forms of files, and answer those that become no declaration."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence

from services.intake.reception.channels import form as channel
from services.intake.reception.channels.queue import Command
from services.intake.reception.channels.rejection import Rejection
from services.intake.reception.store.results import load_results
from shared.messages import FormAnswered, FormSubmitted
from shared.runtime.database import Transaction
from shared.runtime.step import Effect

_Receive = Callable[
    [Transaction, Sequence[Command]], Awaitable[tuple[Sequence[int | Rejection], Sequence[Effect]]]
]


class FormReception:
    """The step `forms`. `receive` is the reception of requests."""

    def __init__(self, receive: _Receive) -> None:
        self._receive = receive

    async def receive(self, tx: Transaction, forms: Sequence[FormSubmitted]) -> Sequence[Effect]:
        """Receive a batch of forms, which the inbox has not seen before, and return the effects."""
        commands = [channel.read(form, tx.now) for form in forms]
        outcomes, effects = await self._receive(tx, commands)
        problems = [
            FormAnswered(ticket=form.ticket, form=form.form, problem=outcome.problem["detail"])
            for form, outcome in zip(forms, outcomes, strict=True)
            if isinstance(outcome, Rejection)
        ]
        again = [
            outcome
            for form, outcome in zip(forms, outcomes, strict=True)
            if form.again_at is not None and isinstance(outcome, int)
        ]
        return [*effects, *problems, *await _answer_again(tx, again, effects)]


async def _answer_again(
    tx: Transaction, numbers: Collection[int], effects: Sequence[Effect]
) -> Sequence[FormAnswered]:
    """Return the stored results of declarations that were sent again, without those among the effects."""
    if not numbers:
        return ()
    sent = {each.event_id for each in effects if isinstance(each, FormAnswered)}
    answers = [channel.answered(*each) for each in await load_results(tx, numbers)]
    return [each for each in answers if each.event_id not in sent]
