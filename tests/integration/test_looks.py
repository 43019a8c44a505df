"""The records of looks on the real database: no role changes a row, and without a row no data are shown."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

import pytest

from deploy.local.deployment import Endpoints
from shared.runtime.database import connect
from tests.contracts.looks import tables
from tests.directory import rows, user

pytestmark = pytest.mark.stack

_RIGHTS: Final = """
SELECT r.rolname, p AS right FROM pg_roles r,
    unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AS p
WHERE r.rolname LIKE 'dimona%' AND NOT r.rolsuper
    AND r.oid <> (SELECT relowner FROM pg_class WHERE oid = $1::text::regclass)
    AND CASE WHEN p IN ('INSERT', 'UPDATE', 'REFERENCES') THEN has_any_column_privilege(r.oid, $1::text, p)
        ELSE has_table_privilege(r.oid, $1::text, p) END"""
_LOOKS: Final = "SELECT organizations FROM platform.looks WHERE reader = $1 AND operation = $2"
#: Operation of the directory → name of the caller, and its path for an enterprise number.
_READS: Final[dict[str, tuple[str, Callable[[str], str]]]] = {
    "listUsers": ("bakery.local", lambda number: f"/organizations/{number}/users"),
    "listRegistrations": ("authority.agent", lambda _: "/registrations"),
}


@pytest.mark.parametrize("table", sorted(tables()))
async def test_a_role_may_add_rows_to_a_record_and_change_none(served: Endpoints, table: str) -> None:
    rights = {row["right"] for row in await rows(served, _RIGHTS, table)}
    assert rights == {"INSERT"}


@asynccontextmanager
async def refusing(endpoints: Endpoints) -> AsyncIterator[None]:
    """Take from the directory the right to add looks, inside the context."""
    owner = await connect(endpoints.postgres_dsn)
    columns = "(operation, reader, client_id, organizations, about, reason)"
    try:
        await owner.execute("REVOKE INSERT ON platform.looks FROM dimona_access")
        try:
            yield
        finally:
            await owner.execute(f"GRANT INSERT {columns} ON platform.looks TO dimona_access")
    finally:
        await owner.close()


@pytest.mark.parametrize("operation", _READS)
async def test_a_look_that_cannot_be_stored_shows_nothing(served: Endpoints, operation: str) -> None:
    name, path = _READS[operation]
    reader = user(served, name)
    address = path(served.data.organizations["bakery"].enterprise_number)
    before = len(await rows(served, _LOOKS, reader.subject, operation))
    assert reader.ask("GET", address).status == 200
    found = await rows(served, _LOOKS, reader.subject, operation)
    assert len(found) == before + 1
    async with refusing(served):
        answer = reader.ask("GET", address)
    assert answer.status == 503
    assert "items" not in answer.json()
    assert len(await rows(served, _LOOKS, reader.subject, operation)) == before + 1
