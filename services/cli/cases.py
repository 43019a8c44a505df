"""`dimona case` and `dimona register`: end identifications that wait, and feed the registers."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from services.cli.publish import publish
from services.cli.settings import ENDPOINTS, EndpointsOption, SecretsOption, load
from shared.domain.identifiers import parse_dimona_number, parse_ssin
from shared.messages import Career, CareerRegistered, CaseResolved, RegisterEntry, WorkerRegistered
from shared.runtime.database import connect

case = typer.Typer(no_args_is_help=True, help="Declarations whose worker is still being identified.")
register = typer.Typer(no_args_is_help=True, help="The registers of persons and careers of this deployment.")


@case.command("list")
def list_cases(
    everything: Annotated[bool, typer.Option("--all", help="Closed ones too.")] = False,
    endpoints: EndpointsOption = ENDPOINTS,
    secrets_dir: SecretsOption = None,
) -> None:
    """List the cases that wait, the most urgent first; nobody's identity is shown."""
    rows = asyncio.run(_cases(load(endpoints, secrets_dir).need("database_dsn"), everything))
    table = Table("declaration", "state", "opened", "deadline")
    for row in rows:
        opened, deadline = (f"{row[name].astimezone():%Y-%m-%d %H:%M}" for name in ("opened_at", "deadline"))
        table.add_row(str(row["declaration_id"]), row["state"], opened, deadline)
    Console().print(table if rows else "no case waits")


async def _cases(dsn: str, everything: bool) -> list[Any]:
    connection = await connect(dsn)
    try:
        return await connection.fetch(
            """SELECT declaration_id, state, opened_at, deadline FROM identification.cases
            WHERE $1 OR state = 'open' ORDER BY deadline, declaration_id""",
            everything,
        )
    finally:
        await connection.close()


@case.command()
def show(
    number: Annotated[int, typer.Argument(help="The Dimona number, 12 digits.")],
    endpoints: EndpointsOption = ENDPOINTS,
    secrets_dir: SecretsOption = None,
) -> None:
    """Show the history of a case: why it was opened, and who ended it."""
    rows = asyncio.run(_history(load(endpoints, secrets_dir).need("database_dsn"), number))
    table = Table("at", "what", "reason")
    for row in rows:
        table.add_row(f"{row['recorded_at'].astimezone():%Y-%m-%d %H:%M:%S}", row["event"], row["reason"])
    Console().print(table if rows else "there is no case of this number")


async def _history(dsn: str, number: int) -> list[Any]:
    connection = await connect(dsn)
    try:
        return await connection.fetch(
            """SELECT recorded_at, event, reason FROM identification.case_history
            WHERE declaration_id = $1 ORDER BY id""",
            number,
        )
    finally:
        await connection.close()


@case.command()
def resolve(
    number: Annotated[int, typer.Argument(help="The Dimona number, 12 digits.")],
    ssin: Annotated[str | None, typer.Option(help="NISS of the worker: the case ends with him.")] = None,
    give_up: Annotated[
        bool, typer.Option("--give-up", help="Nobody was found: it ends in 90017-151.")
    ] = False,
    endpoints: EndpointsOption = ENDPOINTS,
    secrets_dir: SecretsOption = None,
) -> None:
    """End a case, with a worker or without one."""
    if (ssin is None) != give_up:
        raise typer.BadParameter("give either --ssin or --give-up")
    if parse_dimona_number(number) is None:
        raise typer.BadParameter("that is not a Dimona number")
    if ssin is not None and parse_ssin(ssin) is None:
        raise typer.BadParameter("that is not a NISS: 11 digits with a right check")
    publish(load(endpoints, secrets_dir), [CaseResolved(number=number, ssin=ssin, request=uuid4())])
    print(f"identification was told about {number}; `dimona case list` shows whether the case is closed")


@register.command()
def add(
    file: Annotated[
        Path, typer.Option(help='JSON: one person, or {"persons": [...], "careers": [...]}.', exists=True)
    ],
    endpoints: EndpointsOption = ENDPOINTS,
    secrets_dir: SecretsOption = None,
) -> None:
    """Tell identification about persons and careers that are new in the registers, or that changed.

    A person: ssin, familyName, givenName, birthDate (1985-00-00 when unknown), gender (0, 1, 2),
    nationality (NIS code); where they are known, address (street, postCode, municipality: NIS code),
    deceasedOn, and replacedBy, the NISS that has taken the place of this one; and perhaps sequence, the
    register's own number of the change. A quarter of a career: ssin, quarter (2026Q1), flexi (whether it
    opens flexi-jobs three quarters later; left out, what was told before is taken back), perhaps sequence.
    """
    document = json.loads(file.read_text())
    careers = document.get("careers", [])
    persons = document.get("persons", [] if "careers" in document else [document])
    now = time.time_ns() // 1000  # later commands count as later changes
    try:
        entered = [
            WorkerRegistered(worker=RegisterEntry.model_validate(row), sequence=row.get("sequence", now + n))
            for n, row in enumerate(persons)
        ]
        worked = [
            CareerRegistered(career=Career.model_validate(row), sequence=row.get("sequence", now + n))
            for n, row in enumerate(careers)
        ]
    except ValidationError as error:
        raise typer.BadParameter(str(error)) from None
    numbers = [*(message.worker.ssin for message in entered), *(message.career.ssin for message in worked)]
    if not all(map(parse_ssin, numbers)):
        raise typer.BadParameter("a person has no valid NISS")
    publish(load(endpoints, secrets_dir), [*entered, *worked])
    print(f"identification was told about {len(entered)} person(s) and {len(worked)} quarter(s) of careers")
