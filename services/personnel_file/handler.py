"""The personnel file's step: settle each declaration when the one before it is final, in one transaction."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import asyncpg

from services.personnel_file import store
from services.personnel_file.feed import rules as feed_rules
from services.personnel_file.feed import store as feed
from services.personnel_file.feed.api import app
from services.personnel_file.feed.store import FeedEvent
from services.personnel_file.rules import (
    Period,
    Relation,
    Settlement,
    Takes,
    Usage,
    days_named,
    refuse_discarded,
    refuse_overlap,
    settle,
    spending,
)
from services.personnel_file.store import Arrived, Change, Kept, Key
from shared.domain.declared import Declaration, Kind
from shared.domain.quotas import account
from shared.messages import (
    MESSAGES,
    DeclarationDiscarded,
    DeclarationSettled,
    IdentificationEnded,
    Person,
    ReceivedDeclaration,
    Result,
    derived_id,
    sharded,
)
from shared.runtime import metrics
from shared.runtime.database import Transaction
from shared.runtime.logs import log
from shared.runtime.service import Service
from shared.runtime.settings import Settings
from shared.runtime.step import Again, Asked, Effect, Step
from shared.topology import SETTLE


@dataclass(slots=True)
class Ledger:
    """What a transaction knows and decides: declarations settled one after the other, saved once."""

    finals: dict[int, str]  #: results of declarations that are final
    period_keys: dict[int, Key]  #: whose each period is
    kept: dict[Key, Kept] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    periods: dict[int, tuple[Key, Period]] = field(default_factory=dict)
    states: list[tuple[Key, Change, Period, Kept]] = field(default_factory=list)
    settlements: list[tuple[Arrived, Settlement, Person | None]] = field(default_factory=list)
    takes: Takes = field(default_factory=Takes)  #: of the quotas, as far as something asks for them

    def settle(self, arrived: Arrived, tx: Transaction, overlaps: bool) -> None:
        """Decide on one declaration, after all that it follows."""
        declaration = arrived.declaration
        key = key_of(arrived, self.period_keys)
        kept = self.kept.get(key) if key else None
        relation = kept.relation if kept else None
        worker = arrived.worker if isinstance(arrived, IdentificationEnded) else None
        if overlaps:
            settlement = refuse_overlap(declaration, relation, tx.now)
        elif isinstance(arrived, DeclarationDiscarded):
            settlement = refuse_discarded(declaration, relation, tx.now)
        else:
            settlement = settle(
                declaration,
                relation,
                identified=worker is not None or declaration.declared.kind is not Kind.IN,
                in_refused=self.finals.get(declaration.declared.period_id or 0) == Result.REFUSED,
                ssin=worker.ssin if worker else None,
                usage=self._usage(declaration, relation, key),
                former=kept.worker.former_ssins or () if kept else (),
                now=tx.now,
            )
        worker = worker or (kept.worker if kept else None)
        self.finals[declaration.number] = settlement.outcome.result
        self.settlements.append((arrived, settlement, worker))
        if settlement.events:
            self._apply(arrived, settlement, key, kept, worker)

    def _usage(
        self, declaration: ReceivedDeclaration, relation: Relation | None, key: Key | None
    ) -> Usage | None:
        """What counts for the period it is about; None for most, which no quota counts."""
        if key is None or (features := spending(declaration.declared, relation)) is None:
            return None
        return self.takes.usage(*key, features)

    def _apply(
        self,
        arrived: Arrived,
        settlement: Settlement,
        key: Key | None,
        kept: Kept | None,
        worker: Person | None,
    ) -> None:
        assert settlement.relation is not None
        assert key is not None
        assert worker is not None
        employer = arrived.declaration.employer
        employer_id = kept.employer_id if kept else employer.employer_id if employer else 0
        now = self.kept[key] = Kept(settlement.relation, worker, employer_id)
        first = settlement.relation.version - len(settlement.events) + 1
        for version, event in enumerate(settlement.events, first):
            period = settlement.relation.periods[event.period_id]
            self.takes.changed(*key, kept.relation.periods.get(period.id) if kept else None, period)
            change = Change(key, version, arrived.declaration.number, event)
            self.changes.append(change)
            self.period_keys[period.id] = key
            # Saved in the order of the last touch: who moved away goes first.
            self.periods.pop(period.id, None)
            self.periods[period.id] = (key, period)
            self.states.append((key, change, period, now))


async def record(tx: Transaction, batch: Sequence[Asked[Arrived, None]]) -> Sequence[Effect]:
    """Settle a batch, and with it what waits for it; one that came alone answers for nobody else.

    Whatever fails in a batch of many is tried one by one. An overlap that the database finds and the
    rules did not see is then certainly the one's own, and refused as one.
    """
    arrived = [asked.value for asked in batch]
    await store.lock_order_keys(tx, [one.declaration.order_key or "" for one in arrived])
    if len(arrived) > 1:
        woken = await store.successors(tx, [one.declaration.number for one in arrived])
        return await _record(tx, arrived, woken, frozenset())
    (one,) = arrived
    try:
        async with tx.connection.transaction():
            effects = await _record(tx, arrived, (), frozenset())
    except asyncpg.ExclusionViolationError:
        log.error("overlap_found_by_database", declaration=one.declaration.number)
        effects = await _record(tx, arrived, (), frozenset({one.declaration.number}))
    return [*effects, *await _send_on(tx, one)] if effects else ()


async def _send_on(tx: Transaction, settled: Arrived) -> list[Effect]:
    """What waits for a final goes on its way again, unread, each a message that fails by itself (ADR 4).

    One that comes back too early waits again, and is sent on by another: hence both numbers in the id.
    """
    by = settled.declaration
    return [
        Again(
            derived_id("woken", number, by.number),
            type_,
            sharded(type_, by) if type_ in MESSAGES else settled.routing_key,
            data,
        )
        for number, type_, data in await store.dismiss(tx, by.number)
    ]


async def _record(
    tx: Transaction, arrived: Sequence[Arrived], woken: Sequence[Arrived], overlapping: frozenset[int]
) -> list[Effect]:
    ledger = await _load(tx, [*arrived, *woken])
    if repeated := [number for one in arrived if (number := one.declaration.number) in ledger.finals]:
        log.warning("already_final", declarations=repeated)  # a discarded one was replayed, or the reverse
    early = _settle_in_order(ledger, arrived, woken, tx, overlapping)
    if early:
        await store.wait(tx, early)
    settled = {one.declaration.number for one, _, _ in ledger.settlements}
    if awake := [one.declaration.number for one in woken if one.declaration.number in settled]:
        await store.wake(tx, awake)
    effects = await _save(tx, ledger)
    log.info("settled", declarations=sorted(settled), waiting=len(early))
    return effects


async def _load(tx: Transaction, everything: Sequence[Arrived]) -> Ledger:
    """All that the decisions need, with the workers locked before their relations are read."""
    asked_for = {
        number
        for one in everything
        for number in (one.declaration.number, one.declaration.previous, one.declaration.declared.period_id)
        if number is not None
    }
    finals = await store.settled(tx, asked_for)
    named = [one.declaration.declared.period_id for one in everything]
    period_keys, counted = await store.whose(tx, [period_id for period_id in named if period_id is not None])
    ledger = Ledger(finals, period_keys)
    keys = {key for one in everything if (key := key_of(one, period_keys)) is not None}
    # What was given up spends nothing, and may be what cannot even be read.
    spenders = [one for one in everything if not isinstance(one, DeclarationDiscarded)]
    accounts = _accounts(spenders, counted)
    await store.lock_workers(tx, {ssin for _, ssin in keys}, accounts)
    ledger.kept = await store.relations(tx, keys)
    await _load_takes(tx, ledger, spenders, accounts)
    return ledger


def _accounts(everything: Iterable[Arrived], counted: Mapping[int, str | None]) -> set[str]:
    """The enterprises whose own quota may be spent."""
    found = {counted.get(one.declaration.declared.period_id or 0) for one in everything}
    for one in everything:
        features, employer = spending(one.declaration.declared, None), one.declaration.employer
        if features is not None and employer is not None:
            found.add(account(features, employer.enterprise_number))
    return {each for each in found if each is not None}


async def _load_takes(
    tx: Transaction, ledger: Ledger, everything: Iterable[Arrived], accounts: Collection[str]
) -> None:
    """What was taken of the quotas in the years that are asked about; nothing at all for most batches."""
    ssins = set()
    about: list[tuple[Declaration, Relation | None]] = []  # an UPDATE may be about an IN of the same batch
    for one in everything:
        key = key_of(one, ledger.period_keys)
        kept = ledger.kept.get(key) if key else None
        relation = kept.relation if kept else None
        if key is None:
            about.append((one.declaration.declared, None))
        elif spending(one.declaration.declared, relation) is not None:
            ssins.add(key[1])
            about.append((one.declaration.declared, relation))
    if ssins:
        days = [day for declared, relation in about for day in days_named(declared, relation)]
        first, last = date(min(days).year, 1, 1), date(max(days).year, 12, 31)
        ledger.takes = await store.takes(tx, ssins, accounts, first, last)


def _settle_in_order(
    ledger: Ledger,
    arrived: Sequence[Arrived],
    woken: Iterable[Arrived],
    tx: Transaction,
    overlapping: frozenset[int],
) -> list[Arrived]:
    """Settle what can be settled, each final waking its successor; returns those that still wait."""
    following = {one.declaration.previous: one for one in (*arrived, *woken) if one.declaration.previous}
    for one in arrived:
        previous = one.declaration.previous
        ready = deque([one] if previous is None or previous in ledger.finals else [])
        while ready:
            next_ = ready.popleft()
            number = next_.declaration.number
            if number in ledger.finals:
                continue
            ledger.settle(next_, tx, number in overlapping)
            if (successor := following.get(number)) is not None:
                ready.append(successor)
    return [one for one in arrived if one.declaration.number not in ledger.finals]


def key_of(arrived: Arrived, period_keys: dict[int, Key]) -> Key | None:
    """The relation a declaration is about: of its worker, or of its period; None when there is none yet."""
    if isinstance(arrived, IdentificationEnded):
        employer = arrived.declaration.employer
        return (employer.enterprise_number, arrived.worker.ssin) if employer and arrived.worker else None
    return period_keys.get(arrived.declaration.declared.period_id or 0)


async def _save(tx: Transaction, ledger: Ledger) -> list[Effect]:
    effects: list[Effect] = []
    if ledger.changes:
        changed = {change.key for change in ledger.changes}
        ids = await store.save_relations(tx, [ledger.kept[key] for key in changed])
        await store.save_periods(tx, list(ledger.periods.values()))
        effects += await feed.save(
            tx,
            [
                FeedEvent(
                    derived_id("feed", change.declaration_id, change.version),
                    feed_rules.TYPE_OF[type(change.event)],
                    feed_rules.state(kept.relation, ids[key], kept.employer_id, change.version, period),
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
    if discards := [one for one, _, _ in ledger.settlements if isinstance(one, DeclarationDiscarded)]:
        await store.save_discards(tx, discards)
        for one in discards:
            log.warning("discarded", declaration=one.declaration.number, by=one.discarded_by)
    effects += [
        DeclarationSettled(declaration=one.declaration, outcome=settlement.outcome, worker=worker)
        for one, settlement, worker in ledger.settlements
    ]
    return effects


def service(_settings: Settings) -> Service:
    """The personnel file as a service."""
    return Service("personnel_file", steps=(Step("settle", SETTLE, record),), api=app)
