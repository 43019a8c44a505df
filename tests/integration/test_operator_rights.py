"""The login of an operator at the database reads, and cannot change periods or the audit (threat T24)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from typer.testing import CliRunner

from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from services.cli.main import commands
from shared.topology import Deployment
from tests.certificates import self_signed
from tests.integration.parking import Database, operator_account

pytestmark = pytest.mark.stack

NAME = "rights.alice"
#: Table and right of every row that the commands of an operator change.
CHANGES = {
    ("access.client_key", "UPDATE"), ("personnel_file.consultations", "INSERT"),
    ("personnel_file.late_readings", "INSERT"),
}  # fmt: skip
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
    "personnel_file.discards",
    "personnel_file.late_readings",
    "personnel_file.locks",
    "platform.operator_log",
    "platform.security_log",
)


@pytest.fixture(scope="module")
def endpoints(stack: Stack) -> Endpoints:
    """Yield a deployment of its own without services."""
    return stack.provision(Deployment("operators"), "operators")


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


async def test_an_operator_changes_what_its_commands_change(login: Database) -> None:
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
    user = next(iter(endpoints.data.users.values()))
    name = await login.fetchval("SELECT user_name FROM access.login WHERE user_id = $1::uuid", user.user_id)
    for line, typed in (
        (["client", "key", "revoke", client, key], ""),
        (["client", "key", "add", client, str(tmp_path / "certificate.pem")], ""),
        (["client", "key", "list", client], ""),
        (["client", "block", client, "--reason", "a test"], ""),
        (["client", "unblock", client, "--reason", "a test"], ""),
        (["user", "password", name], "correct horse battery\n"),
        (["late", "list"], ""),
        (["case", "list"], ""),
        (["period", "search", str(tmp_path / "criteria.json")], ""),
        (["parked", "list"], ""),
    ):
        arguments = [*line, "--endpoints", str(file)]
        done = await asyncio.to_thread(CliRunner().invoke, commands, arguments, input=typed)
        assert done.exit_code == 0, (line, done.output, done.exception)
    recorded = "SELECT count(*) FROM platform.operator_log WHERE account = $1 AND subject = $2"
    assert await login.fetchval(recorded, NAME, client) == 2
    assert await login.fetchval(recorded, NAME, user.user_id) == 1
    history = "SELECT count(*) FROM access.history WHERE type LIKE 'clientKeys.%' AND parties = ARRAY[$1]"
    assert await login.fetchval(history, employer) >= 2
