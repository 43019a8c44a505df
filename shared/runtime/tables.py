"""The tables `outbox`, `deliveries` and `set_aside`: their rows and statements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from shared.runtime.bursts import CARRIER_TYPE, EVENT_TYPE


@dataclass(frozen=True, slots=True)
class Row:
    """A stored message. `lane` names its recipient; `id` is the id of the CloudEvent or carrier."""

    seq: int
    id: UUID
    lane: str
    routing_key: str
    type: str
    body: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A message before it is stored as a row."""

    id: UUID
    lane: str
    routing_key: str
    type: str
    body: str


@dataclass(frozen=True, slots=True)
class Table:
    """The SQL statements of the outbox or of the deliveries, as constants, and its content type."""

    name: str
    content_type: str
    lease: str
    postpone: str
    forget: str
    gauge: str
    lanes: str
    set_aside: str


_INSERT = """
{0}_gone AS (DELETE FROM {0} WHERE seq = ANY(${1}::bigint[])),
{0}_new AS (
    INSERT INTO {0} (id, lane, routing_key, type, body, due_at)
    SELECT i, l, k, t, b, $1::timestamptz + make_interval(secs => $2)
    FROM unnest(${2}::uuid[], ${3}::text[], ${4}::text[], ${5}::text[], ${6}::text[]) WITH ORDINALITY
        AS n(i, l, k, t, b, o)
    ORDER BY o RETURNING seq)"""
_LEASE = """
UPDATE {0} SET due_at = platform.now() + make_interval(secs => $3) WHERE seq IN (
    SELECT seq FROM {0} WHERE lane = $1 ORDER BY seq LIMIT $2 FOR UPDATE)
RETURNING seq, id, lane, routing_key, type, body"""
_POSTPONE = """
UPDATE {0} SET attempts = attempts + 1, due_at = platform.now() + make_interval(secs => $2)
WHERE seq = ANY($1::bigint[])"""
_FORGET = "DELETE FROM {0} WHERE seq = ANY($1::bigint[])"
_GAUGE = """
SELECT count(*) AS pending,
       coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0)::float8 AS age,
       (SELECT count(*) FROM set_aside WHERE origin = '{0}') AS aside
FROM {0}"""
_LANES = "SELECT DISTINCT lane FROM {0} WHERE due_at <= platform.now()"
_SET_ASIDE = """
WITH gone AS (DELETE FROM {0} WHERE seq = ANY($1::bigint[]) RETURNING *)
INSERT INTO set_aside (origin, seq, id, lane, routing_key, type, body, created_at)
SELECT '{0}', seq, id, lane, routing_key, type, body, created_at FROM gone
RETURNING id, lane, type, octet_length(body) AS bytes"""


def _table(name: str, content_type: str) -> Table:
    statements = (_LEASE, _POSTPONE, _FORGET, _GAUGE, _LANES, _SET_ASIDE)
    return Table(name, content_type, *(statement.format(name) for statement in statements))


OUTBOX: Final = _table("outbox", CARRIER_TYPE)
DELIVERIES: Final = _table("deliveries", EVENT_TYPE)


def _insertion(*tables: Table) -> str:
    parts = [_INSERT.format(table.name, *range(6 * n + 3, 6 * n + 9)) for n, table in enumerate(tables)]
    seqs = [f"array(SELECT seq FROM {table.name}_new)" for table in tables]  # noqa: S608 - our own tables
    return f"WITH {', '.join(parts)} SELECT {', '.join(seqs)}"


#: The statement that inserts new rows and deletes confirmed rows, by the tables that it changes.
INSERT: Final[Mapping[tuple[Table, ...], str]] = {
    tables: _insertion(*tables) for tables in ((OUTBOX,), (DELIVERIES,), (OUTBOX, DELIVERIES))
}
