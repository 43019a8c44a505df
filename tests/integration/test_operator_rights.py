"""The accounts of an operator command and read; they change neither periods nor the audit (threat T24)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import asyncpg
import asyncssh
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from typer.testing import CliRunner

from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from services.cli.main import commands
from shared.envelope import carrier, cloud_event
from shared.messages import CaseResolved, WorkerRegistered, to_json
from shared.runtime.bursts import CARRIER_TYPE, Outgoing, Sent
from shared.runtime.management import Management
from shared.runtime.operator import load, publishing
from shared.topology import COMMANDED, IDENTIFY
from tests.certificates import self_signed
from tests.foreign.events import PATIENCE
from tests.integration.parking import Database, listed, operator_account
from tests.serving import serving

pytestmark = pytest.mark.stack

NAME = "rights.alice"
#: Table and right of every row that the commands of an operator change.
CHANGES = {
    ("access.client_key", "UPDATE"),
    ("personnel_file.consultations", "INSERT"),
    ("personnel_file.late_readings", "INSERT"),
    ("personnel_file.omission_cases", "INSERT"),
    ("personnel_file.omission_counts", "INSERT"),
    ("personnel_file.omission_files", "INSERT"),
    ("personnel_file.omission_findings", "INSERT"),
    ("personnel_file.omission_judgements", "INSERT"),
    ("personnel_file.omission_readings", "INSERT"),
    ("personnel_file.omission_steps", "INSERT"),
}
_RIGHTS = """
SELECT n.nspname || '.' || c.relname AS table, r AS right
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace,
    unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AS r
WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^(pg_|information_schema)'
    AND CASE WHEN r IN ('INSERT', 'UPDATE', 'REFERENCES') THEN has_any_column_privilege(c.oid, r)
        ELSE has_table_privilege(c.oid, r) END"""
_AUDIT = (
    "access.history",
    "access.refusal",
    "identification.case_history",
    "identification.readings",
    "personnel_file.discards",
    "personnel_file.late_readings",
    "personnel_file.locks",
    "personnel_file.omission_findings",
    "personnel_file.omission_judgements",
    "personnel_file.omission_readings",
    "personnel_file.omission_steps",
    "platform.looks",
    "platform.operator_log",
    "platform.security_log",
)


@pytest.fixture(scope="module")
def endpoints(stack: Stack) -> Iterator[Endpoints]:
    """Serve a deployment of its own, with the service that hears most commands."""
    with serving(stack, "operators", ("identification",)) as endpoints:
        yield endpoints


@pytest.fixture(scope="module")
def file(endpoints: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give an operator accounts of her own; yield her file of endpoints."""
    with operator_account(endpoints, NAME, tmp_path_factory.mktemp("rights")) as file:
        yield file


@pytest.fixture
def dsn(file: Path) -> str:
    """Return the address of the database with the login of the operator."""
    address: str = json.loads(file.read_text())["postgres_dsn"]
    return address


@pytest.fixture
async def login(dsn: str) -> AsyncIterator[Database]:
    """Connect with the login of the operator."""
    connection = await asyncpg.connect(dsn)
    yield connection
    await connection.close()


async def test_a_login_may_change_the_rows_of_its_commands_only(login: Database) -> None:
    found = {(row["table"], row["right"]) for row in await login.fetch(_RIGHTS)}
    assert found == CHANGES


@pytest.mark.parametrize("table", _AUDIT)
async def test_an_operator_cannot_change_the_audit(login: Database, table: str) -> None:
    for statement in (
        f"DELETE FROM {table}",  # noqa: S608 - a name of this test
        f"TRUNCATE {table}",
        f"DROP TABLE {table}",
        f"ALTER TABLE {table} DISABLE TRIGGER ALL",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await login.execute(statement)


async def test_an_operator_does_not_become_the_owner(login: Database) -> None:
    for statement in (
        "SET ROLE dimona_owner",
        "GRANT dimona_owner TO CURRENT_USER",
        "SELECT secret FROM access.factor",
        "DELETE FROM personnel_file.periods",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await login.execute(statement)


async def test_the_commands_work_with_this_login(
    endpoints: Endpoints, file: Path, login: Database, tmp_path: Path
) -> None:
    client = endpoints.data.client_of("bakery").client_id
    (tmp_path / "certificate.pem").write_text(self_signed(rsa.generate_private_key(65537, 2048)))
    employer = endpoints.data.organizations["bakery"].enterprise_number
    (tmp_path / "criteria.json").write_text(json.dumps({"employer": {"enterpriseNumber": employer}}))
    key = await login.fetchval("SELECT key_id FROM access.client_key WHERE client_id = $1", client)
    expeditor, ssh_key = next(iter(endpoints.transfer.keys.items()))
    sender = endpoints.transfer.clients[expeditor]
    public_key = tmp_path / "key.pub"
    public_key.write_bytes(asyncssh.read_private_key(ssh_key).export_public_key())
    user = next(iter(endpoints.data.users.values()))
    name = await login.fetchval("SELECT user_name FROM access.login WHERE user_id = $1::uuid", user.user_id)
    for line, typed in (
        (["client", "key", "revoke", client, key], ""),
        (["client", "key", "add", client, str(tmp_path / "certificate.pem")], ""),
        (["client", "key", "list", client], ""),
        (["client", "block", client, "--reason", "a test"], ""),
        (["client", "unblock", client, "--reason", "a test"], ""),
        (["file", "expeditor", "block", expeditor, "--reason", "a test"], ""),
        (["file", "expeditor", "add", expeditor, sender, str(public_key)], ""),
        (["user", "password", name], "correct horse battery\n"),
        (["late", "list"], ""),
        (["case", "list"], ""),
        (["period", "search", str(tmp_path / "criteria.json"), "--reason", "a test"], ""),
        (["parked", "list"], ""),
    ):
        arguments = [*line, "--endpoints", str(file)]
        done = await asyncio.to_thread(CliRunner().invoke, commands, arguments, input=typed)
        assert done.exit_code == 0, (line, done.output, done.exception)
    recorded = "SELECT count(*) FROM platform.operator_log WHERE account = $1 AND subject = $2"
    assert await login.fetchval(recorded, NAME, client) == 2
    assert await login.fetchval(recorded, NAME, expeditor) == 2
    assert await login.fetchval(recorded, NAME, user.user_id) == 1
    history = "SELECT count(*) FROM access.history WHERE type LIKE 'clientKeys.%' AND parties = ARRAY[$1]"
    assert await login.fetchval(history, employer) >= 2


async def test_a_command_without_sender_is_parked(endpoints: Endpoints, file: Path) -> None:
    """The broker verifies a name only if the message has one (threat T8)."""
    key, decision = CaseResolved.TYPE, CaseResolved(number=1, decided_by=NAME, request=uuid4())
    event = cloud_event(decision.event_id, key, "operator", datetime.now(UTC), to_json(decision))
    async with publishing(load(file), endpoints.deployment.internal) as publisher:
        body = carrier([event]).encode()
        sent = await publisher.publish(Outgoing(str(uuid4()), COMMANDED, key, key, body, CARRIER_TYPE))
    assert sent is Sent.CONFIRMED
    (row,) = await listed(file, 1, "--service", "identification")
    assert row["reason"] == "no verified sender"
    contents = f"/api/queues/{endpoints.deployment.internal}/{row['parking']}/contents"
    assert Management(endpoints.management_url).request("DELETE", contents)[0] == 204


async def test_an_operator_reaches_no_queue_directly(endpoints: Endpoints, file: Path) -> None:
    """Through the default exchange the account could give any service a message of another service."""
    for vhost in (endpoints.deployment.internal, endpoints.deployment.public):
        async with publishing(load(file), vhost) as publisher:
            message = Outgoing(str(uuid4()), "", IDENTIFY.name, "x", carrier([]).encode(), CARRIER_TYPE)
            assert await publisher.publish(message) is not Sent.CONFIRMED


async def test_a_change_of_a_register_is_recorded(
    endpoints: Endpoints, file: Path, tmp_path: Path, login: Database
) -> None:
    person, change = tmp_path / "person.json", {"sequence": 2**40}
    person.write_text(json.dumps({**endpoints.data.strangers[2].register_row(), **change}))
    line = ["register", "add", "--file", str(person), "--endpoints", str(file)]
    done = await asyncio.to_thread(CliRunner().invoke, commands, line)
    assert done.exit_code == 0, done.output
    query = "SELECT account, action FROM platform.operator_log WHERE subject = $1"
    async with asyncio.timeout(PATIENCE):
        while not (rows := await login.fetch(query, str(2**40))):  # noqa: ASYNC110 - of another process
            await asyncio.sleep(0.05)
    assert [tuple(row) for row in rows] == [(NAME, WorkerRegistered.TYPE)]
