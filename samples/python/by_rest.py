"""Declare over REST that a worker begins today, and poll for the result by the official schedule.

    python samples/python/by_rest.py EMPLOYER NISS

The addresses and the private key come from the environment: samples/README.md.
"""

import http.client
import json
import os
import sys
import time
import urllib.error
import urllib.request
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from access_token import token

FINAL = ("A", "W", "B")
#: Seconds before each poll: 2, then each second to 30 s, then each minute to 20 minutes.
PAUSES = (2, *[1] * 28, *[60] * 19)


class Client:
    """Asks with a token, and gets a new one before it expires."""

    def __init__(self, token_url: str, client_id: str, private_key: str) -> None:
        self._who = (token_url, client_id, private_key)
        self._token, self._good_until = "", 0.0

    def call(self, url: str, body: object = None) -> tuple[str, Any]:
        """Return Location and body of an answer. Raise urllib.error.HTTPError; its body is the problem."""
        if time.monotonic() >= self._good_until:
            asked, answer = time.monotonic(), token(*self._who)
            self._token = str(answer["access_token"])
            self._good_until = asked + float(str(answer["expires_in"])) - 60
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=10) as response:
            text = response.read()
            return response.headers.get("Location", ""), json.loads(text) if text else None


def result(location: str, client: Client) -> Any:
    """Return the final answer, or None after twenty minutes. 404 means: not yet."""
    for pause in PAUSES:
        time.sleep(pause)
        try:
            _, answer = client.call(location)
        except urllib.error.HTTPError as error:
            if error.code != 404 and error.code < 500:
                raise
        except (OSError, http.client.HTTPException):
            pass  # no answer: a GET may always be repeated
        else:
            if answer["declarationStatus"]["result"] in FINAL:
                return answer
    return None


def main(rest_url: str, token_url: str, client_id: str, private_key: str, employer: str, niss: str) -> None:
    """Declare that a worker begins today."""
    client = Client(token_url, client_id, private_key)
    features = {"jointCommissionNumber": "XXX", "workerType": "OTH"}
    today = datetime.now(ZoneInfo("Europe/Brussels")).date().isoformat()
    who = {"employer": {"enterpriseNumber": employer}, "worker": {"ssin": niss}}
    declaration = {**who, "dimonaIn": {"startDate": today, "features": features}}
    where, _ = client.call(f"{rest_url}/declarations", declaration)  # once: docs/how-to/retry.md has more
    print("received", where, flush=True)
    answer = result(where, client)
    print(f"answer {json.dumps(answer)}" if answer else f"no final answer yet; ask by hand: {where}")


if __name__ == "__main__":
    names = ("REST_URL", "TOKEN_URL", "ID", "PRIVATE_KEY")
    main(*(os.environ[f"DIMONA_CLIENT_{name}"] for name in names), *sys.argv[1:])
