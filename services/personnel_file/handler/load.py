"""Loading: all that the decisions of a batch need, set by set, with the workers locked first (D7)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from services.personnel_file import store
from services.personnel_file.handler.ledger import Ledger
from services.personnel_file.mutation import store as numbers
from services.personnel_file.mutation.rules import newest
from services.personnel_file.rules import Relation, days_named, spending
from services.personnel_file.store import Arrived, Key, days
from shared.domain.daily import DailyRegistration
from shared.domain.declared import Declaration, Kind
from shared.domain.identifiers import looks_provisional
from shared.domain.quotas import account
from shared.messages import DeclarationDiscarded, IdentificationEnded
from shared.runtime.database import Transaction


async def load(tx: Transaction, everything: Sequence[Arrived]) -> Ledger:
    """All that the decisions need, with the workers locked before their relations are read."""
    asked_for = {
        number
        for one in everything
        for number in (one.declaration.number, one.declaration.previous, one.declaration.declared.period_id)
        if number is not None
    }
    finals = await store.settled(tx, asked_for)
    day_periods = await _day_periods(tx, everything)
    named = {*(one.declaration.declared.period_id for one in everything), *day_periods.values()}
    period_keys, counted = await store.whose(tx, [period_id for period_id in named if period_id is not None])
    ledger = Ledger(finals, period_keys, day_periods)
    keys = {key for one in everything if (key := ledger.key_of(one)) is not None}
    # What was given up spends nothing, and may be what cannot even be read.
    spenders = [one for one in everything if not isinstance(one, DeclarationDiscarded)]
    accounts = _accounts(spenders, counted)
    await store.lock_workers(tx, {ssin for _, ssin in keys}, accounts)
    ledger.kept = await store.relations(tx, keys)
    await _load_days(tx, ledger, everything)
    await _load_takes(tx, ledger, spenders, accounts)
    return ledger


async def in_force(tx: Transaction, everything: Sequence[Arrived]) -> list[Arrived]:
    """The same under the numbers in force: some may have been replaced since it was identified, admitted."""
    workers = [one.worker for one in everything if isinstance(one, IdentificationEnded) and one.worker]
    people = await numbers.known(tx, {worker.ssin for worker in workers})
    employers = [one.declaration.employer for one in everything]
    provisional = {each.employer_id for each in employers if each and looks_provisional(each.employer_id)}
    definitive = await numbers.definitive(tx, provisional)
    found: list[Arrived] = []
    for one, employer in zip(everything, employers, strict=True):
        if isinstance(one, IdentificationEnded) and one.worker is not None and people:
            one = one.model_copy(update={"worker": newest(one.worker, people)})
        if employer is not None and (id_ := definitive.get(employer.employer_id)) is not None:
            numbers_now = employer.model_copy(update={"employer_id": id_})
            declaration = one.declaration.model_copy(update={"employer": numbers_now})
            one = one.model_copy(update={"declaration": declaration})
        found.append(one)
    return found


async def _day_periods(tx: Transaction, everything: Iterable[Arrived]) -> dict[int, int]:
    """Of the daily registrations that are named, which period each is of; most batches name none."""
    declared = (one.declaration.declared for one in everything)
    named = {id_ for each in declared if (id_ := each.daily_registration_id) is not None}
    return await days.periods(tx, named) if named else {}


async def _load_days(tx: Transaction, ledger: Ledger, everything: Iterable[Arrived]) -> None:
    """The registered days of the periods that a daily registration is about, beside their relations."""
    declared = (one.declaration.declared for one in everything)
    named = {ledger.period_of(each) for each in declared if each.kind is Kind.DAILY}
    there = [id_ for id_ in named if id_ in ledger.period_keys]
    found: dict[Key, dict[int, DailyRegistration]] = {}
    for day in await days.of_periods(tx, there) if there else ():
        found.setdefault(ledger.period_keys[day.period_id], {})[day.id] = day
    for key, registered in found.items():
        kept = ledger.kept[key]
        ledger.kept[key] = replace(kept, relation=replace(kept.relation, days=registered))


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
        key = ledger.key_of(one)
        kept = ledger.kept.get(key) if key else None
        relation = kept.relation if kept else None
        if key is None:
            about.append((one.declaration.declared, None))
        elif spending(one.declaration.declared, relation) is not None:
            ssins.add(key[1])
            about.append((one.declaration.declared, relation))
    if ssins:
        named = [day for declared, relation in about for day in days_named(declared, relation)]
        first, last = date(min(named).year, 1, 1), date(max(named).year, 12, 31)
        ledger.takes = await store.takes(tx, ssins, accounts, first, last)
