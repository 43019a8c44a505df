"""`dimona late`: the list of what was late, for whoever prepares contributions and reports."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table

from services.cli.person import who
from services.cli.settings import ENDPOINTS, EndpointsOption, SecretsOption, load
from shared.domain.calendar import BRUSSELS
from shared.domain.identifiers import parse_enterprise_number
from shared.runtime.database import connect

late = typer.Typer(no_args_is_help=True, help="Declarations that came after they were due.")

#: Who reads it is written down in the transaction that reads.
_READ: Final = """
INSERT INTO personnel_file.late_readings (read_by, read_at, first_day, last_day, employer, with_ssin, found)
VALUES ($1, platform.now(), $2, $3, $4, $5, $6)"""
_LIST: Final = """
SELECT declaration_id, kind, rule, employer, employer_id, ssin, period_id, worker_type, due_at, received_at,
       late_after, late_seconds, late_working_days, bears_on
FROM personnel_file.late
WHERE ($1::timestamptz IS NULL OR received_at >= $1) AND ($2::timestamptz IS NULL OR received_at < $2)
  AND ($3::text IS NULL OR employer = $3)
ORDER BY received_at, declaration_id"""

_COLUMNS: Final = (
    "declaration",
    "kind",
    "employer",
    "period",
    "due",
    "received",
    "late by",
    "rule",
    "bears on",
)


class Form(StrEnum):
    """How the list is written."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Filter:
    """What is asked for: days of reception, both included, and an employer; None for all."""

    first: date | None
    last: date | None
    employer: str | None


@late.command("list")
def list_late(
    first: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day of reception.")
    ] = None,
    last: Annotated[
        datetime | None, typer.Option("--until", formats=["%Y-%m-%d"], help="Last day of reception.")
    ] = None,
    employer: Annotated[str | None, typer.Option(help="Enterprise number.")] = None,
    form: Annotated[Form, typer.Option("--format", help="How it is written.")] = Form.TABLE,
    file: Annotated[
        Path | None,
        typer.Option(help="A new file for csv or json, for your eyes only; it alone has the workers' NISS."),
    ] = None,
    endpoints: EndpointsOption = ENDPOINTS,
    secrets_dir: SecretsOption = None,
) -> None:
    """List the accepted declarations that were late, by how much, and what that bears on.

    Nobody is fined by it. That you read it is written down, with the filter: personnel_file.late_readings.
    """
    number = None if employer is None else parse_enterprise_number(employer)
    if employer is not None and number is None:
        raise typer.BadParameter("that is not an enterprise number")
    if file is not None and form is Form.TABLE:
        raise typer.BadParameter("a file is csv or json: give --format")
    if file is not None and file.exists():
        raise typer.BadParameter("there is such a file already")
    asked = Filter(first.date() if first else None, last.date() if last else None, number)
    dsn = load(endpoints, secrets_dir).need("database_dsn")
    rows = asyncio.run(_rows(dsn, asked, with_ssin=file is not None))
    if form is Form.TABLE:
        _show(rows)
    elif file is None:
        print(_written(rows, form), end="")
    else:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as private:
            private.write(_written(rows, form))
        print(f"{len(rows)} late declaration(s) in {file}, with numbers of persons: keep no copy")


async def _rows(dsn: str, asked: Filter, *, with_ssin: bool) -> list[dict[str, Any]]:
    since = None if asked.first is None else _midnight(asked.first)
    before = None if asked.last is None else _midnight(asked.last + timedelta(1))
    connection = await connect(dsn)
    try:
        async with connection.transaction():
            rows = await connection.fetch(_LIST, since, before, asked.employer)
            await connection.execute(
                _READ, who(), asked.first, asked.last, asked.employer, with_ssin, len(rows)
            )
    finally:
        await connection.close()
    return [{name: value for name, value in row.items() if with_ssin or name != "ssin"} for row in rows]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, BRUSSELS)


def _written(rows: Sequence[dict[str, Any]], form: Form) -> str:
    plain = [dict(_plain(row)) for row in rows]
    if form is Form.JSON:
        return json.dumps(plain, indent=1) + "\n"
    text = io.StringIO()
    if plain:
        writer = csv.DictWriter(text, plain[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows({**row, "bears_on": " ".join(row["bears_on"])} for row in plain)
    return text.getvalue()


def _plain(row: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in row.items():
        yield name, value.astimezone(BRUSSELS).isoformat() if isinstance(value, datetime) else value


def _show(rows: Sequence[dict[str, Any]]) -> None:
    table = Table(*_COLUMNS)
    for row in rows:
        table.add_row(
            str(row["declaration_id"]),
            row["kind"],
            row["employer"],
            f"{row['period_id']} {row['worker_type']}",
            *(f"{row[name].astimezone(BRUSSELS):%Y-%m-%d %H:%M}" for name in ("due_at", "received_at")),
            _late_by(row),
            row["rule"],
            ", ".join(row["bears_on"]),
        )
    Console(width=None if sys.stdout.isatty() else 180).print(table if rows else "nothing was late")


def _late_by(row: dict[str, Any]) -> str:
    if days := row["late_working_days"]:  # none on a day that is not worked: by the hour, then
        return f"{days} working day(s)"
    return str(timedelta(seconds=row["late_seconds"]))
