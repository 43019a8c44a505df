"""A deployment for the face, and the way to its database."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any, cast

import asyncpg
import pytest
from joserfc.jwk import ECKey
from pydantic import SecretStr

from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from services.intake.api import app
from services.intake.outages.handler import Heartbeat
from services.intake.reception.handler.receive import Reception
from services.intake.settings import IntakeSettings
from shared.domain.calendar import SATURDAY_AND_SUNDAY
from shared.runtime import database as database_module
from shared.runtime.database import open_pool
from shared.runtime.outgoing import OutgoingTable
from shared.runtime.stage import Gate, Stage
from shared.runtime.tokens import Verifier
from shared.topology import Deployment
from tests.fault_proxy import FaultProxy, fault_proxy
from tests.integration.face.facing import Face, Table


@pytest.fixture(scope="session")
def endpoints(stack: Stack) -> Endpoints:
    """Provide a deployment of its own, with the demo data and without services."""
    return stack.provision(Deployment("face"), "face")


@pytest.fixture
async def proxy(stack: Stack) -> AsyncIterator[FaultProxy]:
    """Run a proxy before PostgreSQL."""
    async with fault_proxy(stack.postgres.port) as proxy:
        yield proxy


@pytest.fixture
async def face(
    endpoints: Endpoints, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Face]:
    """Provide the API of a reception with numbers of its own."""
    key = ECKey.import_key(json.loads(endpoints.token_key))

    async def keys(_url: str) -> Mapping[str, Any]:
        return {"keys": [{**key.as_dict(private=False), "kid": key.thumbprint()}]}

    verifier = Verifier(endpoints.api_url("access"), f"urn:{endpoints.deployment.name}", "", fetch=keys)
    monkeypatch.setattr(Verifier, "of", lambda _settings: verifier)
    dsn, table = proxy.url(endpoints.dsns["intake"]), Table()
    secret = SecretStr("ab" * 32)
    settings = IntakeSettings(database_dsn=SecretStr(dsn), amqp_url=SecretStr("amqp://"), key=secret)
    reception = Reception(settings.secret, SATURDAY_AND_SUNDAY, Heartbeat(), simulation=False)
    view = await asyncpg.connect(endpoints.superuser_dsn)
    monkeypatch.setattr(database_module, "COMMAND_TIMEOUT", 2.0)
    pool = await open_pool(dsn, "intake")
    outgoing = cast("OutgoingTable", table)
    stage = Stage("intake", dsn, pool, outgoing, outgoing, {}, Gate())
    face = Face(endpoints, stage, table, view, reception)
    face.api = app(settings, face.receive, stage)
    yield face
    pool.terminate()
    await view.close()
