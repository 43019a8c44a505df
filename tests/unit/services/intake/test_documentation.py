"""Intake serves the pages of a folder under `/doc`: bounded, cached, and closed to other hosts."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final

import pytest

from services.intake.api import app as intake
from services.intake.documentation import PATH
from services.intake.settings import BASE, IntakeSettings
from shared.runtime import request_queue
from shared.runtime.api import each_route
from shared.runtime.request_queue import AT_ONCE
from tests.asgi import Answer, call

LARGE: Final = b"0123456789abcdef" * 20_000
FILES: Final = {
    "index.html": b"<!doctype html><title>index</title>",
    "anomalies.html": b"<!doctype html><title>all</title>",
    "anomalies/90373-333.html": b"<!doctype html><title>one</title>",
    "large.js": LARGE,
    "openapi/events.json": b"{}",
    "empty.css": b"",
}


@pytest.fixture
def served(tmp_path: Path) -> Any:
    for path, content in {**FILES, "secret.key": b"no page"}.items():
        (tmp_path / "pages" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "pages" / path).write_bytes(content)
    (tmp_path / "outside.html").write_text("outside")
    return face(tmp_path / "pages")


def face(folder: Path | None) -> Any:
    nowhere = {"database_dsn": "x://nowhere", "amqp_url": "x://nowhere", "key": "00" * 32}
    settings = IntakeSettings(**nowhere, documentation=folder)  # type: ignore[arg-type]
    return intake(settings, None, None)  # type: ignore[arg-type]


async def get(api: Any, path: str, method: str = "GET", **headers: str) -> Answer:
    return await call(api, method, path, {name.replace("_", "-"): value for name, value in headers.items()})


@pytest.mark.parametrize("path", FILES)
async def test_a_file_is_served_as_it_was_written(served: Any, path: str) -> None:
    answer = await get(served, PATH if path == "index.html" else f"{PATH}/{path.removesuffix('.html')}")
    assert answer.status == 200
    assert answer.body == FILES[path]
    assert answer.headers["content-length"] == str(len(FILES[path]))


@pytest.mark.parametrize("path", [f"{PATH}/anomalies", f"{BASE}/refData/countries"])
async def test_pages_and_code_lists_take_a_slot(
    served: Any, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slot of a queue of their own, so that strangers that read them never hold up a declaration."""
    monkeypatch.setattr(request_queue, "LONGEST_WAIT", 0.05)
    (queue,) = {
        route.own_queue
        for route in each_route(served.routes)
        if route.path.startswith((PATH, f"{BASE}/refData"))
    }
    assert queue not in (None, served.state.queue)
    async with AsyncExitStack() as stack:
        for n in range(AT_ONCE - 1):
            await stack.enter_async_context(queue.slot(str(n), stranger=True))
        assert (await get(served, path)).status == 503
    assert (await get(served, path)).status == 200


async def test_a_large_file_is_sent_in_pieces(served: Any) -> None:
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(len(message.get("body", b"")))

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": f"{PATH}/large.js", "raw_path": b"", "query_string": b"", "root_path": "", "headers": [],
        "server": ("test", 80), "client": ("test", 1),
    }  # fmt: skip
    await served(scope, receive, send)
    assert max(sent) <= 64 * 1024 < sum(sent) == len(LARGE)


async def test_a_page_forbids_everything_from_other_hosts(served: Any) -> None:
    headers = (await get(served, f"{PATH}/anomalies/90373-333")).headers
    rules = dict(rule.strip().partition(" ")[::2] for rule in headers["content-security-policy"].split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["connect-src"] == "'self'"
    assert rules["frame-ancestors"] == "'none'"
    assert not any("//" in sources for sources in rules.values())
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert headers["x-content-type-options"] == "nosniff"


async def test_a_page_is_not_sent_twice(served: Any) -> None:
    first = await get(served, PATH)
    again = await get(served, PATH, if_none_match=first.headers["etag"])
    assert (again.status, again.body) == (304, b"")
    assert first.headers["cache-control"] == "public, max-age=300"


@pytest.mark.parametrize(
    "path",
    [
        "/doc/",
        "/doc/x",
        "/doc/../outside",
        "/doc/..%2Foutside",
        "/doc/secret.key",
        "/doc/anomalies/90373-999",
    ],
)
async def test_an_unknown_page_is_not_found(served: Any, path: str) -> None:
    answer = await get(served, path)
    assert (answer.status, answer.json()["type"]) == (404, "urn:problem-type:belgif:resourceNotFound")


async def test_a_page_cannot_be_written(served: Any) -> None:
    answer = await get(served, PATH, "POST")
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")


async def test_without_a_folder_there_is_no_documentation() -> None:
    assert (await get(face(None), PATH)).status == 501
