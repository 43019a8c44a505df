"""`dimona reconcile`: send declarations on their way again that were between two services (ADR 38)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Final

import typer

from services.cli.lacking import make_messages
from services.ledger.commands import Lacking, handled_by, lacking, load_now, load_stages, load_unfinished
from shared.runtime.database import Connection
from shared.runtime.operator import ENDPOINTS, EndpointsOption, Operator, SecretsOption, load, print_table
from shared.runtime.resending import forget, send_again

_AT_ONCE: Final = 200  #: declarations in one transaction


@dataclass(slots=True)
class Reconciled:
    """The declarations that were sent on their way again, by the message that each lacked."""

    sent: dict[Lacking, list[int]] = field(default_factory=dict)
    reopened: list[int] = field(default_factory=list)  #: identifications that an agent has to decide again

    def add(self, lacks: Mapping[int, Lacking], reopened: Collection[int]) -> None:
        """Add the declarations of one transaction."""
        for number, what in lacks.items():
            if number not in reopened:
                self.sent.setdefault(what, []).append(number)
        self.reopened += reopened

    def document(self) -> dict[str, list[int]]:
        """Return the numbers by lacking message, as JSON has them."""
        return {**{str(what): numbers for what, numbers in self.sent.items()}, "reopened": self.reopened}


def reconcile(
    older: Annotated[
        int, typer.Option("--older-than", min=0, help="Seconds since reception or the final result.")
    ] = 30,
    dry: Annotated[bool, typer.Option("--dry-run", help="Show the declarations and send nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The numbers, as JSON.")] = False,
    endpoints: EndpointsOption = ENDPOINTS,
    secrets_dir: SecretsOption = None,
) -> None:
    """Send the message that each unfinished declaration lacks again, with its id. Log in as the owner.

    Services may run or not; they publish the messages. A message that is only slow is handled once: every
    service finds a repeat. Run it after a restore, and after the loss of queues.
    """
    operator = load(endpoints, secrets_dir)
    found = asyncio.run(reconcile_all(operator, timedelta(seconds=older), dry=dry))
    if as_json:
        print(json.dumps(found.document(), indent=1))
        return
    rows = [(str(what), str(len(numbers))) for what, numbers in sorted(found.sent.items())]
    print_table(
        ("would be sent again" if dry else "sent again", "declarations"), rows, nothing="nothing is lacking"
    )
    for number in found.reopened:
        print(f"the identification of {number} has to be decided again: dimona case show {number}")


async def reconcile_all(operator: Operator, age: timedelta, *, dry: bool) -> Reconciled:
    """Find the declarations that have not ended after this time, and send what each lacks again."""
    done = Reconciled()
    async with operator.connected() as connection:
        numbers = await load_unfinished(connection, age)
        for start in range(0, len(numbers), _AT_ONCE):
            async with connection.transaction():
                stages = await load_stages(connection, numbers[start : start + _AT_ONCE])
                lacks = {one.number: what for one in stages if (what := lacking(one)) is not None}
                done.add(lacks, [] if dry else await _send(connection, lacks))
    return done


async def _send(connection: Connection, lacks: Mapping[int, Lacking]) -> list[int]:
    """Send the lacking messages. Return the numbers of the identifications that were opened again."""
    messages, reopened = await make_messages(connection, lacks)
    await forget(connection, handled_by(lacks))
    await send_again(connection, messages, await load_now(connection))
    return reopened
