"""Plans of SQL statements: which ones a large table would make slow.

PostgreSQL plans each statement without its values (`GENERIC_PLAN`) for tables of ten million rows. No table
has them: only the statistics and the sizes of the files say so.
"""

from __future__ import annotations

import json
import os
import pkgutil
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import pytest

import services

_STATISTICS: Final = 18
_STATEMENT: Final = re.compile(r"\s*(SELECT|WITH|INSERT|UPDATE|DELETE|MERGE)\s")
_SCHEMAS: Final = [
    "access",
    "contact",
    "feed",
    "files",
    "identification",
    "intake",
    "notifier",
    "personnel_file",
    "platform",
]
_TABLES: Final = """
SELECT n.nspname AS schema, c.relname AS table, pg_relation_filepath(c.oid) AS file
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ANY($1::text[]) AND c.relkind = 'r'"""
_COLUMNS: Final = """
SELECT n.nspname AS schema, c.relname AS table, a.attname AS column, format_type(a.atttypid, NULL) AS type
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ANY($1::text[]) AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped"""
_RELATION: Final = """
SELECT pg_restore_relation_stats('schemaname', $1::text, 'relname', $2::text, 'relpages', $3::int,
    'reltuples', $4::real)"""
_ATTRIBUTE: Final = """
SELECT pg_restore_attribute_stats('schemaname', $1::text, 'relname', $2::text, 'attname', $3::text,
    'inherited', $4::boolean, 'null_frac', 0.0::real, 'avg_width', 16, 'n_distinct', $5::real)"""
#: A function, because only the simple protocol, or a string, may leave the values open.
_PLANNER: Final = """
CREATE OR REPLACE FUNCTION pg_temp.plan(statement text) RETURNS json LANGUAGE plpgsql AS $function$
DECLARE found json;
BEGIN
    EXECUTE 'EXPLAIN (GENERIC_PLAN, FORMAT JSON) ' || statement INTO found;
    RETURN found;
END $function$"""
#: The cost of some thousand rows through an index; a scan of all rows costs 100 times as much.
MOST_COST: Final = 5_000.0
_AUTO_EXPLAIN: Final = """
LOAD 'auto_explain';
SET auto_explain.log_min_duration = 0;
SET auto_explain.log_nested_statements = on;
SET auto_explain.log_format = json;
SET client_min_messages = log"""
_ROWS, _PAGES = 10_000_000, 131_072  #: of each table; 1 GiB is one file
#: Columns with few different values: types of work, states, flags.
_FEW: Final = re.compile(
    r"^(state|status|kind|type|what|role|result|consumer|channel|lane|language|rule|worker_type|one|origin"
    r"|application_group|reason|features|features_key|late|locked|canceled|counted|overlapping)$"
)


@dataclass(frozen=True)
class Statement:
    """A statement of a service, named by its module and constant."""

    service: str
    name: str
    text: str


def statements() -> Iterator[Statement]:
    """Yield every SQL statement that a module of a service holds, each text once."""
    seen: set[tuple[str, str]] = set()
    for module in pkgutil.walk_packages(services.__path__, "services."):
        if module.name.endswith("__main__"):
            continue
        service = module.name.split(".")[1]
        for name, value in vars(import_module(module.name)).items():
            for text in value if isinstance(value, tuple) else (value,):
                if isinstance(text, str) and _STATEMENT.match(text) and (service, text) not in seen:
                    seen.add((service, text))
                    yield Statement(service, f"{module.name}.{name}", text)


async def enlarge(connection: Any, folder: Path, small: Collection[str]) -> None:
    """Let the planner believe that every other table of every service has ten million rows.

    The planner takes the number of pages from the file, so each file gets a hole of that size.

    Args:
        connection: A connection of the superuser, to a database that nothing else uses.
        folder: The data folder of the server.
        small: Tables that stay small.

    Skip the test before PostgreSQL 18, in which statistics cannot be set.
    """
    if connection.get_server_version().major < _STATISTICS:
        pytest.skip(f"statistics can be set from PostgreSQL {_STATISTICS} on")
    await connection.execute("SET maintenance_work_mem = '64MB'")
    for row in await connection.fetch(_TABLES, _SCHEMAS):
        if row["table"] in small:
            continue
        os.truncate(folder / row["file"], _PAGES * 8192)
        await connection.fetchval(_RELATION, row["schema"], row["table"], _PAGES, float(_ROWS))
    for row in await connection.fetch(_COLUMNS, _SCHEMAS):
        few = row["type"] == "boolean" or _FEW.match(row["column"])
        for inherited in (False, True):
            await connection.fetchval(
                _ATTRIBUTE, row["schema"], row["table"], row["column"], inherited, 5.0 if few else -0.2
            )


async def plan(connection: Any, text: str) -> dict[str, Any]:
    """Return the plan of a statement for unknown values and very large tables."""
    await connection.execute(_PLANNER)
    found: dict[str, Any] = json.loads(await connection.fetchval("SELECT pg_temp.plan($1)", text))[0]["Plan"]
    return found


async def nested_plans(connection: Any, call: str, *values: Any) -> list[dict[str, Any]]:
    """Call a function, and return the plan of each statement in it. The connection is a superuser's."""
    texts: list[str] = []

    def keep(_: object, message: Any) -> None:
        if "plan:" in message.message:
            texts.append(message.message.partition("plan:")[2])

    connection.add_log_listener(keep)
    await connection.execute(_AUTO_EXPLAIN)
    await connection.fetchval(call, *values)
    await connection.execute("SET auto_explain.log_min_duration = -1")
    connection.remove_log_listener(keep)
    plans = [json.loads(text) for text in texts]
    # Types are looked up in the catalog, which every database knows.
    return [each["Plan"] for each in plans if "pg_catalog" not in each["Query Text"]]


def faults(root: Mapping[str, Any], small: Collection[str]) -> Iterator[str]:
    """Yield the parts of a plan that grow with a table: a scan of all its rows, or a cost of many rows.

    Args:
        root: The plan.
        small: Tables that stay small, whose scan is no fault.
    """
    scanned = set(_scanned(root))
    for table in sorted(scanned - set(small)):
        yield f"sequential scan of {table}"
    if not scanned and root["Total Cost"] > MOST_COST:
        yield f"cost {root['Total Cost']:.0f}"


def _scanned(node: Mapping[str, Any]) -> Iterator[str]:
    if node["Node Type"] == "Seq Scan":
        yield node["Relation Name"]
    for child in node.get("Plans", ()):
        yield from _scanned(child)
