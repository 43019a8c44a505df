"""Declares over REST and polls until the result is final, as the official schedule has it.

    python docs/examples/rest.py REST_URL TOKEN_URL CLIENT_ID PRIVATE_KEY.pem EMPLOYER NISS

`make up` writes all of it into .run/endpoints.json. The token comes from access_token.py beside this file.
It is no argument: whoever lists the processes of a machine reads those.
"""

# ruff: noqa: INP001, T201 - a program to be read and copied, which prints

import http.client
import json
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from access_token import token

FINAL = ("A", "W", "B")


class Client:
    """Asks with a token, and gets a new one before it expires."""

    def __init__(self, token_url: str, client_id: str, private_key: str) -> None:
        self._who = (token_url, client_id, private_key)
        self._token, self._good_until = "", 0.0

    def call(self, url: str, body: object = None) -> tuple[str, Any]:
        """Return Location and body of an answer. Raise urllib.error.HTTPError; its body is the problem."""
        headers = {"Authorization": f"Bearer {self._current()}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data, headers)  # noqa: S310 - your own address
        with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310
            text = response.read()
            return response.headers.get("Location", ""), json.loads(text) if text else None

    def _current(self) -> str:
        if time.monotonic() >= self._good_until:
            asked, answer = time.monotonic(), token(*self._who)
            self._token = str(answer["access_token"])
            self._good_until = asked + float(str(answer["expires_in"])) - 60
        return self._token


def pauses() -> Iterator[int]:
    """Yield the seconds before each poll: 2, then each second to 30 s, each minute to 20 minutes."""
    yield 2
    yield from [1] * 28
    yield from [60] * 19


def result(location: str, client: Client) -> Any:
    """Return the final answer, or None after twenty minutes. 404 means: not yet."""
    for pause in pauses():
        time.sleep(pause)
        try:
            _, answer = client.call(location)
        except urllib.error.HTTPError as error:
            if error.code != 404 and error.code < 500:
                raise
        except (OSError, http.client.HTTPException):
            pass  # nobody answered: a GET may always be repeated
        else:
            if answer["declarationStatus"]["result"] in FINAL:
                return answer
    return None


def main(rest_url: str, token_url: str, client_id: str, private_key: str, employer: str, niss: str) -> None:
    """Declare that somebody starts today."""
    client = Client(token_url, client_id, private_key)
    declaration = {
        "employer": {"enterpriseNumber": employer},
        "worker": {"ssin": niss},
        "dimonaIn": {
            "startDate": datetime.now(ZoneInfo("Europe/Brussels")).date().isoformat(),
            "features": {"jointCommissionNumber": "XXX", "workerType": "OTH"},
        },
    }
    where, _ = client.call(f"{rest_url}/declarations", declaration)  # once: a POST has no idempotency key
    print("received", where, flush=True)
    answer = result(where, client)
    print(f"answer {json.dumps(answer)}" if answer else f"no final answer yet; ask by hand: {where}")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except urllib.error.HTTPError as refused:
        sys.exit(refused.read().decode())
