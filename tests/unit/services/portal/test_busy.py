"""The page for too many requests, and the header that tells when to try again."""

from __future__ import annotations

from typing import cast

import aiohttp
import pytest
from starlette.requests import Request
from starlette.responses import Response

from services.portal.apis import AwayError, BusyError
from services.portal.gate import Gate
from services.portal.visit import LostError
from shared.runtime.database import Pool
from shared.runtime.rate import TokenBuckets
from tests.unit.services.portal.test_uploads import SETTINGS


@pytest.fixture
def gate() -> Gate:
    return Gate(SETTINGS, cast("Pool", None), cast("aiohttp.ClientSession", None))


async def answer(gate: Gate, error: Exception | None = None) -> Response:
    """Return the answer to a request for a page that ends with this error."""
    scope = {
        "type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": [], "path_params": {},
        "client": ("192.0.2.1", 1),
    }  # fmt: skip

    async def act(request: Request) -> Response:
        if error is not None:
            raise error
        return Response("")

    return await gate.answer(Request(scope), act)


async def test_a_visitor_beyond_the_rate_gets_the_seconds_to_wait(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "_rate", TokenBuckets(0.5, 1, clock=lambda: 0.0))
    assert (await answer(gate)).status_code == 200
    refused = await answer(gate)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "2")


@pytest.mark.parametrize(
    ("error", "status", "told"),
    [
        (BusyError("x", 7), 429, "7"),
        (BusyError("x"), 429, "1"),
        (AwayError("x"), 503, None),
        (LostError("x"), 404, None),
    ],
)
async def test_an_error_has_its_page_and_only_a_busy_service_a_time(
    gate: Gate, error: Exception, status: int, told: str | None
) -> None:
    found = await answer(gate, error)
    assert (found.status_code, found.headers.get("retry-after")) == (status, told)
