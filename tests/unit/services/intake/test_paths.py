"""Paths, methods and media types of REST v2: 405 lists all methods, a known path is never 404."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, cast

import pytest

from services.intake import api
from services.intake.dialogue.api import CONSULT, PATH
from services.intake.reception.api import DECLARE
from services.intake.settings import IntakeSettings
from shared.runtime.stage import Stage
from shared.runtime.tokens import Caller
from tests.asgi import Answer, call

NOWHERE: dict[str, Any] = {"database_dsn": "x://x", "amqp_url": "x://x", "key": "00" * 32}


class Accepting:
    """A verifier that accepts each token as that of one client."""

    async def caller(self, _token: str) -> Caller:
        return Caller("client", "client", frozenset({CONSULT, DECLARE}), 0)


@pytest.mark.parametrize(
    ("method", "path", "status", "allowed"),
    [
        ("PUT", PATH, 405, "POST"),
        ("PUT", f"{PATH}/605114838201", 405, "GET, HEAD"),
        ("HEAD", PATH, 405, "POST"),
        ("GET", PATH.replace("declarations", "periods/1"), 501, None),
        ("POST", PATH.replace("declarations", "relations/search"), 501, None),
        ("GET", "/REST/dimona/v1/declarations/605114838201", 501, None),
        ("POST", "/REST/dimona/v1/declarations", 501, None),
    ],
)
async def test_a_known_path_is_never_404(
    monkeypatch: pytest.MonkeyPatch, method: str, path: str, status: int, allowed: str | None
) -> None:
    answer = await asked(monkeypatch, method, path)
    assert (answer.status, answer.headers.get("allow")) == (status, allowed)


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("POST", PATH, {"Content-Type": "text/xml"}, 415),
        ("POST", PATH, {"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ("POST", f"{PATH}/batches", {"Content-Type": "text/csv"}, 415),
        ("POST", f"{PATH}/search", {"Content-Type": "text/xml"}, 415),
        ("POST", PATH, {"Accept": "text/html"}, 406),
        ("GET", f"{PATH}/1", {"Accept": "application/xml"}, 406),
        ("GET", f"{PATH}/1", {"Accept": "application/xml, application/json;q=0.5"}, 404),
        ("GET", f"{PATH}/1", {"Accept": "*/*"}, 404),
        ("POST", PATH, {"Content-Type": "application/json; charset=utf-8"}, 400),
        ("POST", PATH, {}, 400),
    ],
)
async def test_other_media_types_are_refused(
    monkeypatch: pytest.MonkeyPatch, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    """A body without media type is read as JSON; here it is no declaration."""
    assert (await asked(monkeypatch, method, path, headers)).status == status


async def asked(
    monkeypatch: pytest.MonkeyPatch, method: str, path: str, headers: Mapping[str, str] | None = None
) -> Answer:
    """Return the answer of an API without database to a client with the scopes."""
    monkeypatch.setattr(api, "Verifier", SimpleNamespace(of=lambda _: Accepting()))
    stage = cast("Stage", SimpleNamespace(pool=None, has_room=True))
    app = api.app(IntakeSettings(**NOWHERE), cast("Any", None), stage)
    body = b"" if method == "GET" else b"[]"
    return await call(app, method, path, {"Authorization": "Bearer token", **(headers or {})}, body)
