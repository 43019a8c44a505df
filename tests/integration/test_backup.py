"""`dimona backup` on the real server: a valid backup, and one that was changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from services.cli.main import commands

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def folder(stack: Stack, endpoints: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return a backup and the folder of the programs of PostgreSQL."""
    work = tmp_path_factory.mktemp("backup")
    programs = Path(stack.postgres.process().argv[0]).parent
    file = work / "endpoints.json"
    file.write_text(json.dumps({**endpoints.document(), "postgres_dsn": endpoints.superuser_dsn}))
    ran = dimona("take", str(work / "base"), "--programs", str(programs), "--endpoints", str(file))
    assert ran.exit_code == 0, ran.output
    assert "is a valid backup" in ran.output
    assert "WAL is not archived" in ran.output
    return work / "base", programs


def dimona(*arguments: str) -> Result:
    """Run `dimona backup`."""
    return CliRunner().invoke(commands, ["backup", *arguments])


def test_a_backup_has_no_secret(folder: tuple[Path, Path], endpoints: Endpoints) -> None:
    base, _ = folder
    texts = [(base / name).read_text() for name in ("manifest.json", "topology.json")]
    secrets = (endpoints.key, '"password_hash"')
    assert not [secret for secret in secrets for text in texts if secret in text]
    manifest = json.loads(texts[0])
    assert manifest["pointInTime"] is False
    assert set(manifest["notIncluded"]) >= {"dimona_key", "dimona_token_key", "accounts"}


def test_a_changed_file_is_found(folder: tuple[Path, Path]) -> None:
    base, programs = folder
    changed = base / "database" / "global" / "pg_control"
    before = changed.read_bytes()
    for file, content in ((changed, before[:-1] + b"x"), (base / "topology.json", b"{}")):
        kept = file.read_bytes()
        file.write_bytes(content)
        ran = dimona("verify", str(base), "--programs", str(programs))
        file.write_bytes(kept)
        assert ran.exit_code == 1
    assert dimona("verify", str(base), "--programs", str(programs)).exit_code == 0
