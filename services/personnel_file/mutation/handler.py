"""The step for changes without a declaration. During its transaction no declaration is settled."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from uuid import uuid4

from services.personnel_file.feed import rules as feed_rules
from services.personnel_file.feed import store as feed
from services.personnel_file.feed.store import FeedEvent
from services.personnel_file.mutation import store
from services.personnel_file.mutation.rules import apply_all, join_periods, set_lock
from services.personnel_file.relation import store as relations
from services.personnel_file.relation.rules import (
    EmployerIdReplaced,
    Event,
    OfRelation,
    PeriodsLeft,
    SsinReplaced,
)
from services.personnel_file.relation.store import Change, Key, StoredRelation
from shared.messages import (
    EmployerNumberReplaced,
    PeriodLockSet,
    Person,
    SituationChanged,
    WorkerNumberReplaced,
    derived_id,
)
from shared.runtime import metrics
from shared.runtime.database import Transaction
from shared.runtime.logs import log
from shared.runtime.step import Effect

_NISS_MUTATION: Final = 90  #: justification code of Annex 40

Mutation = WorkerNumberReplaced | EmployerNumberReplaced | PeriodLockSet


@dataclass(slots=True)
class MutationLedger:
    """The relations that a mutation changes, and the events of the changes.

    `save` saves them once, at the end of the mutation.
    """

    relations: dict[Key, StoredRelation]
    #: each change, the relation after all events of the mutation, and the periods that the change concerns
    changes: list[tuple[Change, StoredRelation, tuple[int, ...]]] = field(default_factory=list)
    #: the key of each relation that lost its periods → the key of the relation that has the periods now
    successors: dict[Key, Key] = field(default_factory=dict)

    def add(self, key: Key, before: StoredRelation, *events: Event) -> None:
        """Apply events to the relation `before`, store the result under `key`, and note the events.

        An event of the relation concerns all its periods; every other event concerns one period.
        """
        after = self.relations[key] = replace(before, relation=apply_all(before.relation, events))
        periods = tuple(after.relation.periods)
        for version, event in enumerate(events, before.relation.version + 1):
            concerned = periods if isinstance(event, OfRelation) else (event.period_id,)
            self.changes.append((Change(key, version, None, event), after, concerned))

    async def save(self, tx: Transaction) -> None:
        """Save relations, history and feed."""
        if not self.changes:
            return
        changes = [change for change, _, _ in self.changes]
        changed = {change.key for change in changes}
        ids = await relations.save_relations(tx, [self.relations[key] for key in changed])
        await relations.append_history(tx, changes)
        for change in changes:
            metrics.PERIODS_CHANGED.labels(change.event.type).inc()
        await feed.save_events(tx, list(self._feed_events(tx, ids)))

    def _feed_events(self, tx: Transaction, ids: Mapping[Key, int]) -> Iterable[FeedEvent]:
        for change, stored, concerned in self.changes:
            id_, version = ids[change.key], change.version
            type_ = feed_rules.TYPE_OF[type(change.event)]
            facts = (stored.relation, id_, stored.employer_id, version)
            if isinstance(change.event, PeriodsLeft):
                state = feed_rules.emptied(*facts, ids[self.successors[change.key]])
                yield FeedEvent(derived_id("feed", "relation", id_, version), type_, state, tx.now)
            for period_id in concerned:
                former = stored.worker.former_ssins or ()
                state = feed_rules.state(*facts, stored.relation.periods[period_id], former=former)
                event_id = derived_id("feed", "relation", id_, version, period_id)
                yield FeedEvent(event_id, type_, state, tx.now)


async def apply_mutations(tx: Transaction, batch: Sequence[Mutation]) -> Sequence[Effect]:
    """Apply the changes by registers and agents in the order of arrival. Return the resulting messages."""
    await store.lock_numbers(tx)
    effects: list[Effect] = []
    for mutation in batch:
        match mutation:
            case WorkerNumberReplaced():
                effects += await _replace_worker_number(tx, mutation)
            case EmployerNumberReplaced():
                effects += await _replace_employer_number(tx, mutation)
            case PeriodLockSet():
                number, locked = mutation.period_id, mutation.locked
                if await _set_lock(tx, mutation):
                    log.warning("lock_set", declaration=number, locked=locked, by=mutation.set_by)
                else:
                    log.warning("lock_without_effect", declaration=number, locked=locked)
    return effects


async def set_lock_of_agent(
    tx: Transaction, period_id: int, *, locked: bool, agent: str, reason: str
) -> bool:
    """Lock or unlock a period at once. Return False if it is unknown, or has this state already.

    The instant of the change is read under the lock that stops settlement, so that the history stays in
    order.

    Args:
        tx: The transaction of a request of the API.
        period_id: The number of the period.
        locked: Whether the period is to be locked.
        agent: Subject of the agent.
        reason: The explanation of the agent.
    """
    await store.lock_numbers(tx)
    now = await store.load_instant(tx)
    lock = PeriodLockSet(
        period_id=period_id, locked=locked, set_by=agent, set_at=now, reason=reason, request=uuid4()
    )
    is_set = await _set_lock(Transaction(tx.connection, now), lock)
    if is_set:
        log.warning("lock_set", declaration=period_id, locked=locked)
    return is_set


async def _replace_worker_number(tx: Transaction, replacement: WorkerNumberReplaced) -> list[Effect]:
    """Move all relations under former NISS of a worker to the NISS that is in force now (decision D7).

    Return a SituationChanged for each relation that was moved.
    """
    await store.save_former(tx, replacement)
    people = await store.load_people(tx, replacement.worker.ssins)
    former = {ssin: person for ssin, person in people.items() if ssin != person.ssin}
    ssins = {replacement.worker.ssin, *former, *(person.ssin for person in former.values())}
    await relations.lock_workers(tx, ssins)
    ids = await store.load_relations_under(tx, ssins)
    ledger = await _load_ledger(tx, ids)
    situations: list[Effect] = []
    for key, relation_id in ids.items():
        leaving, person = ledger.relations[key], former.get(key[1])
        if person is None or not leaving.relation.periods:
            continue  # in force, or emptied before
        await _move_relation(tx, ledger, key, person)
        situations.append(
            SituationChanged(
                subject=derived_id("situation", relation_id, leaving.relation.version + 1),
                enterprise_number=key[0],
                employer_id=leaving.employer_id,
                justification_code=_NISS_MUTATION,
                effective_on=replacement.effective_on,
                worker=person,
                outdated_ssin=key[1],
            )
        )
    await ledger.save(tx)
    if replacement.worker.ssin not in former:
        await store.save_worker(tx, replacement.worker)
    log.info("worker_number_replaced", order=replacement.order, relations=len(situations))
    return situations


async def _move_relation(tx: Transaction, ledger: MutationLedger, key: Key, person: Person) -> None:
    """Change the NISS of a relation to the NISS in force.

    If the employer has a relation under the NISS in force already, move the periods to that relation instead.
    """
    target = (key[0], person.ssin)
    leaving, into = ledger.relations[key], ledger.relations.get(target)
    if into is None:
        await store.renumber_relation(tx, key, person.ssin)
        del ledger.relations[key]
        ledger.add(target, replace(leaving, worker=person), SsinReplaced(person.ssin))
        return
    events = join_periods(leaving.relation, into.relation)
    await store.move_periods(tx, [event.period for event in events], person.ssin)
    ledger.add(target, replace(into, worker=person), *events)
    ledger.successors[key] = target
    ledger.add(key, leaving, PeriodsLeft())
    if overlapping := [event.period_id for event in events if event.period.overlapping]:
        log.warning("periods_overlap", periods=overlapping)


async def _replace_employer_number(tx: Transaction, replacement: EmployerNumberReplaced) -> list[Effect]:
    """Replace the provisional number of an employer by the definitive one in all its relations (rule R43)."""
    await store.save_definitive(tx, replacement)
    keys = await store.replace_employer_id(tx, replacement)
    ledger = await _load_ledger(tx, keys)
    for key in keys:
        if (stored := ledger.relations[key]).relation.periods:
            ledger.add(key, stored, EmployerIdReplaced(replacement.employer_id))
    log.info("employer_number_replaced", relations=len(ledger.changes))
    situation = SituationChanged(
        subject=derived_id("situation", replacement.event_id),
        enterprise_number=replacement.enterprise_number,
        employer_id=replacement.employer_id,
        effective_on=replacement.effective_on,
    )
    await ledger.save(tx)
    return [situation]


async def _set_lock(tx: Transaction, lock: PeriodLockSet) -> bool:
    """Lock a period against changes by the employer, or unlock it.

    Return False, without effect, if the period is unknown, or has this state already.
    """
    keys, _ = await relations.load_owners(tx, [lock.period_id])
    ledger = await _load_ledger(tx, keys.values())
    key = keys.get(lock.period_id)
    event = set_lock(ledger.relations[key].relation, lock.period_id, lock.locked) if key else None
    if key is None or event is None:
        return False
    ledger.add(key, ledger.relations[key], event)
    await store.save_lock(tx, lock)
    await ledger.save(tx)
    return True


async def _load_ledger(tx: Transaction, keys: Collection[Key]) -> MutationLedger:
    """Return a ledger of these relations with all their periods and days."""
    stored = await relations.load_relations(tx, keys)
    period_keys = {period_id: key for key, each in stored.items() for period_id in each.relation.periods}
    await relations.add_days(tx, stored, period_keys)
    return MutationLedger(stored)
