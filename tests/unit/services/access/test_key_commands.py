"""The commands on the keys of clients read their arguments."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from services.access.commands import clients


@pytest.mark.parametrize("key_id", ["NzbLsXh8uDCcd", "-bLsXh8uDCcd", "--LsXh8uDCcd"])
def test_a_key_id_may_begin_with_a_dash(key_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thumbprint is base64url, so one in 64 begins with a dash, like an option."""
    revoked: list[tuple[str, str]] = []

    def query(_function: object, client_id: str, key_id: str, *_: object) -> bool:
        revoked.append((client_id, key_id))
        return True

    monkeypatch.setattr(clients, "load", lambda *_: SimpleNamespace(query=query))
    ended = CliRunner().invoke(clients.client, ["key", "revoke", "a-client", key_id])
    assert ended.exit_code == 0, ended.output
    assert revoked == [("a-client", key_id)]
