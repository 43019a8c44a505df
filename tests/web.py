"""Send a request to a running service over HTTP, and hold its answer to the contract.

Redirects are not followed.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

from tests.asgi import Answer
from tests.contracts.answers import faults_anywhere


def ask(
    url: str,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | Any = b"",
    source: str | None = None,
) -> Answer:
    """Return the answer of a service at an address with path and query; fail if it breaks its contract.

    A body that is not bytes is sent as JSON; `source` is the address of this side, for example 127.0.0.2.
    """
    given, parts = dict(headers or {}), urlsplit(url)
    if not isinstance(body, bytes):
        body, given = json.dumps(body).encode(), {"Content-Type": "application/json", **given}
    place = None if source is None else (source, 0)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    with closing(kind(parts.netloc, timeout=10, source_address=place)) as connection:
        connection.request(method, f"{parts.path}?{parts.query}" if parts.query else parts.path, body, given)
        response = connection.getresponse()
        answer = Answer(
            response.status,
            {name.lower(): value for name, value in response.getheaders()},
            response.read(),
            response.headers.get_all("Set-Cookie", []),
        )
    found = faults_anywhere(method, url, answer)
    assert found == [], (method, found, answer)
    return answer
