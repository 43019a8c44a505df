"""Access as a running service: its public keys, and its answer to an unknown path."""

from __future__ import annotations

import pytest
from joserfc.jwk import KeySet

from deploy.local.deployment import Endpoints
from tests.tokens import bearer
from tests.web import ask

pytestmark = pytest.mark.stack


def test_the_key_set_contains_public_keys_only(served: Endpoints) -> None:
    answer = ask(f"{served.api_url('access')}/jwks")
    assert answer.status == 200
    (key,) = answer.json()["keys"]
    assert key["kty"] == "EC"
    assert "d" not in key
    assert KeySet.import_key_set(answer.json()).keys


def test_an_unknown_path_is_a_problem(served: Endpoints) -> None:
    answer = ask(f"{served.api_url('access')}/nothing", headers=bearer(served, "somebody"))
    assert answer.status == 404
    assert answer.json()["type"] == "urn:problem-type:belgif:resourceNotFound"
