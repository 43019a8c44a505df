"""`dimona status`: the state of a deployment on one screen, and the next step for each fault."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any, Final

import typer

from services.ledger.commands import Reading, check, load_figures, needs_action
from shared.runtime.browse import measure
from shared.runtime.operator import ENDPOINTS, EndpointsOption, Operator, SecretsOption, load, print_table
from shared.topology import CONSUMING, FACING_CLIENTS, QUEUES, SERVICES, parking_of

_CONNECTION: Final = "cli.status"
#: The processes that ask the database every few seconds. The ledger and the portal may have no connection.
_CONNECTED: Final = (*SERVICES, "provisioner")


def status(
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    endpoints: EndpointsOption = ENDPOINTS,
    secrets_dir: SecretsOption = None,
) -> None:
    """Check the whole deployment: processes, broker, queues, open declarations, institutions.

    It reads the database and the broker, and shows no personal data. The exit code is 1 if an operator has to
    act.
    """
    reading = asyncio.run(_read(load(endpoints, secrets_dir)))
    checks = check(reading, _CONNECTED)
    if as_json:
        print(json.dumps([asdict(one) for one in checks], indent=1))
    else:
        rows = [(one.name, one.state, one.value, one.next_step) for one in checks]
        print_table(("check", "state", "value", "next step"), rows, nothing="", width=150)
    raise typer.Exit(needs_action(checks))


async def _read(operator: Operator) -> Reading:
    async with operator.connected() as connection:
        figures = await load_figures(connection)
    return Reading(**asdict(figures), **await _read_broker(operator))


async def _read_broker(operator: Operator) -> Mapping[str, Any]:
    """Return the figures of `Reading` that come from the broker."""
    vhosts, url = operator.vhosts, operator.need("amqp_url")
    outside = [queue.name for queue in QUEUES if queue.public]
    inside = [queue.name for queue in QUEUES if not queue.public]
    parked_outside = [parking_of(name) for name in FACING_CLIENTS]
    parked_inside = [parking_of(name) for name in CONSUMING]
    try:
        public = await measure(url, vhosts.public, _CONNECTION, [*outside, *parked_outside])
        internal = await measure(url, vhosts.internal, _CONNECTION, [*inside, *parked_inside])
    except ConnectionError:
        return {"waiting": None, "unserved": (), "parked": {}}
    depths = {name: public[name] for name in outside} | {name: internal[name] for name in inside}
    parked = {f"{name} of {vhosts.public}": public[name].messages for name in parked_outside}
    parked |= {f"{name} of {vhosts.internal}": internal[name].messages for name in parked_inside}
    return {
        "waiting": {name: depth.messages for name, depth in depths.items()},
        "unserved": [name for name, depth in depths.items() if not depth.consumers],
        "parked": parked,
    }
