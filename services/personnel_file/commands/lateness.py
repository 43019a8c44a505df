"""`dimona late`: the list of late declarations, for contributions and reports."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from services.personnel_file.commands import store
from services.personnel_file.commands.store import LateFilter
from shared.domain.calendar import BRUSSELS
from shared.domain.identifiers import parse_enterprise_number
from shared.runtime.operator import (
    ENDPOINTS,
    EndpointsOption,
    Operator,
    OptionalReasonOption,
    SecretsOption,
    load,
    print_table,
)

late = typer.Typer(no_args_is_help=True, help="Declarations that came after they were due.")

_COLUMNS: Final = (
    "declaration", "kind", "employer", "period", "due", "received", "late by", "rule", "bears on",
)  # fmt: skip


class Form(StrEnum):
    """The output formats of `dimona late list`."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


@late.command("list")
def list_late(
    first: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day of reception.")
    ] = None,
    last: Annotated[
        datetime | None, typer.Option("--until", formats=["%Y-%m-%d"], help="Last day of reception.")
    ] = None,
    employer: Annotated[str | None, typer.Option(help="Enterprise number.")] = None,
    form: Annotated[Form, typer.Option("--format", help="Form of the list.")] = Form.TABLE,
    file: Annotated[
        Path | None,
        typer.Option(help="A new private file for csv or json; only a file holds the workers' NISS."),
    ] = None,
    reason: OptionalReasonOption = None,
    endpoints: EndpointsOption = ENDPOINTS,
    secrets_dir: SecretsOption = None,
) -> None:
    """Print the accepted declarations that were late, or write them to a new file.

    Each row has the delay and the consequences that an inspector may examine. No employer is fined because of
    this list. Each reading is recorded with its filter in personnel_file.late_readings. A file needs a
    reason, which is recorded too.
    """
    number = None if employer is None else parse_enterprise_number(employer)
    if employer is not None and number is None:
        raise typer.BadParameter("not an enterprise number")
    if file is not None and form is Form.TABLE:
        raise typer.BadParameter("--file needs --format csv or --format json")
    if file is not None and file.exists():
        raise typer.BadParameter("this file exists already")
    if file is not None and reason is None:
        raise typer.BadParameter("--file needs --reason")
    filter_ = LateFilter(first.date() if first else None, last.date() if last else None, number)
    rows = _rows(load(endpoints, secrets_dir), filter_, with_ssin=file is not None, reason=reason)
    if form is Form.TABLE:
        print_table(_COLUMNS, [_cells(row) for row in rows], nothing="no declaration was late", width=180)
    elif file is None:
        print(_text(rows, form), end="")
    else:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as private:
            private.write(_text(rows, form))
        print(f"{len(rows)} late declaration(s) in {file}, with numbers of persons: keep no copy")


def _rows(
    operator: Operator, filter_: LateFilter, *, with_ssin: bool, reason: str | None
) -> list[dict[str, Any]]:
    rows = operator.query(store.late_declarations, filter_, with_ssin=with_ssin, reason=reason)
    return [{name: value for name, value in row.items() if with_ssin or name != "ssin"} for row in rows]


def _text(rows: Sequence[dict[str, Any]], form: Form) -> str:
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


def _cells(row: dict[str, Any]) -> Sequence[str]:
    return (
        str(row["declaration_id"]),
        row["kind"],
        row["employer"],
        f"{row['period_id']} {row['worker_type']}",
        *(f"{row[name].astimezone(BRUSSELS):%Y-%m-%d %H:%M}" for name in ("due_at", "received_at")),
        _late_by(row),
        row["rule"],
        ", ".join(row["bears_on"]),
    )


def _late_by(row: dict[str, Any]) -> str:
    if days := row["late_working_days"]:  # none on a day that is not worked: by the hour, then
        return f"{days} working day(s)"
    return str(timedelta(seconds=row["late_seconds"]))
