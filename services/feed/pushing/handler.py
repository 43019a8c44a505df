"""Push: take the next events of each institution, and write its deliveries and its new position."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from uuid import uuid4

from services.feed.disclosure.handler import WorkerCode, disclose
from services.feed.disclosure.rules import Way
from services.feed.event.store import (
    Piece,
    Place,
    Seen,
    enter,
    find_head,
    find_piece,
    load_rows,
    load_states_page,
)
from services.feed.pushing import store
from services.feed.pushing.heartbeat import beat
from shared.messages import Delivery
from shared.runtime import metrics
from shared.runtime.database import Transaction
from shared.runtime.errors import is_canceled
from shared.runtime.logs import log
from shared.runtime.stage import Stage
from shared.runtime.step import Effect
from shared.topology import institution_queue

#: Each look costs a transaction per institution. Four times as many of them took 4 % of the rate of a flood.
_LOOK_SECONDS: Final = 0.2
#: After this time every position is compared again, because an authorization may have begun.
_COMPARE_SECONDS: Final = 1.0
#: Rows of the feed in one transaction, also those that the institution may not see; workers in one of states.
MOST: Final = {Way.PUSH: 256, Way.STATE: 64}
#: A transaction ends with the state that reaches so many bytes, also inside a worker.
STATE_BYTES: Final = 512 * 1024
#: Deliveries of an institution that wait for its queue. With more of them its position waits.
WAITING_MOST: Final = 2048


class Pushing:
    """The part of the process that pushes. Several processes share the institutions."""

    def __init__(self, stage: Stage, code: WorkerCode, heartbeat_seconds: float) -> None:
        self._stage, self._code, self._holder = stage, code, uuid4()
        self._heartbeat_seconds = heartbeat_seconds
        self._head: Place | None = None
        self._compare_at = 0.0
        #: Smaller pieces after a timeout, until nothing more is ready.
        self._pieces: dict[tuple[Way, str], int] = {}

    async def run(self) -> None:
        """Push repeatedly. After an error, which no institution caused, the next turn goes on."""
        loop = asyncio.get_running_loop()
        while True:
            began, more = loop.time(), False
            try:
                more = await self.turn()
            except Exception as error:
                log.warning("push_postponed", error=error)
                self._head = None
                await self._stage.pool.expire_connections()
            # Half of the time at most, so that many institutions do not take the processors from settling.
            await asyncio.sleep(0 if more else max(_LOOK_SECONDS, loop.time() - began))

    async def turn(self) -> bool:
        """Push the next events of each institution. Return whether more of them are ready."""
        now, head = asyncio.get_running_loop().time(), await find_head(self._stage.pool)
        if head == self._head and now < self._compare_at:
            return False
        self._head, self._compare_at = head, now + _COMPARE_SECONDS
        more = False
        for way, institutions in (
            (Way.PUSH, await store.find_behind(self._stage.pool, head)),
            (Way.STATE, await store.find_states_due(self._stage.pool)),
        ):
            for institution in institutions:
                more |= await self.attempt(way, institution)
                await self._stage.deliveries.room()
        if more:
            self._head = None
        else:
            await self._beat()
        return more

    async def _beat(self) -> None:
        """Push the heartbeats that are due. An error of one institution does not stop the others."""
        for institution in await store.find_silent(self._stage.pool, self._heartbeat_seconds):
            try:
                await beat(self._stage, institution, self._holder, self._heartbeat_seconds)
            except Exception as error:
                log.warning("heartbeat_postponed", institution=institution, error=error)

    async def attempt(self, way: Way, institution: str) -> bool:
        """Push one piece to an institution. Return whether more is ready for it.

        An error undoes its transaction only, so that the other institutions get their events. After a
        timeout the next piece is half as long.
        """
        push = self._push_states if way is Way.STATE else self._push
        most = self._pieces.get((way, institution), MOST[way])
        try:
            more = await push(institution, most)
        except Exception as error:
            log.warning("push_postponed", institution=institution, way=way, error=error)
            metrics.PUSHES_FAILED.labels(way).inc()
            if not (isinstance(error, TimeoutError) or is_canceled(error)):
                await self._stage.pool.expire_connections()
                return False
            self._pieces[way, institution] = max(1, most // 2)
            return most > 1
        if not more:
            self._pieces.pop((way, institution), None)
        return more

    async def _push(self, institution: str, most: int) -> bool:
        """Push one piece of the feed to an institution. Return whether more is ready for it."""
        async with self._stage.work() as (tx, effects):
            position = await store.take_position(tx, institution, self._holder, WAITING_MOST)
            if position is None:
                return False
            after = position.place
            await enter(tx.connection, institution)
            piece = await find_piece(tx.connection, after, most)
            if piece is None and not position.is_new:
                return False
            piece = piece or Piece(after, more=False, ids=())
            events = [Seen.of(row) for row in await load_rows(tx.connection, after, piece, most)]
            effects += deliveries_of(institution, events)
            await disclose(tx.connection, institution, Way.PUSH, events, self._code)
            position = replace(position, place=piece.until)
            await store.save_position(tx, institution, position, self._holder)
        return piece.more

    async def _push_states(self, institution: str, most: int) -> bool:
        """Push the states of some inscribed workers, up to a number of bytes.

        Return whether more of them are ready.
        """
        async with self._stage.work() as (tx, effects):
            position = await store.take_position(tx, institution, self._holder, WAITING_MOST)
            # A delivery sent before the new position is saved would be deleted as one of the time before.
            if position is None or position.is_new:
                return False
            due = await store.take_due(tx, institution, most)
            await enter(tx.connection, institution)
            states, more = await load_states_page(tx.connection, due.workers, due.sent_until, STATE_BYTES)
            if more:
                rest = replace(due, sent_until=states[-1].place.id)
                await store.keep_unfinished(tx, institution, rest)
                metrics.STATES_DIVIDED.inc()
            effects += deliveries_of(institution, states)
            await disclose(tx.connection, institution, Way.STATE, states, self._code)
        return more or due.sent_until > 0 or len(due.workers) == most


def deliveries_of(institution: str, events: Sequence[Seen]) -> list[Delivery]:
    """Return the deliveries of events to the queue of an institution."""
    queue = institution_queue(institution)
    return [Delivery(seen.event.id, queue, seen.event.type, seen.text) for seen in events]


async def purge(tx: Transaction) -> Sequence[Effect]:
    """Delete what waits for institutions without an authorization in force. Return no effects."""
    if count := await store.purge(tx.connection):
        log.warning("deliveries_purged", deliveries=count)
    return []
