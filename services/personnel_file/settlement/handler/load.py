"""Load all that the decisions of a batch need, set by set, with the workers locked first (decision D7)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

from services.personnel_file.mutation import store as numbers
from services.personnel_file.mutation.rules import newest_person
from services.personnel_file.relation import store as relations
from services.personnel_file.relation.rules import Relation
from services.personnel_file.settlement import store
from services.personnel_file.settlement.handler.ledger import Ledger
from services.personnel_file.settlement.rules.quota import UsageBook, counted_features, declared_days
from services.personnel_file.settlement.store import SettleRequest
from shared.domain.declared import Declaration, Kind
from shared.domain.identifiers import looks_provisional
from shared.domain.quotas import account
from shared.messages import DeclarationDiscarded, IdentificationEnded
from shared.runtime.database import Transaction


async def load_ledger(tx: Transaction, requests: Sequence[SettleRequest]) -> Ledger:
    """Return a ledger with all that the requests need; workers are locked before relations are read."""
    declarations = [request.declaration for request in requests]
    finals = await store.load_finals(
        tx,
        {
            number
            for declaration in declarations
            for number in (declaration.number, declaration.previous, declaration.declared.period_id)
            if number is not None
        },
    )
    declared = [declaration.declared for declaration in declarations]
    named_days = {id_ for each in declared if (id_ := each.daily_registration_id) is not None}
    day_periods = await relations.load_day_periods(tx, named_days)
    named = {*(each.period_id for each in declared), *day_periods.values()} - {None}
    period_keys, counted = await relations.load_owners(tx, {id_ for id_ in named if id_ is not None})
    ledger = Ledger(finals, period_keys, day_periods)
    keys = {key for request in requests if (key := ledger.key_of(request)) is not None}
    # A discarded request uses nothing, and may be unreadable.
    readable = [request for request in requests if not isinstance(request, DeclarationDiscarded)]
    accounts = _find_accounts(readable, counted)
    await relations.lock_workers(tx, {ssin for _, ssin in keys}, accounts)
    ledger.relations = await relations.load_relations(tx, keys)
    periods_of_days = {ledger.period_of(each) for each in declared if each.kind is Kind.DAILY}
    await relations.add_days(
        tx, ledger.relations, {id_: period_keys[id_] for id_ in periods_of_days if id_ in period_keys}
    )
    ledger.usage = await _load_usage(tx, ledger, readable, accounts)
    return ledger


async def replace_numbers(tx: Transaction, requests: Sequence[SettleRequest]) -> list[SettleRequest]:
    """Return the requests under the numbers in force: some were replaced since admission."""
    workers = [
        request.worker for request in requests if isinstance(request, IdentificationEnded) and request.worker
    ]
    people = await numbers.load_people(tx, {worker.ssin for worker in workers})
    employers = [request.declaration.employer for request in requests]
    provisional = {
        employer.employer_id for employer in employers if employer and looks_provisional(employer.employer_id)
    }
    definitive = await numbers.load_definitive(tx, provisional)
    replaced: list[SettleRequest] = []
    for request, employer in zip(requests, employers, strict=True):
        if isinstance(request, IdentificationEnded) and request.worker is not None and people:
            request = request.model_copy(update={"worker": newest_person(request.worker, people)})
        if employer is not None and (id_ := definitive.get(employer.employer_id)) is not None:
            employer = employer.model_copy(update={"employer_id": id_})
            declaration = request.declaration.model_copy(update={"employer": employer})
            request = request.model_copy(update={"declaration": declaration})
        replaced.append(request)
    return replaced


def _find_accounts(requests: Iterable[SettleRequest], counted: Mapping[int, str | None]) -> set[str]:
    """Return the quota accounts that the requests may use."""
    accounts = {counted.get(request.declaration.declared.period_id or 0) for request in requests}
    for request in requests:
        features = counted_features(request.declaration.declared, None)
        employer = request.declaration.employer
        if features is not None and employer is not None:
            accounts.add(account(features, employer.enterprise_number))
    return {each for each in accounts if each is not None}


async def _load_usage(
    tx: Transaction, ledger: Ledger, requests: Iterable[SettleRequest], accounts: Collection[str]
) -> UsageBook:
    """Return the quota use in the years that the requests concern; empty for most batches."""
    ssins = set()
    # An UPDATE may change the period of an IN of the same batch: its days count without a relation.
    changes: list[tuple[Declaration, Relation | None]] = []
    for request in requests:
        key = ledger.key_of(request)
        stored = ledger.relations.get(key) if key else None
        relation = stored.relation if stored else None
        if key is None:
            changes.append((request.declaration.declared, None))
        elif counted_features(request.declaration.declared, relation) is not None:
            ssins.add(key[1])
            changes.append((request.declaration.declared, relation))
    if not ssins:
        return UsageBook()
    days = [day for declared, relation in changes for day in declared_days(declared, relation)]
    first, last = date(min(days).year, 1, 1), date(max(days).year, 12, 31)
    return await store.load_usage(tx, ssins, accounts, first, last)
