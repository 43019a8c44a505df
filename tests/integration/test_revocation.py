"""A mandate is revoked while a declaration is received: all orders of the two transactions (threat T5)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from itertools import permutations
from typing import Any

import pytest
import pytest_asyncio

from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from services.access.fields import MandateStatus
from services.access.locks import lock
from services.access.mandates.store import mandates
from shared.messages import Channel
from shared.runtime.database import Connection, Transaction, connect
from shared.topology import Deployment
from tests.integration.receiving import OTHER, command, engage, reception, said

pytestmark = pytest.mark.stack

#: Each transaction has two steps: R decides about the declaration, V ends the mandate; then each commits.
ORDERS = sorted({"".join(order) for order in permutations("RRVV")})
EMPLOYER = "orchard"
_SECONDS = 10.0  #: for one step: no transaction waits for the other
_MANDATE = (
    "SELECT mandate_id FROM access.mandate WHERE mandator = $1 AND mandatary = $2 AND status = 'active'"
)
_RENEW = "UPDATE access.mandate SET status = 'active', ended_at = NULL WHERE mandate_id = $1"
_NOW = "SELECT platform.now()"


@dataclass
class Race:
    """The connections of the two services, and of an observer."""

    endpoints: Endpoints
    intake: Connection
    access: Connection
    owner: Connection

    async def run(self, order: str, *, early_snapshot: bool = False) -> str | None:
        """Run the four steps in an order; return the fault, or None.

        With `early_snapshot` (the planted fault) the reception sees the mandates of its beginning, as with
        a copy of them in memory.
        """
        parties = [
            self.endpoints.data.organizations[role].enterprise_number for role in (EMPLOYER, "provider")
        ]
        mandate = await self.owner.fetchval(_MANDATE, *parties)
        receiving = self.intake.transaction(
            isolation="repeatable_read" if early_snapshot else "read_committed"
        )
        revoking = self.access.transaction()
        outcome, began, revoked = list[str](), list[datetime](), list[datetime]()

        async def decide() -> None:
            tx = Transaction(self.intake, await self.intake.fetchval(_NOW))
            sent = command(self.endpoints, Channel.QUEUE, engage(self.endpoints, EMPLOYER, OTHER))
            outcome.extend(said(list(await reception().receive(tx, [sent]))))
            began.append(tx.now)

        async def end() -> None:
            tx = Transaction(self.access, await self.access.fetchval(_NOW))
            await lock(tx, parties)
            await mandates.end(tx, mandate, MandateStatus.CLOSED)

        async def commit_revocation() -> None:
            await revoking.commit()
            revoked.append(await self.owner.fetchval(_NOW))

        steps: dict[str, list[Callable[[], Awaitable[Any]]]] = {
            "R": [decide, receiving.commit],
            "V": [end, commit_revocation],
        }
        await receiving.start()
        await revoking.start()
        if early_snapshot:
            await self.intake.fetchval("SELECT 1 FROM access.mandates LIMIT 1")
        for letter in order:
            async with asyncio.timeout(_SECONDS):
                await steps[letter].pop(0)()
        await self.owner.execute(_RENEW, mandate)
        return fault_of(outcome, received_at=began[0], revoked_at=revoked[0])


def fault_of(outcome: list[str], received_at: datetime, revoked_at: datetime) -> str | None:
    """Return the fault of the answer to a declaration: the mandate counts at the instant of reception."""
    late = received_at > revoked_at
    wanted = ["90256-155"] if late else [""]
    return None if outcome == wanted else f"{'after' if late else 'before'} the revocation: {outcome}"


@pytest_asyncio.fixture
async def race(stack: Stack) -> AsyncIterator[Race]:
    """Yield connections to a deployment without services."""
    endpoints = stack.provision(Deployment("revocation"), "revocation")
    async with AsyncExitStack() as open_:
        found = []
        for dsn in (endpoints.dsns["intake"], endpoints.dsns["access"], endpoints.postgres_dsn):
            found.append(connection := await connect(dsn))
            open_.push_async_callback(connection.close)
        await found[0].execute("SET search_path TO intake, platform")
        yield Race(endpoints, *found)


async def test_each_order_of_reception_and_revocation_is_right(race: Race) -> None:
    """No declaration is admitted after the commit of the revocation, and each earlier one is (rule R41).

    Control: with the mandates of an earlier snapshot, the declarations after the revocation are found.
    """
    assert len(ORDERS) == 6
    assert {order: await race.run(order) for order in ORDERS} == dict.fromkeys(ORDERS)
    faults = {order for order in ORDERS if await race.run(order, early_snapshot=True)}
    assert faults == {"VVRR"}
