"""Batches of CloudEvents: several messages are sent as one message, to recipients that have chosen it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Final, TypeVar

from shared.messages import derived_id
from shared.runtime.database import Connection
from shared.runtime.tables import Draft, Row
from shared.topology import BATCH_BYTES, BATCH_COMMANDS, institution_queue, reply_queue

M = TypeVar("M", Draft, Row)

BATCH_TYPE: Final = "batch"  #: AMQP type of a message with several events
_CLIENTS: Final = "SELECT client_id FROM access.clients WHERE queue AND batches"
_INSTITUTIONS: Final = "SELECT institution_id FROM access.institutions WHERE batches"


async def batching_clients(connection: Connection) -> frozenset[str]:
    """Return the reply queues of the clients that have chosen batches."""
    return frozenset(reply_queue(row["client_id"]) for row in await connection.fetch(_CLIENTS))


async def batching_institutions(connection: Connection) -> frozenset[str]:
    """Return the queues of the institutions that have chosen batches."""
    rows = await connection.fetch(_INSTITUTIONS)
    return frozenset(institution_queue(row["institution_id"]) for row in rows)


def gathered(drafts: Sequence[Draft], lanes: Collection[str]) -> list[Draft]:
    """Return the drafts, with the drafts of each lane in `lanes` joined into batches.

    The drafts of all other lanes come first and are unchanged. Each lane keeps its order.
    """
    alone: list[Draft] = []
    together: dict[str, list[Draft]] = {}
    for draft in drafts:
        (together.setdefault(draft.lane, []) if draft.lane in lanes else alone).append(draft)
    return [*alone, *(joined(batch) for each in together.values() for batch in batches(each))]


def batches(messages: Sequence[M]) -> Iterator[list[M]]:
    """Divide the messages of one lane, in order, into lists that fit into one batch each.

    A message that is already a batch gets a list of its own.
    """
    batch: list[M] = []
    size = 2
    for message in messages:
        length = len(message.body.encode()) + 2
        full = len(batch) == BATCH_COMMANDS or size + length > BATCH_BYTES
        if batch and (full or BATCH_TYPE in (message.type, batch[0].type)):
            yield batch
            batch, size = [], 2
        batch.append(message)
        size += length
    if batch:
        yield batch


def joined(batch: Sequence[M]) -> M:
    """Return one message that contains all these messages as a batch. Return a single message unchanged."""
    if len(batch) == 1:
        return batch[0]
    body = f"[{', '.join([message.body for message in batch])}]"
    id_ = derived_id("batch", *(message.id for message in batch))
    return replace(batch[0], id=id_, type=BATCH_TYPE, body=body)
