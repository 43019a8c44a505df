"""`dimona period`: lock and unlock periods, and list overlapping periods, for which an agent must decide."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import uuid4

import typer

from services.personnel_file.commands import store
from shared.domain.identifiers import parse_dimona_number
from shared.messages import PeriodLockSet
from shared.runtime.operator import (
    ENDPOINTS,
    EndpointsOption,
    Operator,
    ReasonOption,
    SecretsOption,
    load,
    print_table,
    publish,
)

period = typer.Typer(no_args_is_help=True, help="Periods that need an agent.")

NumberArgument = Annotated[int, typer.Argument(help="The number of the period: 12 digits.")]


@period.command()
def lock(
    number: NumberArgument,
    reason: ReasonOption,
    endpoints: EndpointsOption = ENDPOINTS,
    secrets_dir: SecretsOption = None,
) -> None:
    """Lock a period, so that every OUT, UPDATE or CANCEL by the employer is refused with 00913-362."""
    _set(load(endpoints, secrets_dir), number, True, reason)


@period.command()
def unlock(
    number: NumberArgument,
    reason: ReasonOption,
    endpoints: EndpointsOption = ENDPOINTS,
    secrets_dir: SecretsOption = None,
) -> None:
    """Unlock a period, so that the employer can change it again."""
    _set(load(endpoints, secrets_dir), number, False, reason)


def _set(operator: Operator, number: int, locked: bool, reason: str) -> None:
    if parse_dimona_number(number) is None:
        raise typer.BadParameter("not a Dimona number")
    now = _now(operator, number, locked)
    message = PeriodLockSet(period_id=number, locked=locked, set_at=now, reason=reason, request=uuid4())
    publish(operator, [message])
    print(f"sent to the personnel file: {'lock' if locked else 'unlock'} {number}; see `dimona period show`")


def _now(operator: Operator, number: int, locked: bool) -> datetime:
    """Check that a period can be locked or unlocked, and return the present instant of the database.

    Raise typer.BadParameter if the period is unknown, or if it is locked (with `locked`) or unlocked already.
    """
    row = operator.query(store.lock_state, number)
    if row["locked"] is None:
        raise typer.BadParameter(f"there is no period {number}")
    if row["locked"] == locked:
        raise typer.BadParameter(f"{number} is {'locked' if locked else 'not locked'} already")
    now: datetime = row["now"]
    return now


@period.command()
def show(
    number: NumberArgument, endpoints: EndpointsOption = ENDPOINTS, secrets_dir: SecretsOption = None
) -> None:
    """Show every lock and unlock of a period: instant, operator and reason."""
    rows = [
        (f"{at.astimezone():%Y-%m-%d %H:%M:%S}", "locked" if locked else "unlocked", by, reason)
        for at, locked, by, reason in load(endpoints, secrets_dir).query(store.locks, number)
    ]
    print_table(("at", "what", "by", "reason"), rows, nothing="this period was never locked")


@period.command()
def overlapping(endpoints: EndpointsOption = ENDPOINTS, secrets_dir: SecretsOption = None) -> None:
    """List the periods that overlap because two numbers of a worker became one. An agent must decide."""
    rows = [[str(id_) for id_ in row] for row in load(endpoints, secrets_dir).query(store.overlapping)]
    print_table(("period", "overlaps", "relation"), rows, nothing="no periods overlap")
