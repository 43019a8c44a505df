"""Comparing the broker's live definitions with the wanted ones."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from services.cli.main import commands
from services.cli.topology import _may_stay, differences
from shared.definitions import Account, definitions, definitions_of_clients
from shared.runtime.management import Management
from shared.topology import Deployment

MINE = Deployment("t1")
ACCOUNTS = {
    "service:intake": Account("t1.intake", "secret"),
    "client:bakery": Account("bakery", "secret"),
    "institution:onem": Account("onem", "secret"),
    "operator": Account("operator", "secret", ("administrator",)),
}


def wanted(deployment: Deployment = MINE) -> dict[str, Any]:
    return definitions(deployment, ACCOUNTS, ["bakery"], ["onem"], b"salt")


def seen(change: Callable[[dict[str, Any]], None]) -> list[str]:
    live = copy.deepcopy(wanted())
    change(live)
    return list(differences(wanted(), live, MINE))


def row(live: dict[str, Any], section: str, **values: str) -> dict[str, Any]:
    found: dict[str, Any] = next(
        row
        for row in live[section]
        if values.items() <= {k: v for k, v in row.items() if k in values}.items()
    )
    return found


def test_no_difference() -> None:
    assert seen(lambda _live: None) == []


@pytest.mark.parametrize(
    "section", ["vhosts", "users", "permissions", "topic_permissions", "exchanges", "queues", "bindings"]
)
def test_a_missing_object_is_reported(section: str) -> None:
    (line,) = seen(lambda live: live[section].pop(0))
    assert line.startswith(f"- {section} ")


def test_an_unknown_queue_in_our_vhosts_is_reported() -> None:
    extra = {"name": "extra", "vhost": MINE.public, "durable": True, "auto_delete": False, "arguments": {}}
    assert seen(lambda live: live["queues"].append(extra)) == [f"+ queues {MINE.public} extra"]


def test_only_our_own_old_users_are_reported() -> None:
    def add(live: dict[str, Any]) -> None:
        live["users"] += [{"name": "t1.former", "tags": []}, {"name": "t2.intake", "tags": []}]

    assert seen(add) == ["+ users t1.former"]


def test_other_deployments_are_ignored() -> None:
    live = wanted()
    for section, rows in wanted(Deployment("t2")).items():
        live[section] += [row for row in rows if row not in live[section] and section != "users"]
    assert list(differences(wanted(), live, MINE)) == []


def test_a_wider_permission_is_reported() -> None:
    lines = seen(lambda live: row(live, "permissions", user="bakery").update(read=".*"))
    assert lines == [f"~ permissions {MINE.public} bakery: read is '.*', should be '^(reply\\\\.bakery)$'"]


def test_a_queue_with_other_arguments_is_reported() -> None:
    (line,) = seen(lambda live: row(live, "queues", name="reply.bakery")["arguments"].clear())
    assert line.startswith(f"~ queues {MINE.public} reply.bakery: arguments is {{}}")


def accounts_file(folder: Path, mode: int) -> Path:
    file = folder / "accounts.json"
    file.write_text(json.dumps({"client:bakery": {"name": "bakery", "password": "very secret"}}))
    file.chmod(mode)
    return file


def test_export_prints_no_password(tmp_path: Path) -> None:
    file = accounts_file(tmp_path, 0o600)
    result = CliRunner().invoke(commands, ["topology", "export", "--accounts", str(file)])
    assert result.exit_code == 0
    assert [user["name"] for user in json.loads(result.stdout)["users"]] == ["bakery"]
    assert "secret" not in result.stdout
    assert '"password_hash"' not in result.stdout


def test_an_accounts_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    file = accounts_file(tmp_path, 0o644)
    result = CliRunner().invoke(commands, ["topology", "export", "--accounts", str(file)])
    assert result.exit_code == 2


class _Recorder(Management):
    """A management API that accepts everything, and keeps the sections of each document."""

    def __init__(self) -> None:
        super().__init__("http://operator:secret@localhost:1")
        self.sent: list[set[str]] = []

    def request(self, method: str, path: str, body: Any = None) -> tuple[int, bytes]:
        assert (method, path) == ("POST", "/api/definitions")
        self.sent.append(set(body))
        return 204, b""


def test_rights_come_after_their_exchanges_and_permissions_last() -> None:
    """Between the two a user without a topic permission could publish with the routing key of another.

    RabbitMQ 4 refuses a topic permission for an exchange that does not exist yet.
    """
    recorder = _Recorder()
    recorder.import_definitions(wanted())
    others = wanted().keys() - {"topic_permissions", "permissions"}
    assert recorder.sent == [others, {"topic_permissions"}, {"permissions"}]
    assert "exchanges" in recorder.sent[0]


def test_objects_of_an_unknown_account_of_the_provisioner_are_surplus() -> None:
    """The queues of a former account stay, and an account that is being changed may have any object."""
    client = "client_5c0f3be1a0d24c7b9e11"
    live = copy.deepcopy(wanted())
    for section, rows in definitions_of_clients(MINE, {client: "hash"}).items():
        live[section] += rows

    def surplus(changing: set[str], former: set[str]) -> set[str]:
        found = differences(wanted(), live, MINE, partial(_may_stay, changing, former))
        return {line.split()[1] for line in found}

    everything = {"permissions", "topic_permissions", "queues", "bindings"}
    assert surplus(set(), set()) == everything
    assert surplus({client}, set()) == set()
    assert surplus(set(), {client}) == {"permissions", "topic_permissions"}


def test_an_account_of_the_provisioner_is_no_surplus() -> None:
    """Only ids that the directory gives are left out; a queue with a similar name is reported."""
    client = "client_5c0f3be1a0d24c7b9e11"

    def add(live: dict[str, Any]) -> None:
        made = definitions_of_clients(MINE, {client: "hash"})
        for section, rows in made.items():
            live[section] += rows
        live["queues"].append({**made["queues"][0], "name": f"reply.{client}0"})

    assert seen(add) == [f"+ queues {MINE.public} reply.{client}0"]
