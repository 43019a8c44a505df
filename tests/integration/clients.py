"""Clients for tests against running services: an integrator by its role, and its declarations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from deploy.local.demo.integrator import PROBLEM, REPLY, Command, Event, Integrator
from deploy.local.demo.people import DemoPerson
from deploy.local.deployment import Endpoints

OTHER = {"jointCommissionNumber": "XXX", "workerType": "OTH"}
PATIENCE = 30.0  #: seconds that an answer may take on a machine that does much else


def integrator(endpoints: Endpoints, role: str = "bakery") -> Integrator:
    """Return the program of the organization in this role, as a context manager."""
    client = endpoints.data.client_of(role)
    url = endpoints.amqp_url(f"client:{client.client_id}", endpoints.deployment.public)
    return Integrator(url, client.client_id, client.organization)


def engage(
    endpoints: Endpoints,
    worker: DemoPerson | Mapping[str, Any],
    start: int = 0,
    end: int | None = None,
    role: str = "bakery",
    **more: Any,
) -> dict[str, Any]:
    """Build an IN for the employer in this role; days are counted from today."""
    today = endpoints.data.today
    block: dict[str, Any] = {"startDate": str(today + timedelta(start)), "features": OTHER, **more}
    if end is not None:
        block["endDate"] = str(today + timedelta(end))
    return {
        "employer": {"enterpriseNumber": endpoints.data.organizations[role].enterprise_number},
        "worker": {"ssin": worker.ssin} if isinstance(worker, DemoPerson) else dict(worker),
        "dimonaIn": block,
    }


async def ends(client: Integrator, commands: Sequence[Command], *types: str) -> list[Event]:
    """Return the final reply or problem of each command. Raise TimeoutError."""
    wanted = types or (REPLY, PROBLEM)
    if not await client.until(lambda: all(client.reply(command, *wanted) for command in commands), PATIENCE):
        missing = sum(1 for command in commands if not client.reply(command, *wanted))
        raise TimeoutError(f"{missing} of {len(commands)} commands are not answered")
    return [event for command in commands if (event := client.reply(command, *wanted)) is not None]


async def declare(client: Integrator, *declarations: dict[str, Any]) -> list[Event]:
    """Send declarations back to back, and wait for the final reply of each."""
    commands = [client.command(declaration) for declaration in declarations]
    for command in commands:
        await client.send(command)
    return await ends(client, commands)


def result(event: Event) -> str:
    """Return the result letter in a final reply."""
    return str(event.data["declarationStatus"]["result"])


def errors(event: Event) -> set[str]:
    """Return the error ids in a final reply."""
    return {anomaly["errorId"] for anomaly in event.data["declarationStatus"].get("anomalies", ())}
