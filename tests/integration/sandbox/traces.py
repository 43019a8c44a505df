"""Everything that a deployment holds: the rows of its tables, the messages of its queues, its files."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from urllib.parse import quote

import asyncpg

from deploy.local.deployment import Endpoints
from shared.runtime.management import Management
from shared.topology import institution_queue
from tests.connecting import connected

#: By place (table, queue or file), its content as text, or the count of its messages.
Traces = dict[str, Any]

_TABLES = """
SELECT format('%I.%I', n.nspname, c.relname) AS name
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'"""
_CONTENT = "SELECT count(*) || coalesce(md5(string_agg(t::text, E'\\n' ORDER BY t::text)), '') FROM {} t"


async def traces(endpoints: Endpoints) -> Traces:
    """Return the content of every table, the number of messages in every queue, and every file."""
    return {**await _rows(endpoints), **await _messages(endpoints), **_files(endpoints)}


async def _rows(endpoints: Endpoints) -> Traces:
    connection = await asyncpg.connect(endpoints.superuser_dsn)
    try:
        names = [row["name"] for row in await connection.fetch(_TABLES)]
        return {f"table {name}": await connection.fetchval(_CONTENT.format(name)) for name in names}
    finally:
        await connection.close()


async def _messages(endpoints: Endpoints) -> Traces:
    """Count the messages of every queue in every vhost of the deployment, as the queue itself says."""
    management, deployment = Management(endpoints.management_url), endpoints.deployment
    institutions = (deployment.vhost_of(institution_queue(name)) for name in endpoints.data.institutions)
    found: Traces = {}
    for vhost in (deployment.public, deployment.internal, *institutions):
        _, answer = management.request("GET", f"/api/queues/{quote(vhost, safe='')}?disable_stats=true")
        async with await connected(endpoints.amqp_url("operator", vhost)) as connection:
            for name in sorted(row["name"] for row in json.loads(answer)):
                channel = await connection.channel()
                queue = await channel.declare_queue(name, passive=True)
                found[f"queue {vhost} {name}"] = queue.declaration_result.message_count
                await channel.close()
    return found


def _files(endpoints: Endpoints) -> Traces:
    return {
        f"file {path.relative_to(endpoints.files)}": hashlib.sha256(path.read_bytes()).hexdigest()
        for path in endpoints.files.rglob("*")
        if path.is_file()
    }
