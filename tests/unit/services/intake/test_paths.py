"""Known paths of REST v2 are never 404: 405 lists all methods, 501 is for paths that are not served."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from services.intake import api
from services.intake.dialogue.api import CONSULT, PATH
from services.intake.settings import IntakeSettings
from shared.runtime.stage import Stage
from shared.runtime.tokens import Caller
from tests.asgi import call

NOWHERE: dict[str, Any] = {"database_dsn": "x://x", "amqp_url": "x://x", "key": "00" * 32}


class Accepting:
    """A verifier that accepts each token as that of one client."""

    async def caller(self, _token: str) -> Caller:
        return Caller("client", "client", frozenset({CONSULT}), 0)


@pytest.mark.parametrize(
    ("method", "path", "status", "allowed"),
    [
        ("PUT", PATH, 405, "POST"),
        ("PUT", f"{PATH}/605114838201", 405, "GET, HEAD"),
        ("HEAD", PATH, 405, "POST"),
        ("GET", PATH.replace("declarations", "periods/1"), 501, None),
        ("POST", PATH.replace("declarations", "relations/search"), 501, None),
    ],
)
async def test_a_known_path_is_never_404(
    monkeypatch: pytest.MonkeyPatch, method: str, path: str, status: int, allowed: str | None
) -> None:
    monkeypatch.setattr(api, "Verifier", SimpleNamespace(of=lambda _: Accepting()))
    stage = cast("Stage", SimpleNamespace(pool=None))
    app = api.app(IntakeSettings(**NOWHERE), cast("Any", None), stage)
    answer = await call(app, method, path, {"Authorization": "Bearer token"})
    assert (answer.status, answer.headers.get("allow")) == (status, allowed)
