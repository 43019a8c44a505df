"""The step that changes the file without a declaration: in one transaction, while nobody settles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from services.personnel_file import store as file
from services.personnel_file.feed import rules as feed_rules
from services.personnel_file.feed import store as feed
from services.personnel_file.feed.store import FeedEvent
from services.personnel_file.mutation import store
from services.personnel_file.mutation.rules import apply_all, joined, set_lock
from services.personnel_file.rules import EmployerIdReplaced, Event, OfRelation, PeriodsLeft, SsinReplaced
from services.personnel_file.store import Change, Kept, Key, days
from shared.domain.daily import DailyRegistration
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
class Sheet:
    """What a mutation makes of relations, and the events by which it does; saved once."""

    kept: dict[Key, Kept]
    noted: list[tuple[Change, Kept, tuple[int, ...]]] = field(default_factory=list)
    #: of a relation that lost its periods, the one that has them
    successors: dict[Key, Key] = field(default_factory=dict)

    def note(self, key: Key, before: Kept, *happened: Event) -> None:
        """A relation is what these events make of it. Each tells of its period, or of all of the relation."""
        now = self.kept[key] = replace(before, relation=apply_all(before.relation, happened))
        relation = now.relation
        for version, event in enumerate(happened, before.relation.version + 1):
            about = tuple(relation.periods) if isinstance(event, OfRelation) else (event.period_id,)
            self.noted.append((Change(key, version, None, event), now, about))

    async def save(self, tx: Transaction) -> list[Effect]:
        """Save relations, history and feed; returns what the institutions are told."""
        if not self.noted:
            return []
        changes = [change for change, _, _ in self.noted]
        ids = await file.save_relations(tx, [self.kept[key] for key in {change.key for change in changes}])
        await store.append(tx, changes)
        for change in changes:
            metrics.PERIODS_CHANGED.labels(change.event.type).inc()
        return [*await feed.save(tx, list(self._told(tx, ids)))]

    def _told(self, tx: Transaction, ids: Mapping[Key, int]) -> Iterable[FeedEvent]:
        for change, kept, about in self.noted:
            id_, version = ids[change.key], change.version
            type_ = feed_rules.TYPE_OF[type(change.event)]
            facts = (kept.relation, id_, kept.employer_id, version)
            former = kept.worker.former_ssins or ()
            if isinstance(change.event, PeriodsLeft):
                state = feed_rules.emptied(*facts, ids[self.successors[change.key]])
                yield FeedEvent(derived_id("feed", "relation", id_, version), type_, state, tx.now)
            for period_id in about:
                state = feed_rules.state(*facts, kept.relation.periods[period_id], former=former)
                told = derived_id("feed", "relation", id_, version, period_id)
                yield FeedEvent(told, type_, state, tx.now)


async def mutate(tx: Transaction, batch: Sequence[Mutation]) -> Sequence[Effect]:
    """Apply what registers and agents say, in the order in which it comes."""
    await store.lock_numbers(tx)
    effects: list[Effect] = []
    for mutation in batch:
        match mutation:
            case WorkerNumberReplaced():
                effects += await _replace_worker(tx, mutation)
            case EmployerNumberReplaced():
                effects += await _replace_employer(tx, mutation)
            case PeriodLockSet():
                effects += await _set_lock(tx, mutation)
    return effects


async def _replace_worker(tx: Transaction, said: WorkerNumberReplaced) -> list[Effect]:
    """What is under a former number goes to the one in force, as far as is known by now (D7)."""
    await store.save_former(tx, said)
    people = await store.known(tx, said.worker.ssins)
    former = {ssin: person for ssin, person in people.items() if ssin != person.ssin}
    numbers = {said.worker.ssin, *former, *(person.ssin for person in former.values())}
    await file.lock_workers(tx, numbers)
    ids = await store.relations_under(tx, numbers)
    sheet = Sheet(await _whole(tx, ids))
    effects: list[Effect] = []
    for key, relation_id in ids.items():
        leaving, person = sheet.kept[key], former.get(key[1])
        if person is None or not leaving.relation.periods:
            continue  # in force, or emptied before
        await _move(tx, sheet, key, person)
        effects.append(
            SituationChanged(
                subject=derived_id("situation", relation_id, leaving.relation.version + 1),
                enterprise_number=key[0],
                employer_id=leaving.employer_id,
                justification_code=_NISS_MUTATION,
                effective_on=said.effective_on,
                worker=person,
                outdated_ssin=key[1],
            )
        )
    told = await sheet.save(tx)
    if said.worker.ssin not in former:
        await store.save_worker(tx, said.worker)
    log.info("worker_number_replaced", order=said.order, relations=len(effects))
    return [*told, *effects]


async def _move(tx: Transaction, sheet: Sheet, key: Key, person: Person) -> None:
    """A relation gets the number in force; where the employer has one under it, its periods go there."""
    goal = (key[0], person.ssin)
    leaving, there = sheet.kept[key], sheet.kept.get(goal)
    if there is None:
        await store.renumber(tx, key, person.ssin)
        del sheet.kept[key]
        sheet.note(goal, replace(leaving, worker=person), SsinReplaced(person.ssin))
        return
    events = joined(leaving.relation, there.relation)
    await store.move_periods(tx, [event.period for event in events], person.ssin)
    sheet.note(goal, replace(there, worker=person), *events)
    sheet.successors[key] = goal
    sheet.note(key, leaving, PeriodsLeft())
    if overlapping := [event.period_id for event in events if event.period.overlapping]:
        log.warning("periods_overlap", periods=overlapping)


async def _replace_employer(tx: Transaction, said: EmployerNumberReplaced) -> list[Effect]:
    """R43: what the employer has under his provisional number is under the definitive one."""
    await store.save_definitive(tx, said)
    keys = await store.relations_of(tx, said)
    sheet = Sheet(await _whole(tx, keys))
    for key in keys:
        if (kept := sheet.kept[key]).relation.periods:
            sheet.note(key, kept, EmployerIdReplaced(said.employer_id))
    log.info("employer_number_replaced", relations=len(sheet.noted))
    situation = SituationChanged(
        subject=derived_id("situation", said.event_id),
        enterprise_number=said.enterprise_number,
        employer_id=said.employer_id,
        effective_on=said.effective_on,
    )
    return [*await sheet.save(tx), situation]


async def _set_lock(tx: Transaction, said: PeriodLockSet) -> list[Effect]:
    """An agent takes a period out of the employer's hands, or gives it back."""
    keys, _ = await file.whose(tx, [said.period_id])
    sheet = Sheet(await _whole(tx, keys.values()))
    key = keys.get(said.period_id)
    event = set_lock(sheet.kept[key].relation, said.period_id, said.locked) if key else None
    if key is None or event is None:
        log.warning("lock_without_effect", declaration=said.period_id, locked=said.locked)
        return []
    sheet.note(key, sheet.kept[key], event)
    await file.save_periods(tx, [(key, sheet.kept[key].relation.periods[said.period_id])])
    await store.save_lock(tx, said)
    log.warning("lock_set", declaration=said.period_id, locked=said.locked, by=said.set_by)
    return await sheet.save(tx)


async def _whole(tx: Transaction, keys: Iterable[Key]) -> dict[Key, Kept]:
    """Relations with all their periods and days."""
    kept = await file.relations(tx, list(keys))
    whose = {period_id: key for key, one in kept.items() for period_id in one.relation.periods}
    found: dict[Key, dict[int, DailyRegistration]] = {}
    for day in await days.of_periods(tx, list(whose)) if whose else ():
        found.setdefault(whose[day.period_id], {})[day.id] = day
    for key, registered in found.items():
        kept[key] = replace(kept[key], relation=replace(kept[key].relation, days=registered))
    return kept
