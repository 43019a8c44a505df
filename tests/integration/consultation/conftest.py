"""The API of the personnel file on a real database with random rows, without a server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from joserfc.jwk import ECKey
from pydantic import SecretStr

from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from services.personnel_file.api import app
from services.personnel_file.consultation.handler import CONSULT
from services.personnel_file.settings import BASE, PersonnelFileSettings
from shared.runtime.stage import Stage
from shared.runtime.tokens import Verifier
from shared.topology import Deployment
from tests.asgi import Answer, call
from tests.integration.consultation import oracle
from tests.outgoing import silent_stage
from tests.tokens import bearer

EXPORTS = f"{BASE}/exports"


class Face:
    """The API of the personnel file, without a server."""

    def __init__(self, endpoints: Endpoints, stage: Stage, owner: Any) -> None:
        self.data, self.endpoints, self.stage, self.owner = endpoints.data, endpoints, stage, owner
        settings = PersonnelFileSettings(
            database_dsn=SecretStr("-"), amqp_url=SecretStr("amqp://"), key=SecretStr("ab" * 32),
            rest_url=f"https://test{BASE}",
        )  # fmt: skip
        self.api = app(settings, stage)

    def client(self, role: str) -> str:
        return self.data.client_of(role).client_id

    async def ask(self, method: str, path: str, body: Any = b"", role: str = "bakery") -> Answer:
        """Return the answer to a request of the client in a role."""
        headers = bearer(self.endpoints, self.client(role), CONSULT, level=0)
        return await call(self.api, method, path, headers, body)

    async def export(self, form: str = "jsonl", role: str = "bakery", **search: Any) -> str:
        """Make an export and return its path."""
        body = {"format": form, "criteria": {}, **search}
        answer = await self.ask("POST", EXPORTS, body, role)
        assert answer.status == 202, answer.body
        assert answer.headers["location"] == answer.json()["href"]
        return answer.headers["location"].removeprefix("https://test")


@pytest.fixture(scope="session")
def made(stack: Stack) -> Endpoints:
    """Give a random employer to the bakery, in a deployment without services."""
    endpoints = stack.provision(Deployment("exported"), "exported")
    bakery = endpoints.data.organizations["bakery"].enterprise_number
    asyncio.run(_store(endpoints.superuser_dsn, bakery))
    return endpoints


async def _store(dsn: str, employer: str) -> None:
    owner = await asyncpg.connect(dsn)
    await oracle.store(owner, oracle.relations(23))
    for table in ("relations", "periods"):
        await owner.execute(
            f"UPDATE personnel_file.{table} SET employer = $1 WHERE employer = $2",  # noqa: S608 - our tables
            employer, oracle.EMPLOYERS[0],
        )  # fmt: skip
    await owner.close()


@pytest_asyncio.fixture(loop_scope="module")
async def face(made: Endpoints, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Face]:
    key = ECKey.import_key(json.loads(made.token_key))

    async def keys(_url: str) -> Mapping[str, Any]:
        return {"keys": [{**key.as_dict(private=False), "kid": key.thumbprint()}]}

    verifier = Verifier(made.api_url("access"), f"urn:{made.deployment.name}", "", fetch=keys)
    monkeypatch.setattr(Verifier, "of", lambda _settings: verifier)
    owner = await asyncpg.connect(made.superuser_dsn)
    await owner.execute("TRUNCATE personnel_file.exports, personnel_file.saved_searches")
    async with silent_stage(made, "personnel_file") as stage:
        yield Face(made, stage, owner)
    await owner.close()
