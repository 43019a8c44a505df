"""The `dimona` command against the real servers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import asyncpg
import pytest
from typer.testing import CliRunner, Result

from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from services.cli.main import commands
from shared.envelope import read, unpack
from shared.messages import Career, CareerRegistered, CaseResolved, Message, WorkerRegistered
from shared.topology import REGISTER, Deployment

pytestmark = pytest.mark.stack

CASE, OTHER = 123456789002, 656309292174


@pytest.fixture(scope="module")
def own(stack: Stack) -> Endpoints:
    """Yield a deployment without services: published messages stay in their queues."""
    return stack.provision(Deployment("cli"), "cli")


def dimona(file: Path, *arguments: str) -> Result:
    return CliRunner().invoke(commands, [*arguments, "--endpoints", str(file)], catch_exceptions=False)


def published(stack: Stack, own: Endpoints) -> list[Message]:
    """Return the messages of identification's register queue, and remove them."""
    path = f"/api/queues/{quote(own.deployment.internal)}/{quote(REGISTER.name)}/get"
    ask = {"count": 10, "ackmode": "ack_requeue_false", "encoding": "auto"}
    status, answer = stack.rabbitmq.management.request("POST", path, ask)
    assert status == 200
    rows: list[dict[str, Any]] = json.loads(answer)
    return [read(event) for row in rows for event in unpack(row["payload"].encode())]


def test_migrate_finds_an_up_to_date_database(file: Path) -> None:
    result = dimona(file, "migrate")
    assert result.exit_code == 0
    assert result.stdout == "0 applied\n"


async def test_migrate_sets_the_passwords_of_roles(own: Endpoints, file: Path, tmp_path: Path) -> None:
    """The owner of the database does it, without the rights of a superuser."""
    old = own.dsns["portal"]
    password = urlsplit(old).password
    assert password is not None
    new = old.replace(password, "x" * 20)
    roles = tmp_path / "roles.json"
    try:
        roles.write_text(json.dumps({"dimona_portal": "x" * 20}))
        result = await asyncio.to_thread(dimona, file, "migrate", "--roles", str(roles))
        assert result.stdout == "0 applied\n1 roles may log in\n"
        await (await asyncpg.connect(new)).close()
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(old)
    finally:
        roles.write_text(json.dumps({"dimona_portal": password}))
        await asyncio.to_thread(dimona, file, "migrate", "--roles", str(roles))
    await (await asyncpg.connect(old)).close()


def test_apply_repairs_the_topology(stack: Stack, own: Endpoints, file: Path) -> None:
    assert dimona(file, "topology", "diff").exit_code == 0
    exchange = f"/api/exchanges/{quote(own.deployment.public)}/dimona.reply"
    assert stack.rabbitmq.management.request("DELETE", exchange)[0] == 204
    result = dimona(file, "topology", "diff")
    assert result.exit_code == 1
    assert "- exchanges cli.public dimona.reply" in result.stdout
    assert dimona(file, "topology", "apply").exit_code == 0
    assert dimona(file, "topology", "diff").exit_code == 0


@pytest.fixture
async def case(own: Endpoints) -> AsyncIterator[int]:
    """Yield a declaration with an open case."""
    connection = await asyncpg.connect(own.postgres_dsn)
    await connection.execute(
        """INSERT INTO identification.cases (declaration_id, declaration, opened_at, deadline, keys)
        VALUES ($1, '{}', now(), now() + interval '1 day', '{}')""",
        CASE,
    )
    yield CASE
    await connection.execute("DELETE FROM identification.cases WHERE declaration_id = $1", CASE)
    await connection.close()


def test_a_decision_about_a_case_reaches_identification(
    stack: Stack, own: Endpoints, file: Path, case: int
) -> None:
    """Without identification the case stays open, and the command does not claim otherwise."""
    ssin = own.data.workers[0]
    assert dimona(file, "case", "resolve", str(case), "--ssin", ssin[:-1]).exit_code == 2
    assert dimona(file, "case", "resolve", str(case)).exit_code == 2
    for decision in (["--ssin", ssin], ["--give-up"]):
        result = dimona(file, "case", "resolve", str(case), *decision)
        assert (result.exit_code, "not closed the case yet" in result.stdout) == (1, True)
    told = [message for message in published(stack, own) if isinstance(message, CaseResolved)]
    assert [(message.number, message.ssin) for message in told] == [(case, ssin), (case, None)]
    assert {message.decided_by for message in told} == {None}, "the receiver takes the user of the broker"
    assert len({message.event_id for message in told}) == 2


def test_a_decision_without_effect_is_refused(stack: Stack, own: Endpoints, file: Path, case: int) -> None:
    """A wrong number, a number without case, a NISS that the register lacks: no message is sent."""
    known, unknown = own.data.workers[0], own.data.strangers[0].ssin
    for number, ssin, words in (
        (100000000010, known, "not a Dimona number"),
        (OTHER, known, "has no case"),
        (case, unknown, "no person with that NISS"),
    ):
        result = dimona(file, "case", "resolve", str(number), "--ssin", ssin)
        assert result.exit_code == 2
        assert words in " ".join(result.output.replace("│", " ").split())
    assert not [message for message in published(stack, own) if isinstance(message, CaseResolved)]


def test_changes_of_the_registers_reach_identification(
    stack: Stack, own: Endpoints, file: Path, tmp_path: Path
) -> None:
    rows = [stranger.register_row() for stranger in own.data.strangers[:2]]
    persons = tmp_path / "persons.json"
    persons.write_text(json.dumps({"persons": rows}))
    assert dimona(file, "register", "add", "--file", str(persons)).exit_code == 0
    careers = tmp_path / "careers.json"
    worked = {
        "ssin": rows[0]["ssin"],
        "quarter": "2025Q2",
        "share": 0.8,
        "foreignShare": 0.1,
        "pensioner": True,
    }
    careers.write_text(json.dumps({"careers": [worked]}))
    assert dimona(file, "register", "add", "--file", str(careers)).exit_code == 0
    careers.write_text(json.dumps({"careers": [worked | {"quarter": "2025-06"}]}))
    assert dimona(file, "register", "add", "--file", str(careers)).exit_code == 2
    messages = published(stack, own)
    assert [m.career for m in messages if isinstance(m, CareerRegistered)] == [Career.model_validate(worked)]
    assert [m.worker.ssin for m in messages if isinstance(m, WorkerRegistered)] == [r["ssin"] for r in rows]


def test_an_empty_list_of_cases_is_shown(file: Path) -> None:
    result = dimona(file, "case", "list")
    assert result.exit_code == 0
    assert result.stdout == "no case is open\n"
