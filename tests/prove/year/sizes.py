"""The size of each table after each month, and the tables that may grow by the register of processing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from typing import Any, Final

import asyncpg

from shared.runtime.processing import load_register

_NAMES: Final = """
SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname = ANY($1) ORDER BY 1"""
#: Indexes and long values included; a divided table has the sum of its parts.
_BYTES: Final = """
SELECT pg_total_relation_size($1::text::regclass) + coalesce(sum(pg_total_relation_size(relid)), 0)::bigint
FROM pg_partition_tree($1::text::regclass) WHERE relid <> $1::text::regclass"""
_PARTS: Final = """
SELECT array_agg(c.relname::text ORDER BY c.relname) FROM pg_partitioned_table p
JOIN pg_inherits i ON i.inhparent = p.partrelid JOIN pg_class c ON c.oid = i.inhrelid
WHERE p.partrelid = $1::text::regclass AND p.partstrat = 'r' AND c.relname ~ '_\\d{4}_\\d{2}$'"""
_DIVIDED: Final = """
SELECT format('%I.%I', n.nspname, c.relname) FROM pg_partitioned_table p
JOIN pg_class c ON c.oid = p.partrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE p.partstrat = 'r' ORDER BY 1"""
#: Parts of the terms of e-Box messages and of all that belongs to them.
_OF_MESSAGES: Final = ("five years", "As long as the message", "event of the message")
#: Rows that a bounded table may gain by chance.
_SLACK: Final = 25


@dataclass(frozen=True, slots=True)
class Size:
    """The size of a table."""

    rows: int
    bytes: int


Sizes = Mapping[str, Size]


@dataclass(frozen=True, slots=True)
class Growth:
    """The growth of a table in the second half of the year, per declaration.

    `term` is that of the register of processing.
    """

    rows: float
    bytes: int
    term: str


async def measure(connection: asyncpg.Connection[Any]) -> dict[str, Size]:
    """Return the size of each table of all schemas, by `schema.table`. `connection` is that of the owner."""
    schemas = sorted({table.schema for table in load_register()})
    sizes = {}
    for (name,) in await connection.fetch(_NAMES, schemas):
        rows = await connection.fetchval(f"SELECT count(*) FROM {name}")  # noqa: S608 - from the catalog
        sizes[name] = Size(rows, await connection.fetchval(_BYTES, name))
    return sizes


async def partitions(connection: asyncpg.Connection[Any]) -> dict[str, list[str]]:
    """Return the parts of each table that is divided by month, without the default one."""
    names = [name for (name,) in await connection.fetch(_DIVIDED)]
    return {name: await connection.fetchval(_PARTS, name) or [] for name in names}


def terms(removed: Sequence[str]) -> dict[str, str]:
    """Return the term of each table in words: `keep`, or one that bounds the table.

    `removed` are the tables for which the proof has set a term.
    """
    registered = {table.full_name: table.term for table in load_register()}
    return registered | dict.fromkeys(removed, "set by the proof")


def is_short(term: str) -> bool:
    """Return whether a term ends within a year. Messages in e-Boxes stay for five."""
    return term != "keep" and not any(long in term for long in _OF_MESSAGES)


def unbounded(months: Sequence[Sizes], bounded: Sequence[str]) -> list[str]:
    """Return the tables that should be bounded, and have more rows at the end than in the first half.

    Those of the last three months are compared with the most rows of a month of the first half.
    """
    half = len(months) // 2
    wrong = []
    for name in bounded:
        before = max(month[name].rows for month in months[:half])
        after = max(month[name].rows for month in months[-3:])
        if after > before * 1.25 + _SLACK:
            wrong.append(f"{name}: {before} rows in the first half, {after} at the end")
    return wrong


def growing(
    months: Sequence[Sizes], declarations: Sequence[int], known: Mapping[str, str]
) -> dict[str, Growth]:
    """Return the tables that gained rows in the second half of the year, with the most bytes first.

    Args:
        months: The sizes at the end of each month.
        declarations: All declarations received until the end of each month.
        known: The term of each table.
    """
    half, number = months[len(months) // 2], declarations[-1] - declarations[len(months) // 2]
    found = {
        name: Growth(
            round((size.rows - half[name].rows) / number, 2),
            round((size.bytes - half[name].bytes) / number),
            known.get(name, "keep"),
        )
        for name, size in months[-1].items()
        if size.rows > half[name].rows + _SLACK
    }
    return dict(sorted(found.items(), key=lambda item: -item[1].bytes))


def as_document(months: Sequence[Sizes]) -> dict[str, list[dict[str, int]]]:
    """Return rows and bytes of each table that ever had a row, month by month."""
    names = sorted(set(chain.from_iterable(months)))
    return {
        name: [asdict(month[name]) for month in months]
        for name in names
        if any(month[name].rows for month in months)
    }
