"""Reads of the database by the demonstration, to show the real outcome of its declarations."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from deploy.local.demo.data import DemoData
from deploy.local.demo.script import TAKES, cast_of
from shared.domain.calendar import local_date
from shared.runtime.database import Connection

_NOTIFICATIONS: Final = """
SELECT n.declaration_id, n.notification_id::text, n.provisional, n.result, n.addressee,
       m.message_id IS NOT NULL AS in_ebox
FROM notifier.notifications n
LEFT JOIN notifier.messages m ON m.message_id = n.notification_id AND m.enterprise_number = n.addressee
WHERE n.declaration_id = ANY($1::bigint[])"""
_PERIODS: Final = """
SELECT e.name AS employer, r.ssin, r.start_date AS relation_start, r.end_date AS relation_end,
       p.period_id, p.features, p.start_date, p.end_date, p.start_hour, p.end_hour, p.planned_hours,
       p.canceled, p.late,
       (SELECT count(*) FROM personnel_file.daily_registrations d
        WHERE d.period_id = p.period_id AND NOT d.canceled) AS days
FROM personnel_file.periods p
JOIN personnel_file.relations r USING (employer, ssin)
JOIN access.employers e ON e.enterprise_number = r.employer
WHERE p.period_id = ANY($1::bigint[]) ORDER BY e.name, r.relation_id, p.start_date, p.period_id"""


@dataclass(frozen=True, slots=True)
class Notification:
    """One notification. `in_ebox`: whether it lies in the e-Box of its addressee."""

    declaration_id: int
    id: str
    provisional: bool
    result: str
    addressee: str  #: enterprise number
    in_ebox: bool


@dataclass(frozen=True, slots=True)
class PeriodRow:
    """One period with its relation, in texts for the table of the report."""

    employer: str
    ssin: str
    relation: str
    number: int
    features: str
    span: str
    state: str


async def today(connection: Connection) -> date:
    """Return the day in Belgium by the clock of the stack."""
    return local_date(await connection.fetchval("SELECT platform.now()"))


async def free_take(connection: Connection, data: DemoData) -> int:
    """Return the number of the first take with people that are not employed yet.

    A take is one run of the script, with people of its own. Raise LookupError if every take has been used.
    """
    rows = await connection.fetch("SELECT DISTINCT ssin::text FROM personnel_file.relations")
    employed = {row["ssin"] for row in rows}
    for take in range(TAKES):
        if employed.isdisjoint(person.ssin for person in cast_of(data, take)):
            return take
    raise LookupError("everybody in the person register is employed by now")


async def notifications(
    connection: Connection, numbers: Collection[int], seconds: float
) -> list[Notification]:
    """Return all notifications of these declarations; wait for the final ones up to the given time."""
    end = asyncio.get_running_loop().time() + seconds
    while True:
        rows = await connection.fetch(_NOTIFICATIONS, list(numbers))
        if {row["declaration_id"] for row in rows if not row["provisional"]} == set(numbers):
            break
        if asyncio.get_running_loop().time() > end:
            break
        await asyncio.sleep(0.1)
    return [
        Notification(
            row["declaration_id"], row["notification_id"], row["provisional"], row["result"],
            row["addressee"], row["in_ebox"],
        )
        for row in rows
    ]  # fmt: skip


async def feed_position(connection: Connection) -> int:
    """Return the number of the last row of the feed, or 0 if the feed is empty."""
    return int(await connection.fetchval("SELECT coalesce(max(id), 0) FROM personnel_file.feed"))


async def feed_events(connection: Connection, after: int, *, days: bool = True) -> set[str]:
    """Return the ids of the events after a position of the feed, with or without those of registered days."""
    statement = """SELECT event_id::text FROM personnel_file.feed
        WHERE id > $1 AND ($2 OR type NOT LIKE '%.dailyRegistrations.%')"""
    rows = await connection.fetch(statement, after, days)
    return {row["event_id"] for row in rows}


async def personnel_file(connection: Connection, numbers: Collection[int]) -> Sequence[PeriodRow]:
    """Return the periods that these declarations opened, with their relations."""
    return [
        PeriodRow(
            employer=row["employer"],
            ssin=row["ssin"],
            relation=f"{row['relation_start']} – {row['relation_end'] or '…'}",
            number=row["period_id"],
            features=_features(json.loads(row["features"])),
            span=_span(row["start_date"], row["end_date"], row["start_hour"], row["end_hour"])
            + (f", {row['planned_hours']} h planned" if row["planned_hours"] else ""),
            state=("canceled" if row["canceled"] else "open" if row["end_date"] is None else "closed")
            + (", late" if row["late"] else "")
            + (f", {row['days']} days registered" if row["days"] else ""),
        )
        for row in await connection.fetch(_PERIODS, list(numbers))
    ]


def _features(features: dict[str, Any]) -> str:
    return f"{features['joint_commission'] or '–'} {features['worker_type']}"


def _span(start: date, end: date | None, *hours: object) -> str:
    days = f"{start}" if start == end else f"{start} – {end or '…'}"
    given = [f"{hour:%H:%M}" for hour in hours if hour is not None]
    return f"{days} {' – '.join(given)}".rstrip()
