"""A deployment without services, and the API of the personnel file without a server."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from joserfc.jwk import ECKey
from pydantic import SecretStr

from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from services.personnel_file.api import app
from services.personnel_file.settings import PersonnelFileSettings
from shared.runtime.database import Pool, open_pool
from shared.runtime.tokens import Verifier
from shared.topology import Deployment
from tests.asgi import Answer, call
from tests.outgoing import stage_on
from tests.tokens import bearer


@pytest.fixture(scope="session")
def endpoints(stack: Stack) -> Endpoints:
    """Return a deployment of its own, without services."""
    return stack.provision(Deployment("omission"), "omission")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pool(endpoints: Endpoints) -> AsyncIterator[Pool]:
    """Open connections of the personnel file."""
    pool = await open_pool(endpoints.dsns["personnel_file"], "personnel_file")
    yield pool
    await pool.close()


@pytest.fixture(scope="session")
def file_of_endpoints(endpoints: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of endpoints of the deployment."""
    file = tmp_path_factory.mktemp("omission") / "endpoints.json"
    file.write_text(json.dumps(endpoints.document()))
    return file


class Face:
    """The API of the personnel file for the two agents of the authority, without a server."""

    def __init__(self, endpoints: Endpoints, pool: Pool) -> None:
        self._endpoints = endpoints
        settings = PersonnelFileSettings(
            database_dsn=SecretStr("-"), amqp_url=SecretStr("amqp://"), key=SecretStr("ab" * 32)
        )
        self._api = app(settings, stage_on(pool, endpoints, "personnel_file"))

    async def ask(
        self, method: str, path: str, body: Any = b"", *, user: str = "authority.agent", level: int = 400
    ) -> Answer:
        """Return the answer to a request of a user."""
        subject = self._endpoints.data.users[user].user_id
        headers = bearer(self._endpoints, subject, "scope:dimona:agent", level=level)
        return await call(self._api, method, path, headers, body)


@pytest.fixture
def face(endpoints: Endpoints, pool: Pool, monkeypatch: pytest.MonkeyPatch) -> Face:
    key = ECKey.import_key(json.loads(endpoints.token_key))

    async def keys(_url: str) -> Mapping[str, Any]:
        return {"keys": [{**key.as_dict(private=False), "kid": key.thumbprint()}]}

    verifier = Verifier(endpoints.api_url("access"), f"urn:{endpoints.deployment.name}", "", fetch=keys)
    monkeypatch.setattr(Verifier, "of", lambda _settings: verifier)
    return Face(endpoints, pool)
