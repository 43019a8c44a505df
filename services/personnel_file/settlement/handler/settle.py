"""Settle each declaration once the one before it is final, in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import asyncpg

from services.personnel_file.settlement import store
from services.personnel_file.settlement.handler.ledger import Ledger
from services.personnel_file.settlement.handler.load import load_ledger, replace_numbers
from services.personnel_file.settlement.handler.save import save_ledger
from services.personnel_file.settlement.store import SettleRequest
from shared.messages import MESSAGES, derived_id, sharded
from shared.runtime.database import Transaction
from shared.runtime.logs import log
from shared.runtime.step import Effect, Resumed


async def settle_declarations(tx: Transaction, requests: Sequence[SettleRequest]) -> Sequence[Effect]:
    """Settle a batch with the requests that wait for it; a batch of one publishes them again instead.

    When a batch of many fails, its requests are handled one by one. An overlap that the database finds and
    the rules did not find is then certainly of that request, which is refused for it.
    """
    await store.lock_order_keys(tx, [request.declaration.order_key or "" for request in requests])
    if len(requests) > 1:
        successors = await store.load_successors(tx, [request.declaration.number for request in requests])
        return await _settle(tx, requests, successors)
    (request,) = requests
    number = request.declaration.number
    try:
        async with tx.connection.transaction():
            effects = await _settle(tx, requests)
    except asyncpg.ExclusionViolationError:
        log.error("overlap_found_by_database", declaration=number)
        effects = await _settle(tx, requests, overlapping={number})
    return [*effects, *await _resume_successors(tx, request)] if effects else ()


async def _resume_successors(tx: Transaction, final: SettleRequest) -> list[Effect]:
    """Publish the requests that wait for a final again, unread, so that each fails by itself (ADR 4).

    One that returns too early waits again, and is resumed by another final: hence both numbers in the id.
    """
    declaration = final.declaration
    return [
        Resumed(
            derived_id("woken", number, declaration.number),
            type_,
            sharded(type_, declaration) if type_ in MESSAGES else final.routing_key,
            data,
        )
        for number, type_, data in await store.take_successors(tx, declaration.number)
    ]


async def _settle(
    tx: Transaction,
    requests: Sequence[SettleRequest],
    successors: Sequence[SettleRequest] = (),
    overlapping: Collection[int] = (),
) -> list[Effect]:
    current = await replace_numbers(tx, [*requests, *successors])
    requests, successors = current[: len(requests)], current[len(requests) :]
    ledger = await load_ledger(tx, current)
    numbers = [request.declaration.number for request in requests]
    if repeated := [number for number in numbers if number in ledger.finals]:
        log.warning("already_final", declarations=repeated)  # a discarded one was replayed, or the reverse
    _settle_in_order(ledger, requests, successors, tx, overlapping)
    early = [request for request in requests if request.declaration.number not in ledger.finals]
    if early:
        await store.save_waiting(tx, early)
    settled = {each.request.declaration.number for each in ledger.settled}
    if resumed := [each.declaration.number for each in successors if each.declaration.number in settled]:
        await store.delete_waiting(tx, resumed)
    effects = await save_ledger(tx, ledger)
    log.info("settled", declarations=sorted(settled), waiting=len(early))
    return effects


def _settle_in_order(
    ledger: Ledger,
    requests: Sequence[SettleRequest],
    successors: Iterable[SettleRequest],
    tx: Transaction,
    overlapping: Collection[int],
) -> None:
    """Settle the requests that can be settled; each final releases the request that waits for it.

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
