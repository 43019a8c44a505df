"""The clients of the tests find an answer that breaks its contract."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Final

import pytest

from tests.asgi import Answer
from tests.contracts.answers import faults_anywhere
from tests.web import ask

OURS: Final = {"belgov-trace-id": "123e4567-e89b-42d3-a456-426614174000"}
PROBLEM: Final = {
    "type": "urn:problem-type:belgif:resourceNotFound",
    "title": "x",
    "status": 404,
    "detail": "x",
}
REST: Final = "/REST/dimona/v2"


def answer(status: int, body: Any, kind: str = "application/json", **headers: str) -> Answer:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, {**OURS, "content-type": kind, **given}, json.dumps(body).encode() if body else b"")


PAGE: Final = {"items": [], "page": 1, "pageSize": 50}
NUMBERS: Final = {"etag": '"x"', "cache_control": "public, max-age=3600"}
LIST: Final = {"self": "https://a", "page": 1, "pageSize": 1, "total": 1, "items": [{"code": 150}]}


@pytest.mark.parametrize(
    ("method", "path", "told"),
    [
        ("POST", f"{REST}/periods/search", answer(200, PAGE)),
        ("POST", f"{REST}/declarations", answer(201, None, location="https://a/1")),
        ("GET", f"{REST}/declarations/1", answer(404, PROBLEM, "application/problem+json")),
        ("GET", f"{REST}/refData/countries", answer(200, LIST, **NUMBERS)),
        ("HEAD", f"{REST}/refData/countries", answer(200, None, **NUMBERS)),
        ("GET", "/doc", answer(200, None, "text/html")),
        ("GET", "/readyz", Answer(200, {}, b"no contract")),
    ],
)
def test_an_answer_in_the_form_of_its_contract_has_no_fault(method: str, path: str, told: Answer) -> None:
    assert faults_anywhere(method, path, told) == []


@pytest.mark.parametrize(
    ("method", "path", "told"),
    [
        ("POST", f"{REST}/periods/search", answer(200, {"items": []})),
        ("POST", f"{REST}/periods/search", answer(200, PAGE | {"items": [{"periodId": "1"}]})),
        ("POST", f"{REST}/periods/search", answer(200, None)),
        ("POST", f"{REST}/declarations", answer(201, None)),
        ("POST", f"{REST}/declarations", answer(201, {"declarationId": 1}, location="https://a/1")),
        ("POST", f"{REST}/declarations", answer(201, {"a": 1}, location="x", preference_applied="wait=1")),
        ("GET", f"{REST}/declarations/1", answer(404, {}, "application/problem+json")),
        ("GET", f"{REST}/declarations/1", answer(404, PROBLEM)),
        ("GET", f"{REST}/refData/countries", answer(200, LIST)),
        ("GET", f"{REST}/refData/countries", answer(200, LIST | {"items": [{"code": "150"}]}, **NUMBERS)),
        ("HEAD", f"{REST}/refData/countries", answer(200, None)),
    ],
)
def test_control_a_planted_wrong_answer_is_found(method: str, path: str, told: Answer) -> None:
    assert faults_anywhere(method, path, told) != []


class _Planted(BaseHTTPRequestHandler):
    """A server with our trace id and a page without its number."""

    def do_POST(self) -> None:
        """Answer a search."""
        self.send_response(200)
        self.send_header("BelGov-Trace-Id", OURS["belgov-trace-id"])
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(b'{"items": []}')

    def log_message(self, *_: Any) -> None:
        """Print nothing."""


@pytest.fixture
def planted() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Planted) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_control_the_client_of_the_tests_fails_for_a_wrong_answer(planted: str) -> None:
    with pytest.raises(AssertionError, match="'page' is a required property"):
        ask(f"{planted}{REST}/periods/search?page=1", "POST", body={})
    assert ask(f"{planted}/elsewhere", "POST", body={}).status == 200
