"""Store the result of each declaration once, and send it to the sender as a reply."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from services.intake.dialogue import channels, store
from services.intake.dialogue.store import ResultKey, StoredResult
from services.intake.probing import store as probing
from services.intake.probing.rules import contradicts
from shared.answer import answer
from shared.domain.calendar import contestation_deadline, local_date
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
_Decided = DeclarationSettled | DeclarationProvisional


class Conclusion:
    """The step `results`: it stores results and replies to the senders.

    `weekend` is the set of days of the week that do not count for the deadline of a contestation.
    """

    def __init__(self, weekend: frozenset[int]) -> None:
        self._weekend = weekend

    async def store_results(self, tx: Transaction, batch: Sequence[_Decided]) -> Sequence[Effect]:
        """Store each result once, and return the replies to the senders. Drop an S after the final result."""
        decided: dict[ResultKey, tuple[_Decided, StoredResult]] = {}
        for message in batch:
            result = self._result(tx, message)
            decided[result.key] = message, result
        new = await store.store_results(tx, [result for _, result in decided.values()])
        await self._count_contradictions(tx, [decided[key][0] for key in new if key[1]])
        effects: list[Effect] = []
        for key in sorted(decided.keys() & new.keys(), key=lambda key: key[1]):  # S before final
            message, result = decided[key]
            number, final = key
            first = not new[key] and not (final and (number, False) in new)
            count_result(message.declaration, message.outcome, tx.now, first=first)
            effects += channels.result_of(message, tx.now, result.answer)
        log.info("concluded", declarations=[number for number, _ in new])
        return effects

    async def _count_contradictions(self, tx: Transaction, final: Sequence[_Decided]) -> None:
        senders = [one.declaration.sender for one in final if contradicts(one.outcome.anomalies)]
        if senders:
            organizations = [sender.organization for sender in senders]
            await probing.count_contradictions(tx, local_date(tx.now), organizations)

    def _result(self, tx: Transaction, message: _Decided) -> StoredResult:
        declaration, outcome = message.declaration, message.outcome
        final = outcome.result is not Result.PROVISIONAL
        worker = message.worker if isinstance(message, DeclarationSettled) else None
        deadline = contestation_deadline(tx.now, self._weekend) if final else None
        id_ = notification_id(declaration.number, final=final)
        return StoredResult(
            declaration.number, outcome.result, answer(declaration, outcome, worker, id_, deadline)
        )


def count_result(
    declaration: ReceivedDeclaration, outcome: Outcome, now: datetime, *, first: bool = True
) -> None:
    """Count a result and its anomalies, and measure the time since reception.

    For an S, only measure the time. `first`: no S was given before it.
    """
    channel = declaration.sender.channel
    seconds = max((now - declaration.received_at).total_seconds(), 0.0)
    if first:
        metrics.LATENCY.labels(channel, "answer").observe(seconds)
    if outcome.result is Result.PROVISIONAL:
        metrics.LATENCY.labels(channel, "provisional").observe(seconds)
        return
    metrics.COMPLETED.labels(channel, declaration.declared.kind, _COMPLETED_AS[outcome.result]).inc()
    metrics.LATENCY.labels(channel, "final").observe(seconds)
    for anomaly in outcome.anomalies:
        metrics.ANOMALIES.labels(anomaly.code, "blocking" if anomaly.blocks else "warning").inc()
        if anomaly.code == "90256-155":
            metrics.MANDATE_DENIALS.labels("no_mandate").inc()
