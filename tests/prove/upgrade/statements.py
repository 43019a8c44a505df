"""The SQL statements in the code of a release, tried on the schema of a running stack."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg

from shared.topology import JOBS, SERVICES
from tests.prove.upgrade.release import Release

_SQL: Final = re.compile(r"\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH)\s")
#: Statements that the migrations since then broke, each with the reason why that was accepted.
KNOWN: Final = {
    "services/feed/token.py": "tokens of institutions have no term and no scope, and were removed (ADR 34)",
}


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement of a service, and its place as `path:line`."""

    service: str
    place: str
    sql: str


def find(root: Path) -> Iterator[Statement]:
    """Yield the statements that are whole texts in the code of services and jobs."""
    for service in (*SERVICES, *JOBS):
        for file in sorted((root / "services" / service).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and _SQL.match(node.value):
                    yield Statement(service, f"{file.relative_to(root)}:{node.lineno}", node.value)


async def planned(release: Release, stack: Path, deployment: str) -> set[Statement]:
    """Return the statements of a release that the database plans for the role of their service.

    A plan needs every table, column and function, with the right to it. Nothing is executed. A text with a
    place for a part of a statement is never planned.
    """
    found: set[Statement] = set()
    statements = list(find(release.root))
    for service in (*SERVICES, *JOBS):
        dsn = (stack / "secrets" / deployment / service / "dimona_database_dsn").read_text()
        connection = await asyncpg.connect(dsn, server_settings={"search_path": f"{service},platform"})
        try:
            for statement in (each for each in statements if each.service == service):
                if await _is_planned(connection, statement.sql):
                    found.add(statement)
        finally:
            await connection.close()
    return found


async def _is_planned(connection: asyncpg.Connection[asyncpg.Record], sql: str) -> bool:
    try:
        await connection.execute(f"EXPLAIN (GENERIC_PLAN) {sql}")
    except asyncpg.PostgresError:
        return False
    return True


def broken(before: set[Statement], after: set[Statement]) -> tuple[list[str], list[str]]:
    """Return the places of statements that are planned no longer: the known ones, and the others."""
    places = sorted({statement.place for statement in before - after})
    known = [place for place in places if place.partition(":")[0] in KNOWN]
    return known, [place for place in places if place not in known]
