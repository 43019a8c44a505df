"""A whole client: declares that somebody begins to work, and prints what becomes of it.

    python docs/examples/integrator.py AMQP_URL ENTERPRISE_NUMBER NISS

AMQP_URL is amqps://user:password@host:5671/dimona.public; `make up` writes one into .run/endpoints.json.
"""

# ruff: noqa: INP001, T201 - a program to be read and copied, which prints

import asyncio
import json
import sys
from datetime import date, timedelta
from urllib.parse import urlsplit
from uuid import uuid4

import aio_pika

CREATE = "be.nsso.dimona.v1.declarations.create"


async def declare(url: str, employer: str, niss: str) -> None:
    """Send one IN and wait for its final reply."""
    client = urlsplit(url).username
    tomorrow = (date.today() + timedelta(days=1)).isoformat()  # noqa: DTZ011 - the employer's own calendar
    id_ = str(uuid4())  # keep it with what you send: sending exactly that again has no second effect
    event = {
        "specversion": "1.0",
        "id": id_,
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
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()  # with publisher confirms
        exchange = await channel.get_exchange("dimona.in", ensure=False)  # nothing is declared here
        replies = await channel.get_queue(f"reply.{client}", ensure=False)
        message = aio_pika.Message(
            json.dumps(event).encode(),
            content_type="application/cloudevents+json",
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
            message_id=id_,
            user_id=client,  # the broker checks it; without it the message is dropped
        )
        await exchange.publish(message, routing_key=CREATE)  # returns when the broker has it on disk

        async with replies.iterator() as incoming:
            async for reply in incoming:
                heard = json.loads(reply.body)
                print(heard["type"].removeprefix(CREATE + "."), json.dumps(heard["data"]))
                await reply.ack()  # a real program stores it first, by its id
                ours = heard.get("relatedto") == id_
                if ours and heard["type"] in {f"{CREATE}.reply", f"{CREATE}.problemReply"}:
                    return


if __name__ == "__main__":
    asyncio.run(declare(*sys.argv[1:]))
