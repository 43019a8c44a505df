"""The columns that are read from the migrations are those of a real database."""

from __future__ import annotations

import asyncpg
import pytest

from deploy.local.deployment import Endpoints
from tests.contracts.columns import Tables, replay

pytestmark = pytest.mark.stack

_COLUMNS = """
SELECT n.nspname || '.' || c.relname AS name, array_agg(a.attname::text ORDER BY a.attname) AS columns
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'p', 'm') AND NOT c.relispartition
    AND n.nspname NOT IN ('pg_catalog', 'information_schema')
GROUP BY 1"""


async def test_the_migrations_as_read_make_the_tables_of_the_database(endpoints: Endpoints) -> None:
    connection = await asyncpg.connect(endpoints.postgres_dsn)
    try:
        real: Tables = {row["name"]: row["columns"] for row in await connection.fetch(_COLUMNS)}
    finally:
        await connection.close()
    assert {name: sorted(columns) for name, columns in replay().items()} == real
