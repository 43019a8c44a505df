"""The API of intake on a real database, with a gateway and the phone of the bakery."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any, cast

import asyncpg
import pytest
from pydantic import SecretStr

from deploy.local.demo.telephone import Telephone
from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from services.intake.api import app
from services.intake.probing.rules import WorkerBound
from services.intake.settings import IntakeSettings
from shared.runtime.database import open_pool
from shared.runtime.stage import Gate, Stage
from shared.topology import Deployment
from tests.integration.phones.phoning import Line
from tests.integration.receiving import reception


@pytest.fixture(scope="session")
def endpoints(stack: Stack) -> Endpoints:
    """Yield a deployment of its own, with the demo data and no services."""
    return stack.provision(Deployment("phones"), "phones")


class _Table:
    """An outgoing table that keeps nothing: these tests are about what intake stores."""

    has_room = True
    batching: frozenset[str] = frozenset()

    async def write(self, _tx: object, _drafts: object) -> list[Any]:
        return []

    def offer(self, _rows: object) -> None: ...


@pytest.fixture
async def line(endpoints: Endpoints) -> AsyncIterator[Line]:
    """Provide a line without rows of earlier tests."""
    settings = IntakeSettings(
        database_dsn=SecretStr("x"), amqp_url=SecretStr("amqp://"), key=SecretStr(endpoints.key),
        phone_gateways=json.loads(endpoints.telephony.settings()),
    )  # fmt: skip
    owner = await asyncpg.connect(endpoints.superuser_dsn, server_settings={"search_path": "intake,platform"})
    await owner.execute("TRUNCATE phone_attempts, phone_results, declarations, commands, problems, results, "
                        "open, chains, organization_days, new_workers CASCADE")  # fmt: skip
    async with await open_pool(endpoints.dsns["intake"], "intake") as pool:
        table = cast("Any", _Table())
        stage = Stage("intake", endpoints.dsns["intake"], pool, table, table, {}, Gate())
        api = app(settings, reception(WorkerBound(2)).receive_requests, stage)
        telephone = Telephone(endpoints.document(), "city")
        yield Line(endpoints, api, pool, owner, settings, telephone)
    await owner.close()
