"""`dimona retention`: terms after which rows are removed, and holds that stop it (ADR 31)."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from shared.domain.identifiers import parse_ssin
from shared.runtime import retention as store
from shared.runtime.operator import (
    ENDPOINTS,
    EndpointsOption,
    ReasonOption,
    SecretsOption,
    load,
    print_table,
)

retention = typer.Typer(no_args_is_help=True, help="Removal of rows past their term, and holds.")

TableArgument = Annotated[str, typer.Argument(help="Schema and table, such as intake.declarations.")]


@retention.command()
def show(endpoints: EndpointsOption = ENDPOINTS, secrets_dir: SecretsOption = None) -> None:
    """Show the terms, the holds that count, and the number of removed rows by table."""
    found = load(endpoints, secrets_dir).query(store.load_retention)
    terms = [(row["target"], _days(row["keep"]), row["source"]) for row in found.terms]
    print_table(("table", "kept for", "source"), terms, nothing="no term: all rows are kept", width=120)
    holds = [
        (
            str(row["hold_id"]),
            row["table_name"] or "a person",
            row["held_by"],
            f"{row['held_at']:%Y-%m-%d}",
            row["reason"],
        )
        for row in found.holds
    ]
    print_table(("hold", "keeps", "by", "since", "reason"), holds, nothing="nothing is on hold", width=120)
    removed = [(row["target"], str(row["removed"]), f"{row['latest']:%Y-%m-%d}") for row in found.removals]
    print_table(("table", "removed", "last"), removed, nothing="nothing was removed", width=120)


def _days(keep: timedelta) -> str:
    return f"{keep.days} days" if keep else "its own expiry"


@retention.command()
def term(
    table: TableArgument,
    reason: ReasonOption,
    days: Annotated[
        int | None, typer.Option(min=1, help="Days for which an ended row is kept; without it: all are kept.")
    ] = None,
    endpoints: EndpointsOption = ENDPOINTS,
    secrets_dir: SecretsOption = None,
) -> None:
    """Set the term of a table, or end it. --reason names the law or decision, and is its published source.

    A table that records looks at personal data gets no term here: only the owner of the database may set one.
    Your login at the database, the instant and the reason are kept in platform.operator_log.
    """
    keep = None if days is None else timedelta(days=days)
    if not load(endpoints, secrets_dir).query(store.set_term, table, keep, reason):
        raise typer.BadParameter(
            f"{table} gets no term. docs/operations.md lists the tables with terms; records of looks at"
            " personal data are not among them"
        )
    print(f"{table}: all rows are kept" if days is None else f"{table}: ended rows are kept for {days} days")


@retention.command()
def hold(
    reason: ReasonOption,
    table: Annotated[str | None, typer.Option(help="Keep all rows of this table.")] = None,
    person: Annotated[
        bool, typer.Option("--person", help="Keep the rows of a person, whose NISS is read from the input.")
    ] = False,
    endpoints: EndpointsOption = ENDPOINTS,
    secrets_dir: SecretsOption = None,
) -> None:
    """Keep rows although their term is over, until the hold is released.

    Only a code of the NISS is stored. Your login at the database, the instant and the reason are kept in
    platform.operator_log.
    """
    if (table is None) != person:
        raise typer.BadParameter("give either --table or --person")
    ssin = parse_ssin(typer.prompt("NISS", hide_input=True)) if person else None
    if person and ssin is None:
        raise typer.BadParameter("that is no NISS")
    number = load(endpoints, secrets_dir).query(store.hold, table, ssin, reason=reason)
    print(f"hold {number} keeps {table or 'the rows of this person'}")


@retention.command()
def release(
    number: Annotated[int, typer.Argument(help="The number of the hold, as in `dimona retention show`.")],
    reason: ReasonOption,
    endpoints: EndpointsOption = ENDPOINTS,
    secrets_dir: SecretsOption = None,
) -> None:
    """End a hold. Rows past their term are then removed."""
    if not load(endpoints, secrets_dir).query(store.release, number, reason=reason):
        raise typer.BadParameter(f"there is no hold {number}")
    print(f"hold {number} is released")
