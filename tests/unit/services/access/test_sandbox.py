"""The operations of the sandbox do not exist in production."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from services.access.sandbox.api import _require_sandbox
from services.access.settings import AccessSettings
from shared.runtime.api import ProblemError
from shared.topology import Deployment


def request_in(deployment: str) -> Any:
    state = SimpleNamespace(simulation=Deployment(deployment).is_simulation)
    return SimpleNamespace(app=SimpleNamespace(state=state))


def test_a_production_deployment_has_no_sandbox() -> None:
    with pytest.raises(ProblemError) as refused:
        _require_sandbox(request_in(AccessSettings.model_fields["deployment"].default))
    assert refused.value.body["status"] == 404
    _require_sandbox(request_in("dimona.sim"))
