"""A row for each column that can hold the number of a person, as the owner of the database plants it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import uuid4

import asyncpg

from tests.integration.retention.rows import EMPLOYER, answer, declare, insert, relate

#: Numbers of one person that no row of the demo data has.
SSIN, FORMER = "70010100188", "70410100177"
DECLARATION, CASE = 901, 902
_AT: Final = datetime(2026, 3, 1, tzinfo=UTC)
_DAY: Final = date(2026, 3, 1)
_SCHEMAS: Final = (
    "access", "contact", "feed", "files", "identification", "intake", "notifier", "personnel_file",
)  # fmt: skip
#: JSON with the number, and bytes with it.
_TEXT: Final = f'{{"worker":{{"ssin":"{SSIN}"}}}}'
_BYTES: Final = f"<INSS>{SSIN}</INSS>".encode()


async def plant(owner: asyncpg.Connection) -> None:
    """Plant the rows. Foreign keys and triggers of the connection must be off."""
    for step in (
        _registers,
        _declarations,
        _relations,
        _files,
        _messages,
        _cases,
        _directory,
        _feed,
        _pipelines,
    ):
        await step(owner)


async def _registers(owner: asyncpg.Connection) -> None:
    names = {
        "family_name": "Peeters",
        "given_name": "An",
        "birth_date": "1970-01-01",
        "gender": 2,
        "nationality": 150,
    }
    await insert(owner, "identification.persons", ssin=SSIN, sequence=1, **names)
    await insert(owner, "identification.persons", ssin=FORMER, sequence=2, replaced_by=SSIN, **names)
    await insert(
        owner, "identification.careers", ssin=SSIN, quarter="2026Q1", sequence=1, share=1, pensioner=False
    )
    await insert(
        owner,
        "identification.cases",
        declaration_id=CASE,
        ssin=SSIN,
        declaration=_TEXT,
        opened_at=_AT,
        deadline=_AT,
    )


async def _declarations(owner: asyncpg.Connection) -> None:
    for number in (DECLARATION, CASE):
        await declare(owner, number, _AT, ssin=SSIN)
        await answer(owner, number, _AT)
    await owner.execute("UPDATE intake.declarations SET declared = $1", _TEXT)
    await owner.execute("UPDATE intake.results SET answer = $1", _TEXT)


async def _relations(owner: asyncpg.Connection) -> None:
    relation = await relate(owner, SSIN, None, _AT)
    period = 10_000 + relation
    await owner.execute("UPDATE personnel_file.relations SET worker = $1", _TEXT)
    await owner.execute(
        "UPDATE personnel_file.history SET event = $1, declaration_id = $2", _TEXT, DECLARATION
    )
    await owner.execute("UPDATE personnel_file.late SET declaration_id = $1", DECLARATION)
    await owner.execute("UPDATE personnel_file.feed SET data = $1", _TEXT)
    await insert(
        owner, "personnel_file.waiting", declaration_id=DECLARATION, previous=period, message=_TEXT, since=_AT
    )
    await insert(owner, "personnel_file.former_numbers", ssin=FORMER, in_force=SSIN, worker=_TEXT, said=1)
    await insert(
        owner, "personnel_file.omission_findings", file_id=1, line=1, employer=EMPLOYER, ssin=SSIN, day=_DAY,
        source="wages", reference="r", found_at=_AT,
    )  # fmt: skip
    await insert(
        owner,
        "personnel_file.omission_cases",
        employer=EMPLOYER,
        ssin=FORMER,
        quarter="2026Q1",
        opened_at=_AT,
    )


async def _files(owner: asyncpg.Connection) -> None:
    for ticket in ("form", "query"):
        await insert(
            owner, "files.files", ticket=ticket, expeditor="E", client_id="c", name=ticket, sha256=b"",
            bytes=1,
            environment="R", channel="http", received_at=_AT,
        )  # fmt: skip
    await insert(owner, "files.forms", ticket="form", number=1, form=_TEXT)
    await insert(
        owner, "files.results", ticket="form", number=1, final=True, notification=_BYTES, recorded_at=_AT
    )
    await insert(
        owner, "files.queries", ticket="query", client_id="c", request=_TEXT, asked_at=_AT,
        enterprise_number=EMPLOYER,
    )  # fmt: skip
    await insert(owner, "files.pages", ticket="query", page=1, periods=_BYTES)
    await insert(
        owner, "files.answers", answer=1, expeditor="E", name="IDFL", kind="IDFL", folder="f", decided_at=_AT
    )
    await insert(owner, "files.changes", answer=1, content=_BYTES)
    await insert(owner, "files.signatures", ticket="form", content=b"\x13\x0b" + SSIN.encode())


async def _messages(owner: asyncpg.Connection) -> None:
    message, subscription = uuid4(), uuid4()
    await insert(
        owner, "notifier.notifications", notification_id=message, declaration_id=DECLARATION,
        provisional=False,
        result="A", addressee=EMPLOYER, issued_at=_AT, available_at=_AT,
    )  # fmt: skip
    await insert(
        owner, "notifier.messages", message_id=message, enterprise_number=EMPLOYER,
        message_type="dimonaPositive",
        sender=EMPLOYER, language="en", subject='{"fr": "", "nl": "", "de": "", "en": ""}', deposited_at=_AT,
        declaration_id=DECLARATION, expires_at=datetime(2031, 3, 1, tzinfo=UTC), words="", data=_TEXT,
        letter=_TEXT,
    )  # fmt: skip
    await insert(
        owner, "notifier.subscriptions", subscription_id=subscription, enterprise_number=EMPLOYER,
        channel="file",
        created_at=_AT, created_by="a",
    )  # fmt: skip
    await insert(
        owner, "notifier.dispatches", subscription_id=subscription, event_id=uuid4(),
        declaration_id=DECLARATION,
        event=_TEXT, first_due=_AT, due_at=_AT, changed_at=_AT,
    )  # fmt: skip


async def _cases(owner: asyncpg.Connection) -> None:
    notification, report = uuid4(), uuid4()
    await insert(
        owner, "contact.notifications", notification_id=notification, declaration_id=DECLARATION,
        addressee=EMPLOYER,
        result="A", available_at=_AT, deadline=_DAY, ssin=SSIN,
    )  # fmt: skip
    facts: dict[str, Any] = {"said": "s", "opened_at": _AT, "opened_by": "c", "due_on": _DAY}
    await insert(owner, "contact.cases", case_id=report, kind="report", **facts)
    await insert(owner, "contact.reports", case_id=report, ssin=FORMER)
    await insert(owner, "contact.readings", read_at=_AT, agent="a", what="search", ssin=SSIN, found=1)


async def _directory(owner: asyncpg.Connection) -> None:
    await insert(owner, "access.person", ssin=SSIN, family_name="Peeters", given_name="An", language="nl")
    await insert(
        owner, "access.enterprise", enterprise_number="0417497106", name="Peeters", representatives=[SSIN,
        "85073003328"],
        sequence=1,
    )  # fmt: skip
    await insert(owner, "access.rehearsal", worker=SSIN, seconds=1, found_as=FORMER)
    await insert(owner, "access.interruption", ssin=SSIN)
    await owner.fetchval("SELECT platform.hold(NULL, $1, 'a lawsuit')", FORMER)


async def _feed(owner: asyncpg.Connection) -> None:
    held = {"institution_id": "planted", "reference": "r", "ssin": SSIN, "capacity": "1", "begins_on": _DAY}
    await insert(owner, "feed.inscriptions", **held)
    await insert(owner, "feed.inscription_history", change="added", **held)
    await insert(owner, "feed.inscription_counts", institution_id="planted", inscriptions=1)
    await insert(owner, "feed.states_due", institution_id="planted", ssin=SSIN, due_on=_DAY)


async def _pipelines(owner: asyncpg.Connection) -> None:
    for schema in _SCHEMAS:
        values: dict[str, Any] = {
            "id": uuid4(), "lane": "l", "routing_key": "r", "type": "t", "body": _TEXT, "created_at": _AT,
        }  # fmt: skip
        for table in ("outbox", "deliveries"):
            await insert(owner, f"{schema}.{table}", due_at=_AT, **values)
        await insert(owner, f"{schema}.set_aside", origin="outbox", seq=1, **values)
