"""Settle a batch in one transaction: each declaration after the previous one of its chain is final."""

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
    """Settle a batch of requests, and the stored requests that wait for them. Return the messages to publish.

    If the batch has one request, the requests that wait for it are not settled, but published again. When a
    batch of several requests fails, the runtime repeats it with one request at a time. So, if the database
    finds an overlap that the rules did not find, in a batch with one request, this request causes the
    overlap. It is refused.
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
    """Settle a batch and return the messages, or None if the database finds an overlap of its only request.

    The requests with a number in `overlapping` are refused.
    """
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
    """Return the message that publishes a stored request again, after `final` ended its waiting.

    The data are not read here, so that an unreadable request fails alone (ADR 4). A request that comes back
    too early waits again, and the final result of another declaration publishes it once more. Therefore the
    id is made from the numbers of both declarations.
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
    """Settle the requests in the order of arrival, and after each the request that waits for it.

    A request is not settled while the previous declaration of its chain is not final. The order of arrival
    counts also between chains: the earlier declaration uses a quota first, in one batch or in several.
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
