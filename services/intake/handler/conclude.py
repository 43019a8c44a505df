"""Concluding: the result of a declaration is stored once, with the reply that tells it to the sender."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from services.intake import store
from services.intake.channels import replies
from shared.answer import answer
from shared.domain.calendar import contestation_deadline
from shared.messages import (
    DeclarationProvisional,
    DeclarationSettled,
    Outcome,
    ReceivedDeclaration,
    Result,
    notification_id,
)
from shared.runtime import metrics
from shared.runtime.database import Transaction
from shared.runtime.logs import log
from shared.runtime.step import Effect

_COMPLETED_AS: Final[Mapping[Result, str]] = {
    Result.ACCEPTED: "accepted",
    Result.WARNING: "acceptedWithWarning",
    Result.REFUSED: "refused",
}


class Conclusion:
    """The step that concludes. `weekend` are the days that do not count for the deadline to contest."""

    def __init__(self, weekend: frozenset[int]) -> None:
        self._weekend = weekend

    async def conclude(
        self, tx: Transaction, batch: Sequence[DeclarationSettled | DeclarationProvisional]
    ) -> Sequence[Effect]:
        """Store results, once each, and reply to the senders.

        A late S finds the final result and is dropped.
        """
        rows: dict[tuple[int, bool], tuple[ReceivedDeclaration, Outcome, str]] = {}
        for message in batch:
            final = message.outcome.result is not Result.PROVISIONAL
            rows[message.declaration.number, final] = (
                message.declaration,
                message.outcome,
                self._answer(tx, message, final),
            )
        new = await store.save_results(
            tx, [(number, final, o.result, text) for (number, final), (_, o, text) in rows.items()]
        )
        effects: list[Effect] = []
        for key in sorted(rows.keys() & new, key=lambda key: key[1]):  # S before final
            declaration, outcome, text = rows[key]
            count(declaration, outcome, tx.now)
            effects += replies.result_of(declaration, outcome.result, tx.now, text)
        log.info("concluded", declarations=[number for number, _ in new])
        return effects

    def _answer(
        self, tx: Transaction, message: DeclarationSettled | DeclarationProvisional, final: bool
    ) -> str:
        number = message.declaration.number
        worker = message.worker if isinstance(message, DeclarationSettled) else None
        deadline = contestation_deadline(tx.now, self._weekend) if final else None
        return answer(
            message.declaration, message.outcome, worker, notification_id(number, final=final), deadline
        )


def count(declaration: ReceivedDeclaration, outcome: Outcome, now: datetime) -> None:
    """Count a result, how long it took, and what was found."""
    channel = declaration.sender.channel
    seconds = max((now - declaration.received_at).total_seconds(), 0.0)
    if outcome.result is Result.PROVISIONAL:
        metrics.LATENCY.labels(channel, "provisional").observe(seconds)
        return
    metrics.COMPLETED.labels(channel, declaration.declared.kind, _COMPLETED_AS[outcome.result]).inc()
    metrics.LATENCY.labels(channel, "final").observe(seconds)
    for found in outcome.anomalies:
        metrics.ANOMALIES.labels(found.code, "blocking" if found.blocks else "warning").inc()
        if found.code == "90256-155":
            metrics.MANDATE_DENIALS.labels("no_mandate").inc()
