"""Settling: each declaration when the one before it is final, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import asyncpg

from services.personnel_file import store
from services.personnel_file.handler.ledger import Ledger
from services.personnel_file.handler.load import in_force, load
from services.personnel_file.handler.save import save
from services.personnel_file.store import Arrived
from shared.messages import MESSAGES, derived_id, sharded
from shared.runtime.database import Transaction
from shared.runtime.logs import log
from shared.runtime.step import Effect, Resumed


async def record(tx: Transaction, arrived: Sequence[Arrived]) -> Sequence[Effect]:
    """Settle a batch, and with it what waits for it; one that came alone answers for nobody else.

    Whatever fails in a batch of many is tried one by one. An overlap that the database finds and the
    rules did not see is then certainly the one's own, and refused as one.
    """
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
        Resumed(
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
    everything = await in_force(tx, [*arrived, *woken])
    arrived, woken = everything[: len(arrived)], everything[len(arrived) :]
    ledger = await load(tx, everything)
    if repeated := [number for one in arrived if (number := one.declaration.number) in ledger.finals]:
        log.warning("already_final", declarations=repeated)  # a discarded one was replayed, or the reverse
    early = _settle_in_order(ledger, arrived, woken, tx, overlapping)
    if early:
        await store.wait(tx, early)
    settled = {one.declaration.number for one, _, _ in ledger.settlements}
    if awake := [one.declaration.number for one in woken if one.declaration.number in settled]:
        await store.wake(tx, awake)
    effects = await save(tx, ledger)
    log.info("settled", declarations=sorted(settled), waiting=len(early))
    return effects


def _settle_in_order(
    ledger: Ledger,
    arrived: Sequence[Arrived],
    woken: Iterable[Arrived],
    tx: Transaction,
    overlapping: frozenset[int],
) -> list[Arrived]:
    """Settle what can be settled, each final waking what waits for it; returns those that still wait.

    In the order of arrival, also of declarations that no chain joins: a quota is spent by whoever came
    first, however they are cut into batches.
    """
    waiting = {one.declaration.previous: one for one in woken}
    for one in arrived:
        ready: Arrived | None = one
        while ready is not None:
            number, previous = ready.declaration.number, ready.declaration.previous
            if number in ledger.finals:
                break
            if previous is not None and previous not in ledger.finals:
                waiting[previous] = ready
                break
            ledger.settle(ready, tx, number in overlapping)
            ready = waiting.get(number)
    return [one for one in arrived if one.declaration.number not in ledger.finals]
