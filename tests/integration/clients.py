"""Clients for tests against running services: an integrator by its role, and its declarations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import timedelta
from itertools import islice
from typing import Any, Final

from deploy.local.demo.people import DemoPerson
from deploy.local.deployment import Endpoints
from tests.days import today
from tests.foreign.events import Event
from tests.foreign.integrator import Integrator

OTHER = {"jointCommissionNumber": "XXX", "workerType": "OTH"}
#: People from here on are named by their place in tests of the portal.
_NAMED: Final = 280
_USED: Final = defaultdict[str, set[str]](set)  #: NISS of the people in use, by deployment


def unused(
    endpoints: Endpoints, count: int, fits: Callable[[DemoPerson], bool] = lambda _: True
) -> list[DemoPerson]:
    """Return people that no other test of this deployment uses. Raise AssertionError if there are too few.

    Tests of many modules share a deployment. If each chose places by hand, two could choose one person.
    """
    used = _USED[endpoints.postgres_dsn]
    free = (person for person in endpoints.data.people[:_NAMED] if person.ssin not in used and fits(person))
    found = list(islice(free, count))
    assert len(found) == count, "the demo data has too few people for these tests"
    used.update(person.ssin for person in found)
    return found


def integrator(endpoints: Endpoints, role: str = "bakery") -> Integrator:
    """Return the program of the organization in this role, as a context manager."""
    client = endpoints.data.client_of(role)
    url = endpoints.amqp_url(f"client:{client.client_id}", endpoints.deployment.public)
    return Integrator(url, client.client_id)


def engage(
    endpoints: Endpoints,
    worker: DemoPerson | Mapping[str, Any],
    start: int = 0,
    end: int | None = None,
    role: str = "bakery",
    **more: Any,
) -> dict[str, Any]:
    """Build an IN for the employer in this role; days are counted from today."""
    first = today()
    block: dict[str, Any] = {"startDate": str(first + timedelta(start)), "features": OTHER, **more}
    if end is not None:
        block["endDate"] = str(first + timedelta(end))
    return {
        "employer": {"enterpriseNumber": endpoints.data.organizations[role].enterprise_number},
        "worker": {"ssin": worker.ssin} if isinstance(worker, DemoPerson) else dict(worker),
        "dimonaIn": block,
    }


async def declare(client: Integrator, *declarations: dict[str, Any]) -> list[Event]:
    """Send declarations back to back, and return the final reply or problem of each."""
    return await client.ends([await client.declare(declaration) for declaration in declarations])


def result(event: Event) -> str:
    """Return the result letter in a final reply."""
    return str(event.data["declarationStatus"]["result"])


def errors(event: Event) -> set[str]:
    """Return the error ids in a final reply."""
    return {anomaly["errorId"] for anomaly in event.data["declarationStatus"].get("anomalies", ())}
