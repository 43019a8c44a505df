"""Looks over REST, at the real database: their record, and their limit of time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import asyncpg
import pytest
import pytest_asyncio
from joserfc.jwk import ECKey
from pydantic import SecretStr

from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from services.personnel_file import api as personnel_file
from services.personnel_file.consultation import handler
from services.personnel_file.settings import BASE, PersonnelFileSettings
from shared.runtime.database import Pool, open_pool
from shared.runtime.outgoing import OutgoingTable
from shared.runtime.stage import Gate, Stage
from shared.runtime.tokens import Verifier
from shared.topology import Deployment
from tests.asgi import Answer, call
from tests.integration.consultation import oracle
from tests.tokens import bearer

pytestmark = [pytest.mark.stack, pytest.mark.asyncio(loop_scope="module")]

MADE = oracle.relations(5)
SETTINGS = PersonnelFileSettings(
    database_dsn=SecretStr("x"), amqp_url=SecretStr("x"), key=SecretStr("ab" * 32)
)
LAST = "SELECT * FROM personnel_file.consultations ORDER BY seq DESC LIMIT 1"


@dataclass(frozen=True)
class Api:
    """The API of the personnel file, called as an agent."""

    app: Any
    headers: Mapping[str, str]
    pool: Pool
    owner: asyncpg.Connection[asyncpg.Record]

    async def post(self, path: str, body: Any) -> Answer:
        return await call(self.app, "POST", f"{BASE}{path}", self.headers, body)

    async def get(self, path: str) -> Answer:
        return await call(self.app, "GET", f"{BASE}{path}", self.headers)

    async def recorded(self) -> Mapping[str, Any]:
        """Return the last record."""
        row = await self.owner.fetchrow(LAST)
        assert row is not None
        return dict(row)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(stack: Stack) -> AsyncIterator[Api]:
    """Provide the API over a database of its own, with random rows."""
    endpoints: Endpoints = await asyncio.to_thread(stack.provision, Deployment("looks"), "looks")
    owner = await asyncpg.connect(endpoints.superuser_dsn)
    await oracle.store(owner, MADE)
    key = ECKey.import_key(json.loads(endpoints.token_key))

    async def keys(_url: str) -> Mapping[str, Any]:
        return {"keys": [{**key.as_dict(private=False), "kid": key.thumbprint()}]}

    verifier = Verifier(endpoints.api_url("access"), f"urn:{endpoints.deployment.name}", "", fetch=keys)
    agent = endpoints.data.users["authority.agent"].user_id
    nothing = cast("OutgoingTable", NoTable())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Verifier, "of", lambda _settings: verifier)
        async with await open_pool(endpoints.dsns["personnel_file"], "personnel_file", 1) as pool:
            stage = Stage("personnel_file", "", pool, nothing, nothing, {}, Gate())
            app = personnel_file.app(SETTINGS, stage)
            app.state.pool = pool
            yield Api(app, bearer(endpoints, agent, handler.CONSULT), pool, owner)
    await owner.close()


class NoTable:
    """The outgoing table of looks, which publish nothing."""

    batching: frozenset[str] = frozenset()

    async def write(self, *_: object) -> list[Any]:
        return []

    def offer(self, _rows: object) -> None:
        """Publish nothing."""


async def test_the_record_names_a_worker_by_a_keyed_code(api: Api) -> None:
    """The worker of the criteria, or of a single row that was read: not the workers that a search found."""
    relation = next(each for each in MADE if each.periods)
    number = relation.periods[0].number
    code = SETTINGS.worker_code(relation.ssin)
    employer = {"employer": {"enterpriseNumber": relation.employer}}
    asked = {"worker": {"ssin": relation.ssin}}
    unknown = {"worker": {"ssin": "99999999999"}}
    looks = [
        (await api.post("/periods/search", employer), await api.recorded(), None),
        (await api.post("/periods/search", {**employer, **asked}), await api.recorded(), code),
        (await api.post("/relations/search", {"relationId": relation.number}), await api.recorded(), code),
        (await api.get(f"/periods/{number}"), await api.recorded(), code),
        (await api.get(f"/periods/{number}/changes"), await api.recorded(), code),
    ]
    for answer, row, expected in looks:
        assert answer.status == 200, answer.body
        assert row["worker"] == expected
        assert relation.ssin not in str(row)
    await api.post("/periods/search", unknown)
    assert (await api.recorded())["worker"] not in (None, code), "also one without a relation"


async def test_the_record_says_whether_rows_were_counted(api: Api) -> None:
    body = {"employer": {"enterpriseNumber": MADE[0].employer}}
    for query, counted in (("", False), ("?total=true", True)):
        assert (await api.post(f"/periods/search{query}", body)).status == 200
        assert (await api.recorded())["counted"] is counted


async def test_a_look_that_takes_too_long_is_503_and_keeps_its_connection(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit is of the request: its last statement, the record, waits here, and not for two seconds."""
    body = {"employer": {"enterpriseNumber": MADE[0].employer}}
    before = await api.pool.fetchval("SELECT pg_backend_pid()")
    monkeypatch.setattr(handler, "LONGEST", 0.5)
    async with api.owner.transaction():
        await api.owner.execute("LOCK TABLE personnel_file.consultations IN SHARE MODE")
        answer = await api.post("/periods/search", body)
    assert answer.status == 503
    assert answer.headers["retry-after"]
    monkeypatch.setattr(handler, "LONGEST", 10)
    async with api.owner.transaction():  # now the server ends the statement
        await api.owner.execute("LOCK TABLE personnel_file.consultations IN SHARE MODE")
        assert (await api.post("/periods/search", body)).status == 503
    assert (await api.post("/periods/search", body)).status == 200
    assert await api.pool.fetchval("SELECT pg_backend_pid()") == before
