"""Saving: what a batch decided, with its events in history and feed; and what follows from it."""

from __future__ import annotations

from services.personnel_file import store
from services.personnel_file.feed import rules as feed_rules
from services.personnel_file.feed import store as feed
from services.personnel_file.feed.store import FeedEvent
from services.personnel_file.handler.ledger import Ledger
from services.personnel_file.late import store as late
from services.personnel_file.rules import OfDay
from services.personnel_file.store import days
from shared.messages import DeclarationDiscarded, DeclarationSettled, derived_id
from shared.runtime import metrics
from shared.runtime.database import Transaction
from shared.runtime.logs import log
from shared.runtime.step import Effect


async def save(tx: Transaction, ledger: Ledger) -> list[Effect]:
    """Save what was decided; returns the finals, and what the institutions are told."""
    effects: list[Effect] = []
    if ledger.changes:
        changed = {change.key for change in ledger.changes}
        ids = await store.save_relations(tx, [ledger.kept[key] for key in changed])
        if ledger.periods:
            await store.save_periods(tx, list(ledger.periods.values()))
        if ledger.days:
            await days.save(tx, list(ledger.days.values()))
        effects += await feed.save(
            tx,
            [
                FeedEvent(
                    derived_id("feed", change.declaration_id, change.version),
                    feed_rules.TYPE_OF[type(change.event)],
                    feed_rules.state(
                        kept.relation,
                        ids[key],
                        kept.employer_id,
                        change.version,
                        period,
                        kept.relation.days[change.event.registration_id]
                        if isinstance(change.event, OfDay)
                        else None,
                        kept.worker.former_ssins or (),
                    ),
                    tx.now,
                )
                for key, change, period, kept in ledger.states
            ],
        )
        for change in ledger.changes:
            metrics.PERIODS_CHANGED.labels(change.event.type).inc()
    if ledger.settlements:
        finals = [
            (one.declaration.number, settlement.outcome.result, settlement.outcome.period_id)
            for one, settlement, _ in ledger.settlements
        ]
        await store.save_finals(tx, finals, ledger.changes)
    if ledger.late:
        await late.save(tx, ledger.late)
    if discards := [one for one, _, _ in ledger.settlements if isinstance(one, DeclarationDiscarded)]:
        await store.save_discards(tx, discards)
        for one in discards:
            log.warning("discarded", declaration=one.declaration.number, by=one.discarded_by)
    effects += [
        DeclarationSettled(
            declaration=one.declaration,
            outcome=settlement.outcome,
            worker=worker,
            impact=tuple(ledger.impacts.get(one.declaration.number, ())),
        )
        for one, settlement, worker in ledger.settlements
    ]
    return effects
