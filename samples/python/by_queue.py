"""Declare by queue that workers begin tomorrow, and print the answers.

    python samples/python/by_queue.py EMPLOYER NISS [NISS ...]

DIMONA_CLIENT_AMQP_URL is amqps://user:…@host:5671/dimona.public; samples/README.md says where it comes
from. Several workers are declared in one message, as a batch of CloudEvents.
"""

import asyncio
import json
import os
import sys
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import aio_pika

CREATE = "be.nsso.dimona.v1.declarations.create"


def in_event(employer: str, niss: str) -> dict[str, Any]:
    """Build an IN for tomorrow as a CloudEvent."""
    tomorrow = (date.today() + timedelta(days=1)).isoformat()  # noqa: DTZ011 - the employer's own calendar
    return {
        "specversion": "1.0",
        "id": str(uuid4()),  # store it before you send: a repeat with this id has no second effect
        "source": f"urn:async-source:enterpriseNumber:{employer}:example",
        "type": CREATE,
        "service": "be.nsso.dimona.v1",
        "data": {
            "employer": {"enterpriseNumber": employer},
            "worker": {"ssin": niss},
            "dimonaIn": {
                "startDate": tomorrow,
                "features": {"jointCommissionNumber": "XXX", "workerType": "OTH"},
            },
        },
    }


async def declare(url: str, employer: str, *nisses: str) -> None:
    """Send an IN for each worker and wait for the final replies."""
    client = urlsplit(url).username
    events = [in_event(employer, niss) for niss in nisses]
    batch = len(events) > 1  # at most 256 events and 1 MiB
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()  # with publisher confirms; publish on a channel of its own
        exchange = await channel.get_exchange("dimona.in", ensure=False)  # nothing is declared here
        reading = await connection.channel()  # an error of a publish closes its channel, and not this one
        replies = await reading.get_queue(f"reply.{client}", ensure=False)
        message = aio_pika.Message(
            json.dumps(events if batch else events[0]).encode(),
            content_type=f"application/cloudevents{'-batch' if batch else ''}+json",
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
            message_id=str(uuid4()) if batch else events[0]["id"],
            user_id=client,  # the broker verifies it
        )
        # To the queue of this client; returns when the broker has it on disk.
        await exchange.publish(message, routing_key=f"{CREATE}.{client}")

        open_ = {event["id"] for event in events}
        async with replies.iterator() as incoming:
            async for reply in incoming:
                body = json.loads(reply.body)
                for event in body if isinstance(body, list) else [body]:  # a list if you asked for batches
                    print(event["type"].removeprefix(CREATE + "."), json.dumps(event["data"]), flush=True)
                    if event["type"] in {f"{CREATE}.reply", f"{CREATE}.problemReply"}:
                        open_.discard(event.get("relatedto"))
                await reply.ack()  # a real program stores the events first, by their ids
                if not open_:
                    return


if __name__ == "__main__":
    asyncio.run(declare(os.environ["DIMONA_CLIENT_AMQP_URL"], *sys.argv[1:]))
