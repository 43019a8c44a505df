"""The secret files of a new deployment are complete, closed, and kept by a second run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import pytest

from deploy.processes import PROCESSES
from deploy.secret_files import write
from services.cli.roles import read_passwords
from shared.definitions import Account, definitions
from shared.runtime.operator import Operator
from shared.topology import Deployment

SERVERS: Final = {"database": "db:5432", "broker": "mq:5672", "management": "mq:15672"}
#: Settings without a default that are no secrets.
GIVEN: Final[dict[str, Any]] = {
    "portal_url": "https://portal.example.be",
    "portal_apis": {"access": "http://access:8080"},
    "public_url": "https://access.example.be",
    "rest_url": "https://intake.example.be/REST/dimona/v2",
    "canary_employer": "0999100097",
    "canary_worker": "98032099202",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("secrets")
    write(made, Deployment("dimona.sim"), SERVERS)
    return made


@pytest.mark.parametrize("name", PROCESSES)
def test_a_process_finds_its_secrets(folder: Path, name: str) -> None:
    process = PROCESSES[name]
    given = {key: value for key, value in GIVEN.items() if key in process.variables}
    settings = process.settings(_secrets_dir=folder / name, **given)
    if process.database:
        assert f"//dimona_{name}:" in settings.database_dsn.get_secret_value()  # type: ignore[attr-defined]
    assert all(getattr(settings, secret) is not None for secret in process.required)
    if process.broker:
        assert f"//dimona.sim.{name}:" in settings.amqp_url.get_secret_value()  # type: ignore[attr-defined]


def test_files_are_readable_for_their_owner_only(folder: Path) -> None:
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) > 30
    assert {file.stat().st_mode & 0o777 for file in files} == {0o400}
    assert {path.stat().st_mode & 0o077 for path in folder.rglob("*") if path.is_dir()} == {0}


def test_all_services_have_one_key(folder: Path) -> None:
    keys = {
        (folder / name / "dimona_key").read_text()
        for name, each in PROCESSES.items()
        if "key" in each.secrets
    }
    assert len(keys) == 1
    assert len(keys.pop()) == 64


def test_the_passwords_of_the_servers_are_those_in_the_addresses(folder: Path) -> None:
    roles = read_passwords(folder / "owner/roles.json")
    accounts = json.loads((folder / "owner/accounts.json").read_text())
    for name, process in ((name, each) for name, each in PROCESSES.items() if each.database):
        assert f":{roles[f'dimona_{name}']}@" in (folder / name / "dimona_database_dsn").read_text()
        if process.broker:
            password = accounts[f"service:{name}"]["password"]
            assert f":{password}@" in (folder / name / "dimona_amqp_url").read_text()
    assert accounts["operator"]["password"] == (folder / "servers/broker_password").read_text()


def test_the_owner_has_the_addresses_that_the_commands_of_operators_need(folder: Path) -> None:
    operator = Operator(_secrets_dir=folder / "owner")
    password = (folder / "servers/broker_password").read_text()
    assert operator.need("amqp_url") == f"amqp://operator:{password}@mq:5672"
    assert operator.need("management_url") == f"http://operator:{password}@mq:15672"
    assert operator.need("database_dsn").startswith("postgresql://dimona_owner:")


def test_with_authorities_all_addresses_lead_to_tls(tmp_path: Path) -> None:
    write(tmp_path, Deployment(), {**SERVERS, "authorities": "/run/secrets/dimona/ca.crt"})
    for name, process in ((name, each) for name, each in PROCESSES.items() if each.database):
        dsn = urlsplit((tmp_path / name / "dimona_database_dsn").read_text())
        assert dict(parse_qsl(dsn.query)) == {
            "target_session_attrs": "read-write",
            "sslmode": "verify-full",
            "sslrootcert": "/run/secrets/dimona/ca.crt",
        }
        if process.broker:
            url = urlsplit((tmp_path / name / "dimona_amqp_url").read_text())
            assert (url.scheme, parse_qsl(url.query)) == ("amqps", [("cafile", "/run/secrets/dimona/ca.crt")])
    management = urlsplit((tmp_path / "provisioner/dimona_management_url").read_text())
    assert management.scheme == "https"


def test_the_accounts_make_a_topology(folder: Path) -> None:
    rows = json.loads((folder / "owner/accounts.json").read_text())
    accounts = {
        role: Account(row["name"], row["password"], tuple(row.get("tags", ()))) for role, row in rows.items()
    }
    document = definitions(Deployment("dimona.sim"), accounts, (), (), b"salt")
    assert {user["name"] for user in document["users"]} == {row["name"] for row in rows.values()}


def test_production_has_no_secrets_of_processes_of_a_simulation(folder: Path, tmp_path: Path) -> None:
    write(tmp_path, Deployment(), SERVERS)
    assert {path.name for path in folder.iterdir()} - {path.name for path in tmp_path.iterdir()} == {"canary"}


def test_a_second_run_keeps_every_secret(tmp_path: Path) -> None:
    write(tmp_path, Deployment(), SERVERS)
    before = {path: path.read_text() for path in tmp_path.rglob("*") if path.is_file()}
    (tmp_path / "feed/dimona_database_dsn").unlink()
    assert write(tmp_path, Deployment(), SERVERS) == ["feed/dimona_database_dsn", "passwords.json"]
    assert {path: path.read_text() for path in tmp_path.rglob("*") if path.is_file()} == before
