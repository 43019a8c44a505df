"""The controls of `make prove-security`: each of its checkers finds planted faults."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import repeat
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from schemathesis.core.parameters import ParameterLocation

from shared.problems import problem
from tests.asgi import Answer
from tests.contracts.openapi import Operation, operations
from tests.prove.security import flood, strangers
from tests.prove.security.bodies import ATTACKS
from tests.prove.security.figures import SERVER_ERRORS, STRANGERS, UNDOCUMENTED, VIOLATIONS, Figures
from tests.prove.security.fuzzing import fuzz_operation, has_wrong_body, operations_at
from tests.prove.security.ids import difference
from tests.prove.security.samples import body_of
from tests.prove.security.strangers import Stranger

PROBLEM = {"content-type": "application/problem+json"}
KNOWN = {"enterpriseNumber": "0477472701"}


def operation(name: str) -> Operation:
    return next(each for each in operations() if each.document["operationId"] == name)


def refusal(name: str, **more: Any) -> Answer:
    said = {**problem(name, "No."), "instance": "urn:uuid:1", **more}
    return Answer(said["status"], PROBLEM, json.dumps(said).encode())


def careless(body: bytes) -> Answer:
    """Answer as an API that believes Python's own parser."""
    try:
        json.loads(body)
    except ValueError:
        return refusal("badRequest")
    except RecursionError:
        return Answer(500, {}, b"")
    return Answer(201, {}, b"")


def test_a_careless_parser_is_found() -> None:
    """Threat T13: it takes documents that are none, and fails for others."""
    figures, random, declare = Figures(), Random(1), operation("createDeclaration")
    for name, make in ATTACKS.items():
        for _ in range(40):
            flood.judge(figures, declare, name, careless(make(random, body_of(declare))))
    found = " ".join(figures.faults[SERVER_ERRORS])
    for attack in ("property twice", "no number", "lone surrogate", "NUL", "unknown property", "depth"):
        assert f"201 for {attack}" in found
    assert "500 for depth" in found
    assert "for cut off" not in found


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"dimonaCancel": {"periodId": 605114838201}, "worker": None}, False),
        ({"dimonaCancel": {"periodId": 605114838201}, "worker": {"address": {"street": None}}}, False),
        ({"dimonaCancel": {"periodId": "none"}, "worker": None}, True),
        ({"dimonaCancel": {"periodId": 605114838201}, "unknown": [None]}, True),
    ],
)
def test_only_null_makes_a_declaration_no_wrong_one(body: dict[str, Any], wrong: bool) -> None:
    negative = SimpleNamespace(mode=SimpleNamespace(is_negative=True))
    case = SimpleNamespace(
        meta=SimpleNamespace(components={ParameterLocation.BODY: negative}),
        operation=SimpleNamespace(definition=SimpleNamespace(raw={"operationId": "createDeclaration"})),
        body=body,
    )
    assert has_wrong_body(case) is wrong


def test_a_strict_parser_is_not_blamed() -> None:
    figures = Figures()
    flood.judge(figures, operation("createDeclaration"), "depth", refusal("badRequest"))
    assert figures.faults == {}


class _Faulty(BaseHTTPRequestHandler):
    """An API with one planted fault for each path."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet

    def _answer(self) -> None:
        said: dict[str, Any] = {}
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path.startswith("/contestations") and self.command == "POST":
            status = 500 if b"\\u0000" in body or not body.startswith(b"{") else 400
        elif self.path.startswith("/cases/") and self.command == "GET":
            status = 418
        else:
            status, said = 200, {"items": "none"}
        text = json.dumps({**problem("badRequest", "No."), "status": status} if status >= 400 else said)
        self.send_response(status)
        self.send_header("Content-Type", "application/problem+json" if status >= 400 else "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _answer  # noqa: N815 - the names of the library

    def log_message(self, *_: Any) -> None:
        """Write nothing."""


@contextmanager
def faulty() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Faulty)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def test_faulty_answers_are_found() -> None:
    """Threat T22: a 500 for some bodies, a status and a body that are not in the contract."""
    figures = Figures()
    labels = ("POST /contestations", "GET /cases/{caseId}", "GET /letters", "POST /cases/search")
    with faulty() as url:
        for each in operations_at("contact", url):
            if each.label in labels:
                fuzz_operation(figures, each, {}, repeat({}), 40)
    assert figures.faults[SERVER_ERRORS]["POST /contestations: status 500"]
    assert figures.faults[UNDOCUMENTED]["GET /cases/{caseId}: status 418"]
    found = figures.faults[VIOLATIONS]
    assert any(text.startswith("GET /letters: 200: ") for text in found)
    assert any(text.startswith("POST /cases/search: 200: ") and "request accepted" in text for text in found)
    assert not any("400" in text for text in found)


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (refusal("missingPermission"), None),
        (refusal("resourceNotFound"), None),
        (Answer(200, {"content-type": "application/json"}, b"{}"), "200 without a problem"),
        (Answer(0, {}, b""), "0 without a problem"),
        (refusal("badRequest"), "400 badRequest"),
        (refusal("missingPermission", owner="0477472701"), "missingPermission with ['owner']"),
    ],
)
def test_an_answer_with_content_for_a_stranger_is_found(answer: Answer, fault: str | None) -> None:
    """Threat T4."""
    stranger = Stranger("a stranger", dict, frozenset({"missingPermission", "resourceNotFound"}))
    figures = Figures()
    strangers.judge(figures, operation("listUsers"), stranger, answer, KNOWN)
    assert list(figures.faults.get(STRANGERS, ())) == (
        [] if fault is None else [f"listUsers, a stranger: {fault}"]
    )


def test_the_victim_in_a_list_of_a_stranger_is_found() -> None:
    """Threat T6."""
    stranger = Stranger("a stranger", dict, strangers.RIGHTLESS)
    for body, found in ((b'{"items": []}', 0), (b'{"items": [{"of": "0477472701"}]}', 1)):
        figures = Figures()
        strangers.judge(
            figures,
            next(
                each
                for each in operations()
                if (each.contract, each.document["operationId"]) == ("access", "listEvents")
            ),
            stranger,
            Answer(200, {}, body),
            KNOWN,
        )
        assert figures.total(STRANGERS) == found


@pytest.mark.parametrize(
    ("forbidden", "fault"),
    [
        (refusal("resourceNotFound"), None),
        (refusal("resourceNotFound", instance="urn:uuid:2"), None),
        (refusal("missingPermission"), "403, and 404 for a missing one"),
        (refusal("resourceNotFound", detail="Not yours."), "another body"),
        (Answer(404, {**PROBLEM, "x-owner": "0"}, refusal("resourceNotFound").body), "other headers"),
        (Answer(200, PROBLEM, b"{}"), "status 200"),
    ],
)
def test_a_difference_between_forbidden_and_missing_is_found(forbidden: Answer, fault: str | None) -> None:
    """Threats T6, T15."""
    assert difference(forbidden, "605114838201", refusal("resourceNotFound"), "605114838202") == fault
