"""`dimona disclosures`: check the log of the events that institutions got, and list its rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated

import typer

from services.feed.disclosure import handler, store
from services.feed.disclosure.rules import Break, Head, Row
from shared.domain.calendar import BRUSSELS
from shared.runtime.database import Connection
from shared.runtime.operator import ENDPOINTS, EndpointsOption, SecretsOption, load, print_table

disclosures = typer.Typer(no_args_is_help=True, help="The log of the events that institutions got.")

_MOST = 1000  #: rows that `show` lists


@disclosures.command()
def verify(
    institution: Annotated[str | None, typer.Option(help="Only the chain of this institution.")] = None,
    endpoints: EndpointsOption = ENDPOINTS,
    secrets_dir: SecretsOption = None,
) -> None:
    """Check every row of the log and every anchor. Exit with 1 if a row was changed, removed or moved."""
    checked = load(endpoints, secrets_dir).query(_check, institution)
    for institution_id, head, found in checked:
        print(f"{institution_id}: {head.seq} row(s), last hash {head.hash.hex()}")
        for each in found:
            print(f"{institution_id}: row {each.seq}: {each.fault}")
    faults = sum(len(found) for _, _, found in checked)
    print(f"{faults} fault(s)")
    raise typer.Exit(bool(faults))


async def _check(
    connection: Connection, institution: str | None
) -> Sequence[tuple[str, Head, Sequence[Break]]]:
    institutions = [institution] if institution else await store.load_institutions(connection)
    return [(each, *await handler.check_chain(connection, each, whole=True)) for each in institutions]


@disclosures.command()
def show(
    institution: Annotated[str, typer.Argument(help="Id of the institution.")],
    day: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Belgian day.")],
    endpoints: EndpointsOption = ENDPOINTS,
    secrets_dir: SecretsOption = None,
) -> None:
    """List the pages and batches of an institution on a day: way, authorization, number of events."""
    begin = day.replace(tzinfo=BRUSSELS)
    end = (day + timedelta(1)).replace(tzinfo=BRUSSELS)
    rows = load(endpoints, secrets_dir).query(store.load_between, institution, begin, end, 0, _MOST)
    columns = ("row", "at", "way", "authorization", "events", "digest")
    print_table(columns, [_cells(row) for row in rows], nothing="nothing was sent", width=150)
    if len(rows) == _MOST:
        print(f"only the first {_MOST} rows")


def _cells(row: Row) -> Sequence[str]:
    entry = row.entry
    at = f"{entry.disclosed_at.astimezone(BRUSSELS):%H:%M:%S.%f}"
    authorization = f"{entry.authorization_id} v{entry.version}"
    return str(row.seq), at, entry.way, authorization, str(len(entry.events)), entry.digest.hex()[:16]
