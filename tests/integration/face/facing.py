"""The REST API without a server, over a database connection that can break."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from deploy.local.deployment import Endpoints
from services.intake.dialogue.api import CONSULT, PATH
from services.intake.reception.api import DECLARE
from services.intake.reception.handler.receive import Reception
from shared.domain.declared import Declaration
from shared.runtime.commands import Command
from shared.runtime.database import Transaction
from shared.runtime.stage import Stage
from tests.asgi import Answer, call
from tests.days import today
from tests.tokens import bearer


@dataclass
class Table:
    """An outgoing table that stores nothing and runs the prepared fault of the test before the commit."""

    before_commit: Callable[[], Awaitable[None]] | None = None
    offered: list[object] = field(default_factory=list)
    has_room: bool = True
    batching: frozenset[str] = frozenset()

    async def write(self, *_: object) -> list[Any]:
        """Run the prepared fault as the last step of a transaction."""
        if self.before_commit is not None:
            await self.before_commit()
        return []

    def offer(self, rows: Any) -> None:
        """Store the committed rows instead of publishing them."""
        self.offered.append(rows)


@dataclass
class Face:
    """The REST API over a connection that can break, and a second connection that cannot."""

    endpoints: Endpoints
    stage: Stage
    table: Table
    view: asyncpg.Connection[asyncpg.Record]
    reception: Reception
    api: Any = None
    hanging: int = 0
    go: asyncio.Event | None = None

    def hang(self) -> asyncio.Event:
        """Let requests hang in their transaction from now on, until the event is set."""
        self.go = asyncio.Event()
        return self.go

    async def receive(self, tx: Transaction, commands: Sequence[Command[Declaration]]) -> Any:
        """Receive commands, after the event of `hang`, if there is one."""
        if self.go is not None:
            self.hanging += 1
            await self.go.wait()
        return await self.reception.receive_requests(tx, commands)

    def headers(self, role: str = "provider") -> Mapping[str, str]:
        """Return the token of the program in this role."""
        client = self.endpoints.data.client_of(role).client_id
        return bearer(self.endpoints, client, DECLARE, CONSULT, level=0)

    async def get(self, number: int, client: str = "provider") -> Answer:
        """Return the stored answer of a declaration."""
        return await call(self.api, "GET", f"{PATH}/{number}", self.headers(client))

    async def post(self, role: str = "orchard", client: str = "provider") -> Answer:
        """Build an IN of today for the employer in this role."""
        document = {
            "employer": {"enterpriseNumber": self.endpoints.data.organizations[role].enterprise_number},
            "worker": {"ssin": self.endpoints.data.workers[0]},
            "dimonaIn": {
                "startDate": str(today()),
                "features": {"jointCommissionNumber": "XXX", "workerType": "OTH"},
            },
        }
        return await call(self.api, "POST", PATH, self.headers(client), document)

    async def rows(self, table: str = "declarations") -> int:
        """Return the number of rows of a table of intake."""
        return int(await self.view.fetchval(f"SELECT count(*) FROM intake.{table}"))  # noqa: S608

    async def grows(self, before: int, table: str = "declarations") -> None:
        """Wait until a table has one more row."""
        async with asyncio.timeout(30):
            while await self.rows(table) != before + 1:  # noqa: ASYNC110 - another process commits
                await asyncio.sleep(0.01)
