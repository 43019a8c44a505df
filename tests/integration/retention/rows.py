"""Rows of ended matters, as the owner of the database stores them for tests of their removal."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg

EMPLOYER: Final = "0990101368"
#: The tables of which a row goes with its message.
OF_MESSAGES: Final = ("labels", "attention", "announcements", "ebox_events", "print_jobs")


async def insert(owner: asyncpg.Connection, table: str, returning: str = "NULL", /, **values: Any) -> Any:
    """Insert a row; return the value of an expression over it."""
    places = ", ".join(f"${n}" for n in range(1, len(values) + 1))
    statement = f"INSERT INTO {table} ({', '.join(values)}) VALUES ({places}) RETURNING {returning}"  # noqa: S608
    return await owner.fetchval(statement, *values.values())


async def declare(
    owner: asyncpg.Connection, number: int, at: datetime, *, kind: str = "in", ssin: str | None = None
) -> None:
    """Store a declaration without a result, and its command."""
    await insert(
        owner, "intake.declarations", number=number, client_id="c", organization="o", channel="queue",
        message_id=str(number), message_source="s", kind=kind, declared="{}", received_at=at, late_after=at,
        ssin=ssin,
    )  # fmt: skip
    await insert(
        owner, "intake.commands", client_id="c", message_id=str(number), body_sha256=b"", number=number
    )


async def answer(owner: asyncpg.Connection, number: int, at: datetime) -> None:
    """Store the final result of a declaration."""
    await insert(owner, "intake.results", number=number, final=True, result="A", answer="{}", recorded_at=at)


async def settle(owner: asyncpg.Connection, number: int, period: int | None, at: datetime) -> None:
    """Store the settlement of a declaration."""
    await insert(
        owner,
        "personnel_file.settlements",
        declaration_id=number,
        result="A",
        period_id=period,
        settled_at=at,
    )


async def deposit(owner: asyncpg.Connection, ssin: str, number: int, at: datetime) -> UUID:
    """Deposit the message about a declaration, with a row in every table that belongs to a message."""
    id_ = uuid4()
    await declare(owner, number, at)
    await answer(owner, number, at)
    await settle(owner, number, None, at)
    await insert(
        owner, "notifier.notifications", notification_id=id_, declaration_id=number, provisional=False,
        result="A", addressee=EMPLOYER, issued_at=at, available_at=at,
    )  # fmt: skip
    await insert(
        owner, "notifier.messages", message_id=id_, enterprise_number=EMPLOYER, message_type="dimonaPositive",
        sender=EMPLOYER, language="en", subject='{"fr": "", "nl": "", "de": "", "en": ""}', deposited_at=at,
        declaration_id=number, expires_at=at + timedelta(days=1825), words="",
        data=f'{{"worker": {{"ssin": "{ssin}"}}}}',
    )  # fmt: skip
    rows: dict[str, dict[str, Any]] = {
        "readings": {"reader": "r", "read_at": at},
        "labels": {"label": "urgent"},
        "attention": {"user_id": "u", "asked_by": "r", "asked_at": at},
        "announcements": {"event_type": "documentExpirationAlert", "due_at": at},
        "ebox_events": {
            "event_type": "newDocument", "enterprise_number": EMPLOYER, "message_type": "dimonaPositive",
            "occurred_at": at,
        },
        "print_jobs": {
            "state": "sent", "file": f"print/{EMPLOYER}/{id_}.html", "made_at": at, "changed_at": at,
            "sent_by": "a",
        },
    }  # fmt: skip
    for table, values in rows.items():
        await insert(owner, f"notifier.{table}", message_id=id_, **values)
    return id_


async def relate(
    owner: asyncpg.Connection, ssin: str, end: date | None, recorded: datetime, employer: str = EMPLOYER,
    **period: Any,
) -> int:  # fmt: skip
    """Store a relation with a period, and a day, a lock, a late declaration, an event and a feed row of it.

    `period` has other values of the period, which otherwise ends with the relation. Return the identifier
    of the relation.
    """
    start = (end or recorded.date()) - timedelta(3)
    relation: int = await insert(
        owner, "personnel_file.relations", "relation_id", employer=employer, ssin=ssin, employer_id=1,
        start_date=start, end_date=end, version=1, worker="{}",
    )  # fmt: skip
    number = 10_000 + relation
    await insert(
        owner, "personnel_file.periods", employer=employer, ssin=ssin, features="{}", features_key="",
        span=asyncpg.Range(datetime.combine(start, time()), None),
        **{"period_id": number, "start_date": start, "end_date": end, **period},
    )  # fmt: skip
    await insert(
        owner, "personnel_file.daily_registrations", registration_id=number, period_id=number,
        start_date=start, end_date=start, start_hour=time(8),
        span=asyncpg.Range(datetime.combine(start, time()), None),
    )  # fmt: skip
    await insert(
        owner, "personnel_file.locks", request=uuid4(), period_id=number, locked=False, set_by="a",
        set_at=recorded, reason="r",
    )  # fmt: skip
    await settle(owner, number, number, recorded)
    await insert(
        owner, "personnel_file.late", declaration_id=number, kind="in", rule="r", employer=employer,
        employer_id=1, ssin=ssin, period_id=number, worker_type="OTH", due_at=recorded, received_at=recorded,
        late_after=recorded, late_seconds=1, bears_on=[],
    )  # fmt: skip
    await insert(
        owner, "personnel_file.history", employer=employer, ssin=ssin, version=1, declaration_id=number,
        event="{}", recorded_at=recorded, period_id=number,
    )  # fmt: skip
    await insert(
        owner, "personnel_file.feed", event_id=uuid4(), type="t", occurred_at=recorded, ssin=ssin,
        data=f'{{"periodId": {number}, "relation": {{"id": {relation}}}}}',
    )  # fmt: skip
    return relation
