"""Settle each declaration once the one before it is final, in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from services.personnel_file.settlement.handler.ledger import Ledger
from services.personnel_file.settlement.handler.load import load_batch
from services.personnel_file.settlement.handler.save import save_ledger
from services.personnel_file.settlement.store import SettleRequest, Waiting, is_discard
from shared.messages import MESSAGES, derived_id, sharded
from shared.runtime.database import Transaction
from shared.runtime.logs import log
from shared.runtime.step import Effect, Resumed


async def settle_declarations(tx: Transaction, requests: Sequence[SettleRequest]) -> Sequence[Effect]:
    """Settle a batch with the requests that wait for it; a batch of one publishes them again instead.

    When a batch of many fails, its requests are handled one by one. An overlap that the database finds and
    the rules did not find is then certainly of that request, which is refused for it.
    """
    effects = await _settle(tx, requests)
    if effects is None:
        (number,) = numbers = [request.declaration.number for request in requests]
        log.error("overlap_found_by_database", declaration=number)
        effects = await _settle(tx, requests, overlapping=numbers)
    assert effects is not None, "a refusal overlaps nothing"
    return effects


async def _settle(
    tx: Transaction, requests: Sequence[SettleRequest], overlapping: Collection[int] = ()
) -> list[Effect] | None:
    """Settle a batch; return None when the database finds an overlap of the only request."""
    ledger, requests, successors, loaded = await load_batch(tx, requests)
    numbers = [request.declaration.number for request in requests]
    if repeated := [number for number in numbers if number in ledger.finals]:
        log.warning("already_final", declarations=repeated)  # a discarded one was replayed, or the reverse
    _settle_in_order(ledger, requests, successors, tx, overlapping)
    early = [request for request in requests if request.declaration.number not in ledger.finals]
    settled = {each.request.declaration.number for each in ledger.settled}
    alone = len(requests) == 1
    resumed = (
        [each for each in dict.fromkeys(loaded.waiting) if not is_discard(each)] if alone and settled else []
    )
    waited = {number for number, _, _ in loaded.waiting}
    effects = await save_ledger(
        tx,
        ledger,
        loaded.relation_ids,
        early=early,
        resumed={number for number, _, _ in resumed} | waited & settled,
        recover=alone and not overlapping,
    )
    if effects is None:
        return None
    log.info("settled", declarations=sorted(settled), waiting=len(early))
    return [*effects, *(_resume(waiting, requests[0]) for waiting in resumed)]


def _resume(waiting: Waiting, final: SettleRequest) -> Resumed:
    """Return a request that waited for a final, to publish again unread, so that it fails by itself (ADR 4).

    One that returns too early waits again, and is resumed by another final: hence both numbers in the id.
    """
    number, type_, data = waiting
    declaration = final.declaration
    return Resumed(
        derived_id("woken", number, declaration.number),
        type_,
        sharded(type_, declaration) if type_ in MESSAGES else final.routing_key,
        data,
    )


def _settle_in_order(
    ledger: Ledger,
    requests: Sequence[SettleRequest],
    successors: Iterable[SettleRequest],
    tx: Transaction,
    overlapping: Collection[int],
) -> None:
    """Settle requests in order. Each final releases the request that waits for it.

    The order is that of arrival, also without a common chain: the first declaration uses a quota first,
    however the declarations are cut into batches.
    """
    waiting = {request.declaration.previous: request for request in successors}
    for arrived in requests:
        request: SettleRequest | None = arrived
        while request is not None:
            number, previous = request.declaration.number, request.declaration.previous
            if number in ledger.finals:
                break
            if previous is not None and previous not in ledger.finals:
                waiting[previous] = request
                break
            ledger.settle(request, tx, number in overlapping)
            request = waiting.get(number)
