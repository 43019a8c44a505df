"""The parts of the service files, with and without an SFTP server."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest
from pydantic import SecretStr

from services.files.service import service
from services.files.settings import FilesSettings

ALWAYS = {"pickup", "reading", "sweep", "writing"}


@pytest.mark.parametrize(("port", "names"), [(None, ALWAYS), (2222, ALWAYS | {"sftp"})])
def test_without_a_port_only_the_sftp_server_is_absent(
    tmp_path: Path, port: int | None, names: set[str]
) -> None:
    """Files that were uploaded over HTTP are read and answered, in folders that the service makes."""
    settings = FilesSettings(
        database_dsn=SecretStr("x"), amqp_url=SecretStr("x"), key=SecretStr("ab" * 32),
        transfer_dir=tmp_path / "transfer", sftp_port=port,
    )  # fmt: skip
    parts = service(settings).parts
    assert set(parts) == names
    for part in parts.values():
        part(cast("Any", _Stage())).close()
    assert {path.name for path in settings.transfer_dir.iterdir()} == {"spool", "taken", "unfinished"}


class _Stage:
    """A stage without connections: the parts are made and not run."""

    pool = None
