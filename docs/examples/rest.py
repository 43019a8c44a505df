"""Declares over REST and polls until the result is final, as the official schedule has it.

    python docs/examples/rest.py REST_URL TOKEN EMPLOYER NISS

`make up` writes REST_URL into .run/endpoints.json (`rest_url`); docs/examples/access_token.py gets the token.
"""

# ruff: noqa: INP001, T201 - a program to be read and copied, which prints

import json
import sys
import time
import urllib.error
import urllib.request
from datetime import date
from typing import Any

FINAL = ("A", "W", "B")


def call(url: str, token: str, body: object = None) -> tuple[str, Any]:
    """The Location and the body of an answer. Raises urllib.error.HTTPError; its body is the problem."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, headers)  # noqa: S310 - your own address
    with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310
        text = response.read()
        return response.headers.get("Location", ""), json.loads(text) if text else None


def result(location: str, token: str) -> Any:
    """The final answer: every second for half a minute, then every minute. 404 means: not yet."""
    began = time.monotonic()
    while True:
        try:
            _, answer = call(location, token)
            if answer["declarationStatus"]["result"] in FINAL:
                return answer
            print("provisional", json.dumps(answer))
        except urllib.error.HTTPError as error:
            if error.code != 404:
                raise
        time.sleep(1 if time.monotonic() - began < 30 else 60)


if __name__ == "__main__":
    rest, secret, employer, niss = sys.argv[1:]
    declaration = {
        "employer": {"enterpriseNumber": employer},
        "worker": {"ssin": niss},
        "dimonaIn": {
            "startDate": date.today().isoformat(),  # noqa: DTZ011 - the day where you are
            "features": {"jointCommissionNumber": "XXX", "workerType": "OTH"},
        },
    }
    try:
        where, _ = call(f"{rest}/declarations", secret, declaration)
        print("received", where)
        print("answer", json.dumps(result(where, secret)))
    except urllib.error.HTTPError as refused:
        sys.exit(refused.read().decode())
