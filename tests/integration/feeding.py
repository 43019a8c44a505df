"""A database with events and institutions, for tests of the feed."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from shared.domain.feed_fields import FEED_FIELDS
from shared.domain.rights import AUTHORITY

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
NISS, OTHER, FORMER = "90021999251", "93051822361", "29111114418"
OPENED = "be.nsso.dimona.v1.periods.notify.opened"
REGISTERED = "be.nsso.dimona.v1.dailyRegistrations.notify.created"
CLASSES = (
    "social_security", "public_body", "judicial", "partner", "authorized_third_party",
    "deliberated_third_party",
)  # fmt: skip
SOME = ["relation", "version", "periodId", "status", "worker"]
_institutions = count(1)


@dataclass
class Rules:
    """Two connections to a database: of the owner, and of the role of the feed."""

    owner: asyncpg.Connection
    feed: asyncpg.Connection

    async def event(
        self, ssin: str = NISS, at: datetime = NOW, type_: str = OPENED, *, period: int = 1, version: int = 1
    ) -> str:
        """Write an event, and return its id once older transactions of the server no longer hide it."""
        id_, relation = uuid4(), {"id": int(ssin) % 1000}
        data = {"relation": relation, "version": version, "periodId": period, "worker": {"ssin": ssin}}
        await self.owner.execute(
            """INSERT INTO personnel_file.feed (event_id, type, data, occurred_at, ssin)
            VALUES ($1, $2, $3, $4, $5)""",
            id_, type_, json.dumps(data), at, ssin,
        )  # fmt: skip
        if not self.owner.is_in_transaction():
            with suppress(TimeoutError):  # a transaction of the test itself may hide it
                await self._seen_by_all(id_)
        return str(id_)

    async def _seen_by_all(self, id_: UUID) -> None:
        query = """SELECT xid < pg_snapshot_xmin(pg_current_snapshot()) FROM personnel_file.feed
            WHERE event_id = $1"""
        async with asyncio.timeout(5):
            while not await self.owner.fetchval(query, id_):  # noqa: ASYNC110 - only the server knows
                await asyncio.sleep(0.01)

    async def institution(self) -> str:
        """Add an institution without an authorization, and return its id, which its client has, too."""
        name = f"institution_{next(_institutions)}"
        await self.owner.execute("INSERT INTO access.institution (institution_id) VALUES ($1)", name)
        await self.owner.execute(
            "INSERT INTO access.client (client_id, organization, queue) VALUES ($1, $2, FALSE)",
            name,
            AUTHORITY,
        )
        await self.owner.execute("INSERT INTO access.institution_client VALUES ($1, $1)", name)
        return name

    async def authorize(self, name: str, **values: Any) -> str:
        """Grant and confirm an authorization, and return the institution."""
        row = {
            "authorization_id": uuid4(), "version": 1, "institution_id": name,
            "recipient_class": "social_security", "legal_basis": "law of 2001-06-27", "purpose": "benefits",
            "fields": list(FEED_FIELDS), "all_workers": True, "begins_at": NOW - 10 * DAY, "country": "BE",
            "contact": "a@institution.example", "granted_by": "operator:a", "confirmed_by": "operator:b",
            **values,
        }  # fmt: skip
        row.setdefault("all_workers_basis", "law of 2001-06-27" if row["all_workers"] else None)
        places = ", ".join(f"${n}" for n in range(1, len(row) + 1))
        await self.owner.execute(
            f"INSERT INTO access.institution_authorization ({', '.join(row)}) VALUES ({places})",  # noqa: S608
            *row.values(),
        )
        return name

    async def authorized(self, **values: Any) -> str:
        """Add an institution with an authorization, and return its id."""
        return await self.authorize(await self.institution(), **values)

    async def inscribe(self, name: str, ssin: str, begin: date, end: date | None = None) -> None:
        """Inscribe a worker at an institution."""
        await self.owner.execute(
            "INSERT INTO feed.inscriptions VALUES ($1, gen_random_uuid(), $2, 'insured', $3, $4)",
            name, ssin, begin, end,
        )  # fmt: skip

    async def seen(self, name: str, of: str = "feed.events") -> list[str]:
        """Return the ids of the events that the role of the feed sees in the context of an institution."""
        async with self.feed.transaction():
            await self.feed.execute("SELECT set_config('dimona.institution', $1, true)", name)
            rows = await self.feed.fetch(f"SELECT event_id::text AS id FROM {of} ORDER BY xid, id")  # noqa: S608
        return [row["id"] for row in rows]
