"""Observe a deployment from outside: the history of its clients, its tables, its queues."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from aio_pika.abc import AbstractConnection

from shared.topology import (
    CONSUMING,
    EXPIRED,
    FACING_CLIENTS,
    QUEUES,
    SERVICES,
    UNROUTED,
    Deployment,
    parking_of,
)
from tests.connecting import connected
from tests.foreign.events import Event
from tests.prove.world import World

_TABLES: Final = {
    "declarations": """SELECT number, client_id, message_id, channel, kind, order_key, previous
        FROM intake.declarations""",
    "results": "SELECT number, final, result FROM intake.results",
    "open": "SELECT number FROM intake.open",
    "settlements": "SELECT declaration_id, result, settled_at FROM personnel_file.settlements",
    "notifications": """SELECT notification_id::text AS id, declaration_id, provisional, result
        FROM notifier.notifications""",
    "relations": """SELECT employer, ssin::text, relation_id, start_date, end_date, version
        FROM personnel_file.relations""",
    "periods": "SELECT *, ssin::text AS ssin FROM personnel_file.periods",
    "days": "SELECT * FROM personnel_file.daily_registrations",
    "history": "SELECT employer, ssin::text, version, declaration_id, event FROM personnel_file.history",
    "feed": "SELECT event_id::text AS id, type, data FROM personnel_file.feed",
    "institutions": """SELECT institution_id, fields FROM access.institution_authorizations
        WHERE valid_from <= platform.now() AND (valid_to IS NULL OR valid_to > platform.now())""",
}
#: Tables that are empty when nothing is in progress.
_EMPTY: Final = (
    *(
        f"{service}.{table}"
        for service in SERVICES
        for table in ("outbox", "deliveries", "set_aside", "suspects")
    ),
    "personnel_file.waiting",
)
#: Institutions that have not got all events yet.
_BEHIND: Final = """
SELECT count(*) FROM access.institutions i LEFT JOIN feed.positions p USING (institution_id)
WHERE EXISTS (
    SELECT FROM personnel_file.feed f WHERE (f.xid, f.id) > (coalesce(p.xid, '0'), coalesce(p.id, 0)))"""
#: Events in the memory of the notifier are neither in a table nor ready in a queue; polling clients see
#: their results before.
_UNTOLD: Final = """SELECT count(*) FROM intake.results r WHERE r.final AND NOT EXISTS
    (SELECT FROM notifier.notifications n WHERE n.declaration_id = r.number AND NOT n.provisional)"""

Row = dict[str, Any]


@dataclass(slots=True)
class Observations:
    """The input of the checker, as plain values, so that a test can falsify a copy."""

    sent: dict[str, set[str]]  #: by client: ids of events that the broker confirmed
    answers: dict[str, dict[str, list[Event]]]  #: by client, by id of the event: the distinct answers
    tables: dict[str, list[Row]]
    left: dict[str, int]  #: by place: number of leftovers
    posted: dict[str, set[int]] = field(default_factory=dict)  #: by client: numbers that REST gave it
    pushed: dict[str, set[str]] = field(default_factory=dict)  #: by institution: ids of its events
    complete: bool = False  #: the clients and institutions saw everything from the first declaration on


async def observe(world: World, *, complete: bool = True) -> Observations:
    """Read tables, queues and answers of a deployment that has no work left."""
    watched = list(world.clients.values())
    return Observations(
        sent={client.client_id: set(client.sent) for client in watched},
        answers={
            client.client_id: {id_: list(found.values()) for id_, found in client.answers.items()}
            for client in watched
        },
        tables={
            name: [dict(row) for row in await world.database.fetch(statement)]
            for name, statement in _TABLES.items()
        },
        left=await left(world),
        posted={client.client_id: set(client.posted) for client in watched},
        pushed={name: set(institution.events) for name, institution in world.institutions.items()}
        if complete
        else {},
        complete=complete,
    )


async def left(world: World) -> dict[str, int]:
    """Return the number of waiting rows or, without any, of messages in queues, parked ones included."""
    if behind := await world.database.value(_BEHIND):  # first, because these events become deliveries
        return {"institutions behind": behind}
    counts = ", ".join(f"(SELECT count(*) FROM {table})" for table in _EMPTY)  # noqa: S608
    (row,) = await world.database.fetch(f"SELECT {counts}")
    found = {table: count for table, count in zip(_EMPTY, row.values(), strict=True) if count}
    if not found and (untold := await world.database.value(_UNTOLD)):
        found["notifier's hands"] = untold
    return found or await depths(world.document)


async def quiet(world: World, seconds: float = 60) -> float:
    """Wait until only parked messages are left. Return the seconds. Raise TimeoutError."""
    began = time.monotonic()
    while rest := {name: n for name, n in (await left(world)).items() if not name.endswith(".parked")}:
        if time.monotonic() > began + seconds:
            raise TimeoutError(f"not quiet after {seconds:.0f} s: {rest}")
        await asyncio.sleep(0.1)
    return time.monotonic() - began


async def operator(document: Mapping[str, Any], vhost: str) -> AbstractConnection:
    """Connect with the rights of the operator."""
    return await connected(urlsplit(document["operator"]["amqp_url"])._replace(path=f"/{vhost}").geturl())


async def depths(document: Mapping[str, Any]) -> dict[str, int]:
    """Return the number of ready messages of each queue of the services."""
    names = Deployment(document["deployment"])
    queues = {
        names.public: [q.name for q in QUEUES if q.public]
        + [UNROUTED, EXPIRED, *(parking_of(service) for service in FACING_CLIENTS)],
        names.internal: [q.name for q in QUEUES if not q.public]
        + [UNROUTED, *(parking_of(service) for service in CONSUMING)],
    }
    found: dict[str, int] = {}
    for vhost, wanted in queues.items():
        connection = await operator(document, vhost)
        async with connection:
            channel = await connection.channel()
            for name in wanted:
                declared = (await channel.declare_queue(name, passive=True)).declaration_result
                if declared.message_count:
                    found[f"{vhost}/{name}"] = declared.message_count
    return found
