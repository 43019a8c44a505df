"""Push heartbeats, by which an institution tells silence from a fault."""

from __future__ import annotations

import json
from typing import Final
from uuid import UUID, uuid4

from services.feed.event.store import enter, find_piece, load_epoch
from services.feed.pushing import store
from shared.envelope import cloud_event
from shared.messages import SERVICE, Delivery
from shared.runtime.cursor import Cursor
from shared.runtime.stage import Stage
from shared.topology import institution_queue

HEARTBEAT: Final = f"{SERVICE}.heartbeats.notify.issued"


async def beat(stage: Stage, institution: str, holder: UUID, seconds: float) -> bool:
    """Push a heartbeat to an institution, and return whether it was due.

    It is due when no event and no delivery of the institution waits, and the last one is so many seconds old.
    It shows no data about a person, so it is not in the log of disclosures.
    """
    async with stage.work() as (tx, effects):
        position = await store.take_position(tx, institution, holder, 1)
        if position is None or position.is_new:
            return False
        after = position.place
        # Read before the place: an event before this horizon would then be found.
        epoch, horizon = await load_epoch(tx.connection)
        await enter(tx.connection, institution)
        if await find_piece(tx.connection, after, 1) is not None:
            return False
        if not await store.save_heartbeat(tx, institution, holder, seconds):
            return False
        id_, queue = uuid4(), institution_queue(institution)
        data = json.dumps(
            {
                "horizon": str(Cursor(epoch, str(horizon))),
                "cursor": str(Cursor(epoch, after.xid, after.id)),
                "time": tx.now.isoformat(),
                "periodSec": seconds,
            }
        )
        effects.append(Delivery(id_, queue, HEARTBEAT, cloud_event(id_, HEARTBEAT, "feed", tx.now, data)))
    return True
