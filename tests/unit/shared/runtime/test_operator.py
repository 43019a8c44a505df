"""Sources of an operator's addresses, and their precedence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer

from shared.runtime.operator import load


@pytest.fixture
def endpoints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("DATABASE_DSN", "AMQP_URL", "MANAGEMENT_URL", "DEPLOYMENT", "ACCOUNTS"):
        monkeypatch.delenv(f"DIMONA_{name}", raising=False)
    file = tmp_path / "endpoints.json"
    document = {
        "deployment": "t1",
        "postgres_dsn": "postgresql://stack",
        "operator": {"amqp_url": "amqp://u:p@h:1/t1.internal"},
        "management_url": "http://u:p@h:2",
        "accounts": "/somewhere/accounts.json",
    }
    file.write_text(json.dumps(document))
    return file


def test_the_stack_is_the_last_resort(endpoints: Path) -> None:
    operator = load(endpoints)
    assert operator.vhosts.internal == "t1.internal"
    assert operator.need("amqp_url") == "amqp://u:p@h:1"
    assert operator.need("database_dsn") == "postgresql://stack"


def test_environment_and_secret_files_have_precedence(
    endpoints: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIMONA_DATABASE_DSN", "postgresql://environment")
    (tmp_path / "dimona_amqp_url").write_text("amqp://file")
    operator = load(endpoints, tmp_path)
    assert operator.need("database_dsn") == "postgresql://environment"
    assert operator.need("amqp_url") == "amqp://file"
    assert operator.need("management_url") == "http://u:p@h:2"


@pytest.mark.usefixtures("endpoints")
def test_a_missing_address_is_named(tmp_path: Path) -> None:
    operator = load(tmp_path / "none.json")
    assert operator.deployment == "dimona"
    with pytest.raises(typer.BadParameter, match="DIMONA_DATABASE_DSN"):
        operator.need("database_dsn")


def test_no_secret_is_in_the_representation(endpoints: Path) -> None:
    assert "u:p" not in repr(load(endpoints))
