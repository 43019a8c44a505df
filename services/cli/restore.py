"""`dimona restore`: make a deployment usable after a restore of its database (ADR 38)."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from services.cli.topology import AccountsOption, put_in_place
from services.ledger.commands import (
    advance_sequences,
    allow_writes,
    begin_epoch,
    find_faults,
    find_known,
    is_closed,
    load_last_reception,
    load_obstacle,
    open_database,
    push_again,
)
from shared.envelope import declaration_number, unpack
from shared.runtime.browse import Found, browse, drain
from shared.runtime.database import Connection
from shared.runtime.operator import ENDPOINTS, EndpointsOption, Operator, SecretsOption, load
from shared.topology import CONSUMING, ENTERPRISES, QUEUES, REGISTER, parking_of

restore = typer.Typer(no_args_is_help=True, help="After a restore of the database to an earlier instant.")

_CONNECTION: Final = "cli.restore"
#: More than were given out in the time that a restore loses.
_MARGIN: Final = 1_000_000
#: Changes of registers that wait there are applied as the register numbers them, whatever the database knows.
_KEPT: Final = (REGISTER, ENTERPRISES)
_AT_ONCE: Final = 1000  #: numbers in one query
_LOOKS: Final = 25  #: attempts to find that writes are accepted
_PAUSE: Final = 0.2  #: seconds between two of them
_CLOSED: Final = (
    "the database refuses writes: as a superuser, ALTER SYSTEM RESET default_transaction_read_only;"
    " SELECT pg_reload_conf()"
)


@restore.command()
def finish(
    margin: Annotated[
        int, typer.Option(min=1, help="By how much each sequence moves ahead; more than the lost time used.")
    ] = _MARGIN,
    from_dump: Annotated[
        bool, typer.Option("--from-dump", help="The rows came by pg_restore into a new cluster.")
    ] = False,
    queues_lost_since: Annotated[
        datetime | None,
        typer.Option(
            help="The broker lost the queues of institutions: push the events since this instant (UTC) again."
        ),
    ] = None,
    accounts: AccountsOption = None,
    endpoints: EndpointsOption = ENDPOINTS,
    secrets_dir: SecretsOption = None,
) -> None:
    """Prepare a restored database and its broker for the services, which are stopped. Log in as the owner.

    It makes the topology, removes the messages between services, names the declarations in them that the
    database does not know, moves the sequences ahead, begins a new epoch of the feeds and checks the rights
    of the services. At the end it lets the database accept writes. It may run again. Exit code 1: correct
    what it prints, and run it again.
    """
    operator = load(endpoints, secrets_dir)
    since = None if queues_lost_since is None else queues_lost_since.replace(tzinfo=UTC)
    faults = put_in_place(operator, accounts)
    faults += asyncio.run(_finish(operator, margin, since, from_dump=from_dump))
    for line in faults:
        print(line)
    raise typer.Exit(bool(faults))


async def _finish(operator: Operator, margin: int, since: datetime | None, *, from_dump: bool) -> list[str]:
    """Finish the restore. Return a line for each fault that an operator has to correct."""
    async with operator.connected() as connection:
        if (obstacle := await load_obstacle(connection)) is not None:
            raise typer.BadParameter(obstacle)
        await allow_writes(connection)
        last = await load_last_reception(connection)
        print(f"last declaration of the database: {'none' if last is None else last.isoformat()}")
        removed = await _empty_queues(operator, connection)
        print(f"{removed} messages between services removed")
        async with connection.transaction():
            print(f"{await advance_sequences(connection, margin)} sequences moved ahead by {margin}")
            print(f"epoch {await begin_epoch(connection, from_dump=from_dump)}")
            if since is not None:
                await push_again(connection, since)
                print(f"institutions get the events since {since.isoformat()} again")
        faults = [f"{role}: {fault}" for role, fault in await find_faults(connection)]
        await open_database(connection)
    return [*faults, *([] if await _accepts_writes(operator) else [_CLOSED])]


async def _accepts_writes(operator: Operator) -> bool:
    """Return whether a new connection may write. The server reads its configuration after a moment."""
    for _ in range(_LOOKS):
        async with operator.connected() as connection:
            if not await is_closed(connection):
                return True
        await asyncio.sleep(_PAUSE)
    return False


async def _empty_queues(operator: Operator, connection: Connection) -> int:
    """Remove the messages between services, and print the unknown declarations in them. Return their number.

    `dimona reconcile` sends those again that the database lacks. Parked messages stay, except those about
    unknown declarations.
    """
    named: set[int] = set()

    async def name_unknown(found: Found) -> bool:
        unknown = await _unknown(connection, _numbers(found.body))
        for number in unknown:
            if number not in named:
                print(f"missing declaration {number}, in {found.queue}")
        named.update(unknown)
        return bool(unknown)

    vhost, url = operator.vhosts.internal, operator.need("amqp_url")
    queues = [queue.name for queue in QUEUES if not queue.public and queue not in _KEPT]
    removed = await drain(url, vhost, _CONNECTION, queues, name_unknown)
    parking = [parking_of(service) for service in CONSUMING]
    async with browse(url, vhost, _CONNECTION, parking) as parked:
        for found in parked:
            if await name_unknown(found):
                await found.remove()
                removed += 1
    return removed


def _numbers(body: bytes) -> list[int]:
    try:
        events = unpack(body)
    except ValueError:
        return []
    found = (declaration_number(event.document.get("data")) for event in events)
    return [number for number in found if number is not None]


async def _unknown(connection: Connection, numbers: Sequence[int]) -> list[int]:
    known = await find_known(connection, numbers) if numbers else set()
    return [number for number in dict.fromkeys(numbers) if number not in known]


@restore.command()
def missing(
    logs: Annotated[
        list[Path], typer.Argument(help="Log files of intake, JSON lines; `-` reads the standard input.")
    ],
    since: Annotated[
        datetime | None, typer.Option(help="Only declarations received since this instant (UTC).")
    ] = None,
    endpoints: EndpointsOption = ENDPOINTS,
    secrets_dir: SecretsOption = None,
) -> None:
    """Name the declarations that intake received and the database does not have: number and instant.

    Their senders have to send them again. A number that intake took for a transaction that failed is listed
    too; no sender got it.
    """
    operator = load(endpoints, secrets_dir)
    asyncio.run(_print_missing(operator, logs, None if since is None else since.replace(tzinfo=UTC)))


async def _print_missing(operator: Operator, logs: Sequence[Path], since: datetime | None) -> None:
    count = 0
    async with operator.connected() as connection:
        for page in _pages(_received(logs, since)):
            for number in await _unknown(connection, list(page)):
                print(f"{number}  {page[number]}")
                count += 1
    print(f"{count} declarations are missing", file=sys.stderr)


def _pages(rows: Iterator[tuple[int, str]]) -> Iterator[dict[int, str]]:
    page: dict[int, str] = {}
    for number, at in rows:
        page.setdefault(number, at)
        if len(page) == _AT_ONCE:
            yield page
            page = {}
    if page:
        yield page


def _received(logs: Sequence[Path], since: datetime | None) -> Iterator[tuple[int, str]]:
    """Yield number and instant of each declaration that the logs call received; skip other lines."""
    for path in logs:
        with sys.stdin if str(path) == "-" else path.open() as file:
            for line in file:
                row = _row(line)
                if row.get("event") != "received" or row.get("service") != "intake":
                    continue
                at = str(row.get("timestamp", ""))
                if since is None or datetime.fromisoformat(at) >= since:
                    yield from ((int(number), at) for number in row.get("declarations", ()))


def _row(line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
