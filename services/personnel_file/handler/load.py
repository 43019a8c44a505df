"""Loading: all that the decisions of a batch need, set by set, with the workers locked first (D7)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

from services.personnel_file import store
from services.personnel_file.handler.ledger import Ledger, key_of
from services.personnel_file.rules import Relation, days_named, spending
from services.personnel_file.store import Arrived
from shared.domain.declared import Declaration
from shared.domain.quotas import account
from shared.messages import DeclarationDiscarded
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
