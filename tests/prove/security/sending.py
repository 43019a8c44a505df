"""Send many requests over connections that are kept, from several threads."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Final, TypeVar
from urllib.parse import urlsplit

from tests.asgi import Answer

T = TypeVar("T")
THREADS: Final = 8
#: Repeats of a request that was refused with 429; a client waits as the answer says.
_REPEATS: Final = 30
_PATIENCE: Final = 2.0  #: seconds; some operations take few requests per hour and source
#: Stands for a request without an answer.
NO_ANSWER: Final = Answer(0, {}, b"")


class Sender:
    """Requests to the APIs of a deployment."""

    def __init__(self, urls: Mapping[str, str]) -> None:
        self._urls, self._local = urls, threading.local()
        self._opened: list[http.client.HTTPConnection] = []
        self._numbers = (number % 250 + 1 for number in count())

    def close(self) -> None:
        """Close the connections of all threads."""
        for connection in self._opened:
            connection.close()

    def ask(
        self, service: str, method: str, path: str, headers: Mapping[str, str], body: bytes = b""
    ) -> Answer:
        """Return the answer to a request, or NO_ANSWER. After a short wait it is sent again (429)."""
        given = {**headers, **({"Content-Type": "application/json"} if body else {})}
        for _ in range(_REPEATS):
            answer = self._once(service, method, path, given, body)
            seconds = float(answer.headers.get("retry-after", "1"))
            if answer.status != 429 or seconds > _PATIENCE:
                break
            time.sleep(seconds)
        return answer

    def _once(self, service: str, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        # The server may have closed a kept connection; a new one has no such excuse.
        for fresh in (False, True):
            connection = self._connection(service, fresh=fresh)
            try:
                connection.request(method, path, body, dict(headers))
                response = connection.getresponse()
                named = {name.lower(): value for name, value in response.getheaders()}
                return Answer(response.status, named, response.read())
            except (OSError, http.client.HTTPException):
                connection.close()
        return NO_ANSWER

    def _connection(self, service: str, *, fresh: bool) -> http.client.HTTPConnection:
        kept: dict[str, http.client.HTTPConnection] = self._local.__dict__.setdefault("kept", {})
        if fresh or service not in kept:
            # Each thread is a source of its own: answers to a source that is often refused are slow.
            if not hasattr(self._local, "source"):
                self._local.source = f"127.0.3.{next(self._numbers)}"
            kept[service] = http.client.HTTPConnection(
                urlsplit(self._urls[service]).netloc, timeout=30, source_address=(self._local.source, 0)
            )
            self._opened.append(kept[service])
        return kept[service]


def spread(work: Callable[[T], None], items: Iterable[T]) -> None:
    """Do work for each item in several threads. Raise the first exception."""
    with ThreadPoolExecutor(THREADS) as pool:
        for _ in pool.map(work, items):
            pass
