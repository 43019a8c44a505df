"""Save the decisions of a batch with their events in history and feed, and return the resulting messages."""

from __future__ import annotations

from services.personnel_file.feed import rules as feed_rules
from services.personnel_file.feed import store as feed
from services.personnel_file.feed.store import FeedEvent
from services.personnel_file.lateness.store import save_late
from services.personnel_file.relation import store as relations
from services.personnel_file.relation.rules import OfDay
from services.personnel_file.settlement import store
from services.personnel_file.settlement.handler.ledger import Ledger
from services.personnel_file.settlement.store import DeclarationEnd
from shared.messages import DeclarationDiscarded, DeclarationSettled, derived_id
from shared.runtime import metrics
from shared.runtime.database import Transaction
from shared.runtime.logs import log
from shared.runtime.step import Effect


async def save_ledger(tx: Transaction, ledger: Ledger) -> list[Effect]:
    """Save the decisions; return the finals and the deliveries to institutions."""
    effects: list[Effect] = await _save_changes(tx, ledger) if ledger.changes else []
    if ledger.settled:
        ends = [
            DeclarationEnd(settled.request.declaration.number, outcome.result, outcome.period_id)
            for settled in ledger.settled
            for outcome in [settled.settlement.outcome]
        ]
        await store.save_finals(tx, ends, [change for change, _, _ in ledger.changes])
    if ledger.late:
        await save_late(tx, ledger.late)
    requests = [settled.request for settled in ledger.settled]
    if discards := [request for request in requests if isinstance(request, DeclarationDiscarded)]:
        await store.save_discards(tx, discards)
        for discard in discards:
            log.warning("discarded", declaration=discard.declaration.number, by=discard.discarded_by)
    return [*effects, *_finals(ledger)]


async def _save_changes(tx: Transaction, ledger: Ledger) -> list[Effect]:
    """Save relations, periods, days and feed."""
    changed = {change.key for change, _, _ in ledger.changes}
    ids = await relations.save_relations(tx, [ledger.relations[key] for key in changed])
    if ledger.periods:
        await relations.save_periods(tx, list(ledger.periods.values()))
    if ledger.days:
        await relations.save_days(tx, list(ledger.days.values()))
    events: list[FeedEvent] = []
    for change, period, stored in ledger.changes:
        event = change.event
        metrics.PERIODS_CHANGED.labels(event.type).inc()
        state = feed_rules.state(
            stored.relation,
            ids[change.key],
            stored.employer_id,
            change.version,
            period,
            stored.relation.days[event.registration_id] if isinstance(event, OfDay) else None,
            stored.worker.former_ssins or (),
        )
        id_ = derived_id("feed", change.declaration_id, change.version)
        events.append(FeedEvent(id_, feed_rules.TYPE_OF[type(event)], state, tx.now))
    return [*await feed.save_events(tx, events)]


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
