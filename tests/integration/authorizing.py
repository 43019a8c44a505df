"""Authorizations of institutions in a database, for tests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from deploy.local.deployment import Endpoints
from shared.runtime.database import Connection, connect

AGENTS = ("0d5d6f0e-3f3a-5b0c-8a58-6a5f2f1f2b77", "bd9e3c1a-6f7e-4d57-9f5e-0a8f5c9d1e11")
NOW = datetime.now(UTC)
DAY = timedelta(days=1)
TERMS: dict[str, Any] = {
    "recipient_class": "social_security",
    "legal_basis": "A law",
    "purpose": "A purpose",
    "fields": ["relation", "version", "worker", "periodId", "status"],
    "begins_at": NOW - 30 * DAY,
    "country": "BE",
    "contact": "feed@one.example",
    "granted_by": AGENTS[0],
    "confirmed_by": AGENTS[1],
}


@asynccontextmanager
async def directory_with_one(endpoints: Endpoints) -> AsyncIterator[Connection]:
    """Connect with the role of access, in a transaction that is rolled back; it has an institution `one`."""
    connection = await connect(endpoints.dsns["access"])
    transaction = connection.transaction()
    await transaction.start()
    await add_institution(connection, "one")
    yield connection
    await transaction.rollback()
    await connection.close()


async def add_institution(connection: Connection, institution: str) -> None:
    await connection.execute("INSERT INTO access.institution (institution_id) VALUES ($1)", institution)


async def authorize(connection: Connection, institution: str = "one", /, **changes: Any) -> None:
    """Add the next version of the authorization of an institution, with these differences from TERMS."""
    row = {**TERMS, **changes}
    version = row.pop("version", None)
    columns = ", ".join(row)
    values = ", ".join(f"${number}" for number in range(3, len(row) + 3))
    await connection.execute(
        f"""INSERT INTO access.institution_authorization
            (institution_id, authorization_id, version, {columns})
        SELECT $1, coalesce(min(authorization_id::text)::uuid, gen_random_uuid()),
            coalesce($2, max(version) + 1, 1), {values}
        FROM access.institution_authorization WHERE institution_id = $1 AND ended_at IS NULL""",  # noqa: S608
        institution,
        version,
        *row.values(),
    )


async def end(connection: Connection, institution: str = "one") -> None:
    await connection.execute(
        """UPDATE access.institution_authorization SET ended_by = $2, end_reason = 'no longer needed'
        WHERE institution_id = $1 AND ended_at IS NULL""",
        institution,
        AGENTS[0],
    )


async def in_force(connection: Connection, at: datetime, institution: str = "one") -> Sequence[int]:
    """Return the versions in force at an instant."""
    rows = await connection.fetch(
        """SELECT version FROM access.institution_authorizations
        WHERE institution_id = $1 AND valid_from <= $2 AND (valid_to IS NULL OR $2 < valid_to)""",
        institution,
        at,
    )
    return [row["version"] for row in rows]
