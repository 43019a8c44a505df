"""`dimona retention` and the running job: an operator sets a term and a hold, and the notifier removes."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from typer.testing import CliRunner, Result

from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from services.cli.main import commands
from tests.foreign.events import PATIENCE
from tests.integration.parking import operator_account
from tests.integration.retention.rows import deposit, insert
from tests.serving import serving
from tests.watching import get

pytestmark = pytest.mark.stack

SSIN = "93051891449"


@pytest.fixture(scope="module")
def served(stack: Stack) -> Iterator[Endpoints]:
    """Serve a deployment of its own with the notifier."""
    with serving(stack, "retaining", ("notifier",)) as endpoints:
        yield endpoints


@pytest.fixture(scope="module")
def file(served: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give an operator accounts of her own; yield her file of endpoints."""
    with operator_account(served, "retention.alice", tmp_path_factory.mktemp("alice")) as file:
        yield file


def dimona(file: Path, *arguments: str, given: str | None = None) -> Result:
    return CliRunner().invoke(
        commands, ["retention", *arguments, "--endpoints", str(file)], input=given, catch_exceptions=False
    )


def ask(served: Endpoints, query: str, *values: object) -> Any:
    """Return a value of the database, asked as its owner."""

    async def answer() -> Any:
        owner = await asyncpg.connect(served.postgres_dsn)
        try:
            return await owner.fetchval(query, *values)
        finally:
            await owner.close()

    return asyncio.run(answer())


def test_an_operator_sets_terms_and_holds_with_the_login_of_operators(served: Endpoints, file: Path) -> None:
    assert "its own expiry" in dimona(file, "show").stdout
    reason = ("--reason", "A decision of 2027")
    done = dimona(file, "term", "notifier.refusals", "--days", "30", *reason)
    assert done.stdout == "notifier.refusals: ended rows are kept for 30 days\n"
    assert dimona(file, "term", "notifier.lanes", "--days", "30", *reason).exit_code == 2
    assert dimona(file, "hold", *reason).exit_code == 2
    assert dimona(file, "hold", "--person", *reason, given="93051891448\n").exit_code == 2
    held = dimona(file, "hold", "--person", *reason, given=f"{SSIN}\n")
    number = re.fullmatch(r"NISS: \nhold (\d+) keeps the rows of this person\n", held.stdout)
    assert number is not None
    shown = dimona(file, "show").stdout
    assert "30 days" in shown
    assert "a person" in shown
    assert "retention.alice" in shown
    assert SSIN not in shown
    assert ask(served, "SELECT person = platform.person_code($1) FROM platform.holds", SSIN)
    log = ask(served, "SELECT string_agg(l::text, ' ') FROM platform.operator_log l")
    assert "retention.alice" in log
    assert SSIN not in log
    assert dimona(file, "release", number[1], *reason).stdout == f"hold {number[1]} is released\n"
    assert dimona(file, "release", number[1], *reason).exit_code == 2
    assert "all rows are kept" in dimona(file, "term", "notifier.refusals", *reason).stdout
    assert "30 days" not in dimona(file, "show").stdout


def counted(served: Endpoints) -> tuple[float, float]:
    """Return the removed rows of messages and the time of the last removal, from the metrics; 0 before it."""
    metrics = get(f"127.0.0.1:{served.ports['notifier'].ops}", "/metrics")
    rows = re.search(r'dimona_retention_removed_rows_total\{.*table="notifier.messages".*\} (\S+)', metrics)
    done = re.search(r"^dimona_retention_done_timestamp_seconds\S* (\S+)", metrics, re.MULTILINE)
    return float(rows[1]) if rows else 0.0, float(done[1]) if done else 0.0


async def test_the_running_notifier_deletes_an_expired_message_and_its_file(served: Endpoints) -> None:
    owner = await asyncpg.connect(served.postgres_dsn)
    files = Path(served.environment("notifier")["DIMONA_FILES_DIR"])
    gone = await deposit(owner, SSIN, 111, datetime.now(UTC))
    printed = files / await owner.fetchval("SELECT file FROM notifier.print_jobs WHERE message_id = $1", gone)
    printed.parent.mkdir(parents=True, exist_ok=True)
    printed.write_text("a letter")
    await insert(
        owner, "notifier.refusals", refused_at=datetime.now(UTC), subject="s", enterprise_number="e",
        operation="o",
    )  # fmt: skip
    await owner.execute("UPDATE platform.clock SET is_test = true, moved_by = '1826 days'")

    remains = "SELECT count(*) FROM notifier.messages WHERE message_id = $1"
    async with asyncio.timeout(PATIENCE):
        while await owner.fetchval(remains, gone):  # noqa: ASYNC110 - only the database knows
            await asyncio.sleep(0.2)
    assert await owner.fetchval("SELECT count(*) FROM notifier.refusals") == 1
    await owner.close()
    # The process deletes the file and counts after its commit.
    async with asyncio.timeout(PATIENCE):
        while printed.exists() or 0 in (shown := counted(served)):  # noqa: ASYNC110 - another process does
            await asyncio.sleep(0.2)
    assert shown[0] == 6
