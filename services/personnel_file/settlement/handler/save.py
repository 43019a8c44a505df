"""Save the decisions of a batch with their events in history and feed, and return the resulting messages."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from services.personnel_file.feed import rules as feed_rules
from services.personnel_file.feed.store import FeedEvent, feed_row
from services.personnel_file.lateness.store import late_row
from services.personnel_file.relation.rules import OfDay
from services.personnel_file.relation.store import Key, day_row, history_row, period_row, relation_row
from services.personnel_file.settlement import store
from services.personnel_file.settlement.handler.ledger import Ledger
from services.personnel_file.settlement.store import SettleRequest
from shared.domain.calendar import local_date
from shared.messages import DeclarationDiscarded, DeclarationSettled, derived_id, to_json
from shared.runtime import metrics
from shared.runtime.database import Transaction
from shared.runtime.logs import log
from shared.runtime.step import Effect


async def save_ledger(
    tx: Transaction,
    ledger: Ledger,
    relation_ids: Mapping[Key, int],
    *,
    early: Sequence[SettleRequest] = (),
    resumed: Collection[int] = (),
    recover: bool = False,
) -> list[Effect] | None:
    """Save the decisions. Return a message for each final result.

    Args:
        tx: The transaction of the batch.
        ledger: The decisions.
        relation_ids: The public identifiers of the relations.
        early: Requests that came before the previous declaration was final. They are stored and wait.
        resumed: Numbers of stored requests that no longer wait.
        recover: Whether to return None, and save nothing, when the database finds an overlap.
    """
    events = _feed_events(tx, ledger, relation_ids)
    discards = [each.request for each in ledger.settled if isinstance(each.request, DeclarationDiscarded)]
    declarations = [settled.request.declaration for settled in ledger.settled]
    # A period has the number of its IN.
    received_on = {each.number: local_date(each.received_at) for each in declarations}
    rows: dict[str, Sequence[Any]] = {
        "relations": [
            {"relation_id": relation_ids[key], **relation_row(ledger.relations[key])}
            for key in dict.fromkeys(change.key for change, _, _ in ledger.changes)
        ],
        "periods": [
            {
                **period_row(key, period),
                "received_on": received_on.get(period.id),
                "quota_exceeded": ledger.quota_exceeded.get(period.id),
            }
            for key, period in ledger.periods.values()
        ],
        "account_days": [
            {"account": account, "day": day, "periods": periods}
            for (account, day), periods in ledger.usage.account_days.items()
            if periods
        ],
        "days": [day_row(day) for day in ledger.days.values()],
        "history": [history_row(change, tx.now) for change, _, _ in ledger.changes],
        "feed": [feed_row(event) for event in events],
        "settlements": [
            {
                "declaration_id": settled.request.declaration.number,
                "result": outcome.result,
                "period_id": outcome.period_id,
                "settled_at": tx.now,
                "received_at": settled.request.declaration.received_at,
                "channel": settled.request.declaration.sender.channel,
                "organization": settled.request.declaration.sender.organization,
                "findings": store.findings_of(outcome),
            }
            for settled in ledger.settled
            for outcome in [settled.settlement.outcome]
        ],
        "late": [late_row(late) for late in ledger.late],
        "discards": [
            {
                "declaration_id": discard.declaration.number,
                "discarded_by": discard.discarded_by,
                "discarded_at": discard.discarded_at,
                "reason": discard.reason,
            }
            for discard in discards
        ],
        "waiting": [
            {
                "declaration_id": request.declaration.number,
                "previous": request.declaration.previous,
                "message": f"{request.TYPE}\n{to_json(request)}",
                "since": tx.now,
            }
            for request in early
        ],
        "resumed": list(resumed),
    }
    if not any(rows.values()):
        return []
    if not await store.save_settlement(tx, rows, recover=recover):
        return None
    for change, _, _ in ledger.changes:
        metrics.PERIODS_CHANGED.labels(change.event.type).inc()
    for discard in discards:
        log.warning("discarded", declaration=discard.declaration.number, by=discard.discarded_by)
    return [*_finals(ledger)]


def _feed_events(tx: Transaction, ledger: Ledger, relation_ids: Mapping[Key, int]) -> list[FeedEvent]:
    events: list[FeedEvent] = []
    for change, period, stored in ledger.changes:
        event = change.event
        state = feed_rules.state(
            stored.relation,
            relation_ids[change.key],
            stored.employer_id,
            change.version,
            period,
            stored.relation.days[event.registration_id] if isinstance(event, OfDay) else None,
            stored.worker.former_ssins or (),
        )
        id_ = derived_id("feed", change.declaration_id, change.version)
        events.append(FeedEvent(id_, feed_rules.TYPE_OF[type(event)], state, tx.now))
    return events


def _finals(ledger: Ledger) -> list[DeclarationSettled]:
    return [
        DeclarationSettled(
            declaration=settled.request.declaration,
            outcome=settled.settlement.outcome,
            worker=settled.worker,
            impact=tuple(ledger.impacts.get(settled.request.declaration.number, ())),
        )
        for settled in ledger.settled
    ]
