"""`dimona case`: list, show and end identifications that wait."""

from __future__ import annotations

import asyncio
from typing import Annotated
from uuid import uuid4

import typer

from services.identification.commands import store
from shared.domain.identifiers import parse_dimona_number, parse_ssin
from shared.messages import CaseResolved
from shared.runtime.operator import (
    ENDPOINTS,
    EndpointsOption,
    Operator,
    SecretsOption,
    load,
    print_table,
    publish,
)

case = typer.Typer(no_args_is_help=True, help="Declarations whose worker is still being identified.")

_LOOKS, _PAUSE = 25, 0.2  #: how often, and every how many seconds, to look whether a case is closed

NumberArgument = Annotated[int, typer.Argument(help="The Dimona number, 12 digits.")]


@case.command("list")
def list_cases(
    everything: Annotated[bool, typer.Option("--all", help="Include closed cases.")] = False,
    endpoints: EndpointsOption = ENDPOINTS,
    secrets_dir: SecretsOption = None,
) -> None:
    """List the open cases in the order of their deadlines, without data about persons."""
    rows = [
        (str(number), state, *(f"{at.astimezone():%Y-%m-%d %H:%M}" for at in instants))
        for number, state, *instants in load(endpoints, secrets_dir).query(store.cases, closed=everything)
    ]
    print_table(("declaration", "state", "opened", "deadline"), rows, nothing="no case is open")


@case.command()
def show(
    number: NumberArgument, endpoints: EndpointsOption = ENDPOINTS, secrets_dir: SecretsOption = None
) -> None:
    """Show the history of a case: the reason it was opened for, and its end."""
    rows = [
        (f"{at.astimezone():%Y-%m-%d %H:%M:%S}", event, reason, decided_by or "")
        for at, event, reason, decided_by in load(endpoints, secrets_dir).query(store.case_history, number)
    ]
    print_table(("at", "what", "reason", "by"), rows, nothing="no case has this number")


@case.command()
def resolve(
    number: NumberArgument,
    ssin: Annotated[str | None, typer.Option(help="NISS of the identified worker.")] = None,
    give_up: Annotated[
        bool, typer.Option("--give-up", help="End without a worker: refused with 90017-151.")
    ] = False,
    endpoints: EndpointsOption = ENDPOINTS,
    secrets_dir: SecretsOption = None,
) -> None:
    """End a case, with a worker or without one. Its history records your user name at the broker."""
    if (ssin is None) != give_up:
        raise typer.BadParameter("give either --ssin or --give-up")
    if parse_dimona_number(number) is None:
        raise typer.BadParameter("not a Dimona number")
    if ssin is not None and parse_ssin(ssin) is None:
        raise typer.BadParameter("not a NISS: a NISS has 11 digits, the last two of them check digits")
    operator = load(endpoints, secrets_dir)
    _check(operator, number, ssin)
    decision = CaseResolved(number=number, ssin=ssin, request=uuid4())
    publish(operator, [decision])
    state = asyncio.run(_ended(operator, number))
    if state is None:
        print(f"sent to identification for {number}, which has not closed the case yet: `dimona case list`")
        raise typer.Exit(1)
    print(f"the case of {number} is closed: {state}")


def _check(operator: Operator, number: int, ssin: str | None) -> None:
    """Raise typer.BadParameter if there is no open case, or if the register does not have the NISS."""
    row = operator.query(store.case_state, number, ssin)
    if row["state"] is None:
        raise typer.BadParameter(f"{number} has no case")
    if row["state"] != "open":
        raise typer.BadParameter(f"the case of {number} is closed already: {row['state']}")
    if ssin is not None and not row["known"]:
        raise typer.BadParameter("the register has no person with that NISS: `dimona register add` first")


async def _ended(operator: Operator, number: int) -> str | None:
    """Wait at most five seconds for the end of a case. Return its state, or None if it is still open."""
    async with operator.connected() as connection:
        for _ in range(_LOOKS):
            state: str = (await store.case_state(connection, number, None))["state"]
            if state != "open":
                return state
            await asyncio.sleep(_PAUSE)
    return None
