"""`dimona period`: what an agent does with a period, and what waits for one."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import uuid4

import typer
from rich.console import Console
from rich.table import Table

from services.cli.person import reasoned, who
from services.cli.publish import publish
from services.cli.settings import ENDPOINTS, EndpointsOption, Operator, SecretsOption, load
from shared.domain.identifiers import parse_dimona_number
from shared.messages import PeriodLockSet
from shared.runtime.database import connect

period = typer.Typer(no_args_is_help=True, help="Periods that an agent has to do with.")

NumberArgument = Annotated[int, typer.Argument(help="The number of the period: 12 digits.")]
ReasonOption = Annotated[str, typer.Option(help="Why, for the record; nothing about a person.")]

_STATE: Final = """
SELECT platform.now() AS now, (SELECT locked FROM personnel_file.periods WHERE period_id = $1) AS locked"""
_LOCKS: Final = """
SELECT set_at, locked, set_by, reason FROM personnel_file.locks WHERE period_id = $1 ORDER BY set_at"""
_OVERLAPPING: Final = """
SELECT p.period_id, o.period_id AS other, r.relation_id FROM personnel_file.periods p
    JOIN personnel_file.relations r USING (employer, ssin)
    JOIN personnel_file.periods o USING (employer, ssin, features_key)
WHERE p.overlapping AND NOT p.canceled AND NOT o.canceled AND o.period_id <> p.period_id AND o.span && p.span
ORDER BY p.period_id, o.period_id"""


@period.command()
def lock(
    number: NumberArgument,
    reason: ReasonOption,
    endpoints: EndpointsOption = ENDPOINTS,
    secrets_dir: SecretsOption = None,
) -> None:
    """Take a period out of the employer's hands: every change of it is refused with 00913-362."""
    _set(load(endpoints, secrets_dir), number, True, reason)


@period.command()
def unlock(
    number: NumberArgument,
    reason: ReasonOption,
    endpoints: EndpointsOption = ENDPOINTS,
    secrets_dir: SecretsOption = None,
) -> None:
    """Give a period back to the employer."""
    _set(load(endpoints, secrets_dir), number, False, reason)


def _set(operator: Operator, number: int, locked: bool, reason: str) -> None:
    if parse_dimona_number(number) is None:
        raise typer.BadParameter("that is not a Dimona number")
    reason = reasoned(reason)
    now = asyncio.run(_now(operator, number, locked))
    said = PeriodLockSet(
        period_id=number, locked=locked, set_by=who(), set_at=now, reason=reason, request=uuid4()
    )
    publish(operator, [said])
    print(f"the personnel file was told to {'lock' if locked else 'unlock'} {number}; `dimona period show`")


async def _now(operator: Operator, number: int, locked: bool) -> datetime:
    """The instant, if there is such a period and the word says something new."""
    (row,) = await _fetch(operator, _STATE, number)
    if row["locked"] is None:
        raise typer.BadParameter(f"there is no period {number}")
    if row["locked"] == locked:
        raise typer.BadParameter(f"{number} is {'locked' if locked else 'not locked'} already")
    now: datetime = row["now"]
    return now


@period.command()
def show(
    number: NumberArgument,
    endpoints: EndpointsOption = ENDPOINTS,
    secrets_dir: SecretsOption = None,
) -> None:
    """Show who locked and unlocked a period, when and why."""
    rows = asyncio.run(_fetch(load(endpoints, secrets_dir), _LOCKS, number))
    table = Table("at", "what", "by", "reason")
    for row in rows:
        what = "locked" if row["locked"] else "unlocked"
        table.add_row(f"{row['set_at'].astimezone():%Y-%m-%d %H:%M:%S}", what, row["set_by"], row["reason"])
    Console().print(table if rows else "nobody ever locked it")


@period.command()
def overlapping(endpoints: EndpointsOption = ENDPOINTS, secrets_dir: SecretsOption = None) -> None:
    """List the periods that overlap since two numbers of their worker became one: an agent decides."""
    rows = asyncio.run(_fetch(load(endpoints, secrets_dir), _OVERLAPPING))
    table = Table("period", "overlaps", "relation")
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    Console().print(table if rows else "no periods overlap")


async def _fetch(operator: Operator, statement: str, *arguments: object) -> list[Any]:
    connection = await connect(operator.need("database_dsn"))
    try:
        return await connection.fetch(statement, *arguments)
    finally:
        await connection.close()
