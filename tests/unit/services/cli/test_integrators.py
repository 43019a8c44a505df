"""Which client the commands for integrators act for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from services.cli.integrators.client import load_client


def stack_of(name: str) -> dict[str, Any]:
    """Return the part of an endpoints file about one integrator."""
    return {"amqp_url": f"amqp://{name}/v", "private_key": f"/{name}.pem"}


def test_a_named_stack_or_client_counts_before_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise a declaration for the sandbox would go to production."""
    file = tmp_path / "sandbox.json"
    integrators = {"a": stack_of("sandbox"), "b": stack_of("other")}
    file.write_text(json.dumps({"integrators": integrators, "token_url": "t", "rest_url": "r"}))
    monkeypatch.setenv("DIMONA_CLIENT_AMQP_URL", "amqp://production/v")
    assert load_client(file, None).need("amqp_url") == "amqp://sandbox/v"
    assert load_client(file, None, "b").need("amqp_url") == "amqp://other/v"
    assert load_client(Path("/nowhere"), None).need("amqp_url") == "amqp://production/v"
