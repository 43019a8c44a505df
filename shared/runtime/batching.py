"""Batches for recipients that asked for them: several ready messages travel as one (batch of CloudEvents)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from shared.messages import derived_id
from shared.runtime.database import Connection
from shared.runtime.tables import Row
from shared.topology import BATCH_BYTES, BATCH_COMMANDS, institution_queue, reply_queue

BATCH_TYPE: Final = "batch"  #: AMQP type of a message with several events
_CLIENTS: Final = "SELECT client_id FROM access.clients WHERE queue AND batches"
_INSTITUTIONS: Final = "SELECT institution_id FROM access.institutions WHERE batches"


async def batching_clients(connection: Connection) -> frozenset[str]:
    """Return the reply queues of the clients that asked for batches."""
    return frozenset(reply_queue(row["client_id"]) for row in await connection.fetch(_CLIENTS))


async def batching_institutions(connection: Connection) -> frozenset[str]:
    """Return the queues of the institutions that asked for batches."""
    rows = await connection.fetch(_INSTITUTIONS)
    return frozenset(institution_queue(row["institution_id"]) for row in rows)


def batches(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Divide rows of one lane, in order, into batches within the limits of a message."""
    batch: list[Row] = []
    size = 2
    for row in rows:
        length = len(row.body.encode()) + 2
        if batch and (len(batch) == BATCH_COMMANDS or size + length > BATCH_BYTES):
            yield batch
            batch, size = [], 2
        batch.append(row)
        size += length
    if batch:
        yield batch


def joined(batch: Sequence[Row]) -> Row:
    """Return the rows of a batch as one message; a single row stays as it is."""
    if len(batch) == 1:
        return batch[0]
    first = batch[0]
    body = f"[{', '.join(row.body for row in batch)}]"
    id_ = derived_id("batch", *(row.id for row in batch))
    return Row(first.seq, id_, first.lane, first.routing_key, BATCH_TYPE, body)
