"""The bare ceiling: the hops and messages of the pipeline on the minimal client, without any rule.

`python -m tests.bench.ceiling intake` runs one stage; its address is in the environment. Each stage takes a
batch, stores inbox, rows and outbox with one statement, publishes one carrier to the next stage and the
messages that the pipeline would publish to outsiders, and acknowledges the batch. It is a yardstick for the
cost of hops and rows, not a product: no law, no authorization, no repeat, no fault is handled.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from pamqp import commands

from shared.runtime.database import Pool, open_pool
from tests.bench.lean import Connection, Message, Publish
from tests.bench.load import CREATE, Address

VHOST = "ceiling"
REPLY = "ceiling.reply"
#: Stage → the queues that it reads.
STAGES = {
    "intake": ("ceiling.declarations", "ceiling.results"),
    "identification": ("ceiling.identify",),
    "personnel_file": ("ceiling.settle",),
    "notifier": ("ceiling.notify",),
}
_NEXT = {"ceiling.declarations": ("ceiling.identify",), "ceiling.identify": ("ceiling.settle",),
         "ceiling.settle": ("ceiling.results", "ceiling.notify")}  # fmt: skip
_FEEDS = ("ceiling.feed.1", "ceiling.feed.2")
QUEUES = (*(queue for queues in STAGES.values() for queue in queues), REPLY, *_FEEDS)
_LINGER = 0.004  #: seconds in which a batch gathers
_LARGEST = 256
SCHEMA = """
CREATE SCHEMA IF NOT EXISTS ceiling;
CREATE TABLE IF NOT EXISTS ceiling.inbox (stage text, id uuid, PRIMARY KEY (stage, id));
CREATE TABLE IF NOT EXISTS ceiling.rows (stage text, id uuid, body text, PRIMARY KEY (stage, id));
CREATE TABLE IF NOT EXISTS ceiling.outbox (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id uuid, body text)
"""
_STORE = """
WITH claimed AS (
    INSERT INTO ceiling.inbox (stage, id) SELECT $1, id FROM unnest($2::uuid[]) AS u (id)),
stored AS (
    INSERT INTO ceiling.rows (stage, id, body)
    SELECT $1, id, body FROM unnest($2::uuid[], $3::text[]) AS u (id, body)),
gone AS (DELETE FROM ceiling.outbox WHERE seq = ANY($4::bigint[]))
INSERT INTO ceiling.outbox (id, body) SELECT id, body FROM unnest($2::uuid[], $3::text[]) AS u (id, body)
RETURNING seq"""


def address(broker: str) -> Address:
    """Return the place of the yardstick's client, for an operator's address of the broker."""
    return Address(f"{broker}/{VHOST}", "", REPLY, "", "ceiling.declarations")


async def declare(broker: str) -> None:
    """Declare the queues of the yardstick, quorum queues like ours."""
    connection = await Connection.open(f"{broker}/{VHOST}")
    for queue in QUEUES:
        arguments: dict[str, Any] = {
            "x-queue-type": "quorum",
            "x-overflow": "reject-publish",
            "x-max-length": 1_000_000,
        }
        await connection.call(commands.Queue.Declare(queue=queue, durable=True, arguments=arguments))
    connection.close()


class Stage:
    """The work on one queue, without rules: receive, store and publish."""

    def __init__(self, queue: str, pool: Pool) -> None:
        self._queue, self._pool = queue, pool
        self._messages: list[Message] = []
        self._arrived = asyncio.Event()
        self._confirmed: list[int] = []

    def _receive(self, message: Message) -> None:
        self._messages.append(message)
        self._arrived.set()

    async def run(self, broker: str) -> None:
        """Serve the queue until killed."""
        self._publishing = await Connection.open(f"{broker}/{VHOST}")
        self._consuming = await Connection.open(f"{broker}/{VHOST}", self._receive)
        await self._consuming.consume(self._queue, 2 * _LARGEST)
        while True:
            await self._arrived.wait()
            if len(self._messages) < _LARGEST:
                await asyncio.sleep(_LINGER)
            batch, self._messages = self._messages[:_LARGEST], self._messages[_LARGEST:]
            if not self._messages:
                self._arrived.clear()
            await self._handle(batch)

    async def _handle(self, batch: Sequence[Message]) -> None:
        events: list[dict[str, Any]] = []
        for message in batch:
            content = json.loads(message.body)
            events += content if isinstance(content, list) else [content]
        bodies = [json.dumps(event) for event in events]
        rows = await self._pool.fetch(
            _STORE, self._queue, [event["id"] for event in events], bodies, self._confirmed
        )
        await self._publishing.publish(list(self._outgoing(events, bodies)))
        self._confirmed = [row["seq"] for row in rows]
        self._consuming.ack(batch[-1].tag)

    def _outgoing(self, events: Sequence[dict[str, Any]], bodies: Sequence[str]) -> list[Publish]:
        carrier = f"[{','.join(bodies)}]".encode()
        found = [
            Publish("", queue, carrier, "application/json", str(uuid4()), "carrier")
            for queue in _NEXT.get(self._queue, ())
        ]
        if self._queue == "ceiling.declarations":
            found += [_reply(event, f"{CREATE}.receivedReply") for event in events]
        elif self._queue == "ceiling.results":
            found += [_reply(event, f"{CREATE}.reply") for event in events]
        elif self._queue == "ceiling.settle":
            found += [
                Publish("", feed, body.encode(), "application/json", str(uuid4()), "feed")
                for body in bodies
                for feed in _FEEDS
            ]
        return found


def _reply(event: dict[str, Any], type_: str) -> Publish:
    id_ = str(uuid4())
    document = {**event, "id": id_, "type": type_, "relatedto": event["id"], "result": "A"}
    return Publish("", REPLY, json.dumps(document).encode(), "application/json", id_, type_)


async def main(stage: str) -> None:
    """Run the queues of one stage."""
    pool = await open_pool(os.environ["CEILING_DSN"], "ceiling", size=4)
    broker = os.environ["CEILING_BROKER"]
    print("ready", flush=True)  # the bench waits for it
    await asyncio.gather(*(Stage(queue, pool).run(broker) for queue in STAGES[stage]))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
