"""Lock the workers of a batch, and load all data that its decisions need (decision D7)."""

from __future__ import annotations

from collections.abc import Sequence

from services.personnel_file.mutation.rules import newest_person
from services.personnel_file.settlement import store
from services.personnel_file.settlement.handler.ledger import Ledger
from services.personnel_file.settlement.rules.quota import counted_features, declared_days
from services.personnel_file.settlement.store import Loaded, Needs, SettleRequest, is_discard
from shared.domain.declared import Kind
from shared.domain.identifiers import looks_provisional
from shared.domain.quotas import account
from shared.messages import DeclarationDiscarded, IdentificationEnded
from shared.runtime.database import Transaction


async def load_batch(
    tx: Transaction, requests: Sequence[SettleRequest]
) -> tuple[Ledger, list[SettleRequest], list[SettleRequest], Loaded]:
    """Return the ledger, the requests, their successors, and the loaded state of a batch.

    A successor is a stored request that waits for a request of the batch. Requests and successors get the
    numbers in force. The successors of a batch with one request are neither read nor returned, because they
    are published again (ADR 4). A discard by an operator is the exception: no service may publish it, so it
    is returned.
    """
    alone = len(requests) == 1
    successors: list[SettleRequest] = []
    loaded = await store.load_settlement(tx, _needs_of(requests), stop_at_waiting=not alone)
    if read := [each for each in loaded.waiting if not alone or is_discard(each)]:
        successors = store.read_waiting(read)
        loaded = await store.load_settlement(tx, _needs_of([*requests, *successors]))
    ledger = Ledger(
        dict(loaded.finals), dict(loaded.period_keys), dict(loaded.day_periods), dict(loaded.relations),
        loaded.usage, loaded.restore,
    )  # fmt: skip
    current = [_under_numbers_in_force(request, loaded) for request in (*requests, *successors)]
    return ledger, current[: len(requests)], current[len(requests) :], loaded


def _needs_of(requests: Sequence[SettleRequest]) -> Needs:
    declarations = [request.declaration for request in requests]
    declared = [declaration.declared for declaration in declarations]
    identified = [request for request in requests if isinstance(request, IdentificationEnded)]
    # A discarded request uses nothing, and may be unreadable.
    readable = [request for request in requests if not isinstance(request, DeclarationDiscarded)]
    counted_ssins, accounts, days = set(), set(), set()
    for request in readable:
        declaration = request.declaration
        features = counted_features(declaration.declared, None)
        if features is not None and declaration.employer is not None:
            accounts.add(account(features, declaration.employer.enterprise_number))
            if isinstance(request, IdentificationEnded) and request.worker is not None:
                counted_ssins.add(request.worker.ssin)
        if features is not None or declaration.declared.kind is Kind.UPDATE:
            days |= set(declared_days(declaration.declared, None))
    return Needs(
        [declaration.order_key or "" for declaration in declarations],
        [declaration.number for declaration in declarations],
        {
            number
            for declaration in declarations
            for number in (declaration.number, declaration.previous, declaration.declared.period_id)
            if number is not None
        },
        {each.period_id for each in declared if each.period_id is not None},
        {
            request.declaration.declared.period_id
            for request in readable
            if request.declaration.declared.kind is Kind.UPDATE and request.declaration.declared.period_id
        },
        {each.daily_registration_id for each in declared if each.daily_registration_id is not None},
        {each.period_id for each in declared if each.kind is Kind.DAILY and each.period_id is not None},
        [
            (request.declaration.employer.enterprise_number, request.worker.ssin)
            for request in identified
            if request.declaration.employer and request.worker
        ],
        counted_ssins,
        {each for each in accounts if each is not None},
        {
            declaration.employer.employer_id
            for declaration in declarations
            if declaration.employer and looks_provisional(declaration.employer.employer_id)
        },
        days,
    )


def _under_numbers_in_force(request: SettleRequest, loaded: Loaded) -> SettleRequest:
    """Return the request with the NISS and the employer number that are in force now.

    A register may have replaced the numbers after the declaration was admitted.
    """
    if isinstance(request, IdentificationEnded) and request.worker is not None and loaded.people:
        request = request.model_copy(update={"worker": newest_person(request.worker, loaded.people)})
    employer = request.declaration.employer
    if employer is not None and (id_ := loaded.definitive.get(employer.employer_id)) is not None:
        employer = employer.model_copy(update={"employer_id": id_})
        declaration = request.declaration.model_copy(update={"employer": employer})
        request = request.model_copy(update={"declaration": declaration})
    return request
