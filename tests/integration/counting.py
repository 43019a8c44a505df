"""The steps of all services on one database, with the statements that each sends."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from importlib import import_module
from types import SimpleNamespace
from typing import Any, cast
from uuid import uuid4

import asyncpg

from deploy.local.deployment import Endpoints
from shared.domain.declared import Declaration
from shared.messages import Channel
from shared.problems import problem
from shared.runtime.commands import Command
from shared.runtime.consumer import Consumer, _Work
from shared.runtime.outgoing import OutgoingTable
from shared.runtime.settings import Settings
from shared.runtime.stage import Gate, Stage
from shared.runtime.step import Effect, Item, Step
from shared.runtime.tables import DELIVERIES, OUTBOX
from shared.topology import SERVICES
from tests.days import today
from tests.statements import statements

OTHER = {"jointCommissionNumber": "XXX", "workerType": "OTH"}


class _OneConnection:
    """A pool of one connection, which counts its statements."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Any]:
        yield self._connection


class Counted:
    """The steps of all services on one database, and the longest list of statements of each."""

    def __init__(self, endpoints: Endpoints) -> None:
        self.endpoints, self.data = endpoints, endpoints.data
        self.sent: dict[tuple[str, str], list[str]] = {}
        self._connections: dict[str, Any] = {}
        self.steps: dict[tuple[str, str], Step[Any]] = {}

    async def connect(self) -> None:
        """Connect each service with its own role, and assemble its steps."""
        for service in SERVICES:
            dsn = self.endpoints.dsns[service]
            self._connections[service] = await asyncpg.connect(
                dsn, server_settings={"search_path": f"{service},platform"}
            )
            model = settings_of(service)
            values: dict[str, Any] = {
                "database_dsn": dsn, "amqp_url": "amqp://", "key": "ab" * 32,
                "token_key": self.endpoints.token_key,
            }  # fmt: skip
            settings = model(**{name: value for name, value in values.items() if name in model.model_fields})
            for step in import_module(f"services.{service}.service").service(settings).steps:
                self.steps[service, step.name] = step

    async def run(self, service: str, name: str, values: Sequence[object]) -> list[Effect]:
        """Run one batch of a step as the consumer does; return its effects."""
        step, connection = self.steps[service, name], self._connections[service]
        pool = cast("Any", _OneConnection(connection))
        tables = [OutgoingTable(table, pool, cast("Any", None)) for table in (OUTBOX, DELIVERIES)]
        stage = Stage(service, "", pool, tables[0], tables[1], {}, Gate())
        settings = SimpleNamespace(hold_ceiling=1.0)
        consumer = Consumer(step, cast("Any", SimpleNamespace()), stage, cast("Any", settings))
        work = [_Work(Item(uuid4(), value), cast("Any", None)) for value in values]
        with statements(connection) as sent:
            async with consumer._begun(work) as (tx, fresh):
                assert len(fresh) == len(values)
                effects = list(await step.handle(tx, values))
                await stage.write(tx, effects)
        if len(sent) > len(self.sent.get((service, name), ())):
            self.sent[service, name] = sent
        return effects

    async def close(self) -> None:
        for connection in self._connections.values():
            await connection.close()

    def command(self, data: Any, client: str | None = None, **changed: Any) -> Command[Any]:
        """Return a command of a client on the queue; `data` None gives an unreadable one."""
        id_ = str(uuid4())
        values: dict[str, Any] = {
            "client_id": client or self.data.client_of("nursery").client_id,
            "message_id": id_, "message_source": "/test", "channel": Channel.QUEUE,
            "body_sha256": id_.encode(), "data": data,
            "problem": problem("badRequest", "-") if data is None else None,
            "stamp": None, "waited": True, "came": time.monotonic(),
        }  # fmt: skip
        return Command(**{**values, **changed})

    def engagement(self, worker: Mapping[str, Any], role: str = "nursery") -> Declaration:
        """Return an IN of today for the employer in this role."""
        return Declaration.model_validate(
            {
                "employer": {"enterpriseNumber": self.data.organizations[role].enterprise_number},
                "worker": worker,
                "dimonaIn": {"startDate": str(today()), "features": OTHER},
            }
        )


def settings_of(service: str) -> type[Settings]:
    """Return the class of the settings of a service."""
    module = import_module(f"services.{service}.__main__")
    return next(
        value for value in vars(module).values() if isinstance(value, type) and issubclass(value, Settings)
    )
