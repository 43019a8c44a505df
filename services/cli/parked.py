"""`dimona parked`: look at messages that failed permanently, replay them, or discard their declarations."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

import typer

from services.cli.copies import Copy, copies
from services.identification.commands import has_open_case
from services.personnel_file.commands import settlement_state
from shared.messages import DeclarationDiscarded, ReceivedDeclaration
from shared.runtime.browse import browse
from shared.runtime.bursts import CARRIER_TYPE, EVENT_TYPE, Outgoing, Sent
from shared.runtime.looks import store_parked_look
from shared.runtime.operator import (
    ENDPOINTS,
    EndpointsOption,
    NotPublishedError,
    Operator,
    OptionalReasonOption,
    ReasonOption,
    SecretsOption,
    load,
    print_table,
    publish_messages,
    publishing,
)
from shared.runtime.publishing import Publisher
from shared.topology import CONSUMING, FACING_CLIENTS, Queue, parking_of

parked = typer.Typer(no_args_is_help=True, help="Messages that failed for good and wait for a person.")

IdArgument = Annotated[
    str, typer.Argument(metavar="ID", help="The id, or its beginning, as in `dimona parked list`.")
]
ServiceOption = Annotated[str | None, typer.Option(help="Only what this service parked.")]
JsonOption = Annotated[bool, typer.Option("--json", help="As JSON, for programs.")]


@dataclass(frozen=True, slots=True)
class ParkedMessages:
    """The parked messages, hidden from other readers while they are open here."""

    copies: Sequence[Copy]

    def one(self, id_: str) -> Copy:
        """Return the only message with an id that begins with `id_`.

        Raise typer.BadParameter if no message or several messages have this beginning.
        """
        meant = [copy for copy in self.copies if copy.id.startswith(id_)]
        if len(meant) != 1:
            raise typer.BadParameter(f"{len(meant) or 'no'} parked messages have an id with this beginning")
        return meant[0]


@asynccontextmanager
async def opened(operator: Operator, service: str | None = None) -> AsyncIterator[ParkedMessages]:
    """Open the parking queues of both vhosts. Messages that are not removed go back at the end.

    With `service`, open only its parking queues. Raise typer.BadParameter for an unknown service.
    """
    if service is not None and service not in CONSUMING:
        raise typer.BadParameter(f"no service {service}: {', '.join(CONSUMING)}")
    vhosts, amqp_url = operator.vhosts, operator.need("amqp_url")
    services = CONSUMING if service is None else (service,)
    inside = [parking_of(name) for name in services]
    outside = [parking_of(name) for name in services if name in FACING_CLIENTS]
    async with AsyncExitStack() as stack:
        found = await stack.enter_async_context(browse(amqp_url, vhosts.internal, "cli.parked", inside))
        parked_copies = copies(found, public=False)
        if outside:
            found = await stack.enter_async_context(browse(amqp_url, vhosts.public, "cli.parked", outside))
            parked_copies += copies(found, public=True)
        yield ParkedMessages(parked_copies)


@parked.command("list")
def list_parked(
    service: ServiceOption = None,
    as_json: JsonOption = False,
    endpoints: EndpointsOption = ENDPOINTS,
    secrets_dir: SecretsOption = None,
) -> None:
    """List the parked messages in order of parking, without personal data."""
    rows = asyncio.run(_listed(load(endpoints, secrets_dir), service))
    if as_json:
        print(json.dumps([row.summary() for row in rows], indent=1))
        return
    columns = ("id", "type", "from", "reason", "age", "declaration")
    print_table(columns, [_cells(row) for row in rows], nothing="nothing is parked", width=150)


def _cells(row: Copy) -> Sequence[str]:
    types = ", ".join(type_.removeprefix("be.nsso.dimona.v1.") for type_ in row.types)
    origin = row.origin.name.removeprefix("dimona.") if row.origin else "?"
    return row.id[:13], types, origin, row.reason, _age(row.parked_at), ", ".join(map(str, row.numbers))


async def _listed(operator: Operator, service: str | None) -> Sequence[Copy]:
    async with opened(operator, service) as messages:
        return messages.copies


@parked.command()
def show(
    id_: IdArgument,
    personal: Annotated[
        bool, typer.Option("--with-personal-data", help="Whole, personal data included.")
    ] = False,
    reason: OptionalReasonOption = None,
    endpoints: EndpointsOption = ENDPOINTS,
    secrets_dir: SecretsOption = None,
) -> None:
    """Show one parked message. Personal data are hidden unless --with-personal-data is given.

    With personal data a reason is required. Your login at the database, the id of the message, the instant
    and the reason are kept in platform.looks before anything is shown, with keyed codes of the persons in the
    message. These persons see this look.
    """
    if personal and reason is None:
        raise typer.BadParameter("--with-personal-data needs --reason")
    operator = load(endpoints, secrets_dir)
    copy = asyncio.run(_one(operator, id_))
    if personal and reason is not None:
        operator.query(store_parked_look, "parked show", copy.id, reason, copy.ssins)
        typer.echo("This shows personal data: use it for this message only, and keep no copy.", err=True)
    print(json.dumps(copy.shown(personal=personal), indent=1, ensure_ascii=False))


async def _one(operator: Operator, id_: str) -> Copy:
    async with opened(operator) as messages:
        return messages.one(id_)


@parked.command()
def replay(
    id_: IdArgument = "",
    everything: Annotated[
        bool, typer.Option("--all", help="All parked messages, or all of --service.")
    ] = False,
    service: ServiceOption = None,
    endpoints: EndpointsOption = ENDPOINTS,
    secrets_dir: SecretsOption = None,
) -> None:
    """Put parked messages back into the queue they came from, with their ids, to be handled again.

    The parked copy is removed only after the broker has confirmed the new one. Correct the cause first:
    a message that fails again is parked again.
    """
    if bool(id_) == everything:
        raise typer.BadParameter("give either an id or --all")
    failed = asyncio.run(_replay(load(endpoints, secrets_dir), id_, service))
    raise typer.Exit(bool(failed))


async def _replay(operator: Operator, id_: str, service: str | None) -> int:
    failed = 0
    async with AsyncExitStack() as stack:
        messages = await stack.enter_async_context(opened(operator, service))
        chosen = [messages.one(id_)] if id_ else messages.copies
        publishers: dict[str, Publisher] = {}
        for copy in chosen:
            try:
                queue = _origin(copy)
                vhost = operator.vhosts.public if queue.public else operator.vhosts.internal
                if vhost not in publishers:
                    publishers[vhost] = await stack.enter_async_context(publishing(operator, vhost))
                await _publish(publishers[vhost], _replayed(copy, queue))
            except NotPublishedError as error:
                failed += 1
                typer.echo(f"{copy.id} stays parked: {error}", err=True)
                continue
            for found in copy.found:
                await found.remove()
            print(f"{copy.id} is in {queue.name} again")
    print(f"{len(chosen) - failed} of {len(chosen)} replayed")
    return failed


async def _publish(publisher: Publisher, message: Outgoing) -> None:
    (outcome,) = await publisher.publish_all([message])
    if outcome is Sent.DISCONNECTED:
        raise NotPublishedError("the broker closed the channel: only the account `operator` may replay")
    if outcome is not Sent.CONFIRMED:
        raise NotPublishedError(f"the broker did not take it ({outcome})")


def _origin(copy: Copy) -> Queue:
    if (queue := copy.origin) is None:
        raise NotPublishedError("its queue of origin is unknown")
    if queue.public and not copy.sender:
        raise NotPublishedError("its sender is unknown; intake would move it to dimona.unidentified")
    return queue


def _replayed(copy: Copy, queue: Queue) -> Outgoing:
    """Return the message that publishes a parked message again, only to the queue where it failed.

    Other queues that get its event do not get it a second time. A message of an integrator or of an operator
    carries the sender that the broker verified. To publish it for another sender, the account needs the tag
    `impersonator`.
    """
    content_type = EVENT_TYPE if queue.public else CARRIER_TYPE
    user = copy.sender or None
    return Outgoing(copy.id, "", queue.name, copy.types[0], copy.body, content_type, user_id=user)


@parked.command()
def discard(
    id_: IdArgument,
    reason: ReasonOption,
    endpoints: EndpointsOption = ENDPOINTS,
    secrets_dir: SecretsOption = None,
) -> None:
    """Discard a declaration: it is refused with 90059-163 as soon as the declaration before it is final.

    The refusal is permanent. Your account at the broker, the instant and the reason are kept in
    personnel_file.discards.
    """
    operator = load(endpoints, secrets_dir)
    number = asyncio.run(_discard(operator, id_, reason))
    print(f"declaration {number} ends with B 90059-163 as soon as the one before it is final")


async def _discard(operator: Operator, id_: str, reason: str) -> int:
    async with opened(operator) as messages:
        copy = messages.one(id_)
        declaration = copy.awaiting
        if declaration is None:
            raise typer.BadParameter(_not_discardable(copy))
        now = await _undecided(operator, declaration)
        message = DeclarationDiscarded(declaration=declaration, discarded_at=now, reason=reason)
        await publish_messages(operator, [message])
        for found in copy.found:
            await found.remove()
        return declaration.number


def _not_discardable(copy: Copy) -> str:
    if len(copy.events) > 1:
        return "it holds several events: replay it, and what fails again is parked one by one"
    return (
        "no readable declaration waits for its final because of this: replay it "
        "(discard is for declarations, changes and ended identifications on their way to the personnel file)"
    )


async def _undecided(operator: Operator, declaration: ReceivedDeclaration) -> datetime:
    """Return the present instant, if the declaration may be discarded.

    Raise typer.BadParameter if it has a final result, waits for an earlier declaration, or has an open case.
    """
    async with operator.connected() as connection:
        row = await settlement_state(connection, declaration.number)
        in_case = await has_open_case(connection, declaration.number)
    if row["result"] is not None:
        raise typer.BadParameter(
            f"{declaration.number} has its final, {row['result']}: replay it, nothing happens"
        )
    if row["previous"] is not None:
        raise typer.BadParameter(
            f"{declaration.number} is on its way and waits for {row['previous']}: replay it"
        )
    if in_case:
        raise typer.BadParameter(
            f"{declaration.number} has an open case: `dimona case resolve`, then replay it"
        )
    now: datetime = row["now"]
    return now


def _age(since: datetime | None) -> str:
    if since is None:
        return "?"
    aware = since if since.tzinfo else since.replace(tzinfo=UTC)
    minutes = int((datetime.now(UTC) - aware).total_seconds() // 60)
    days, hours = divmod(minutes // 60, 24)
    return f"{days} d {hours} h" if days else f"{hours} h {minutes % 60} min"
