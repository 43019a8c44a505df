"""A whole receiver of webhooks, with nothing but the standard library: `python webhook.py PORT SECRET`."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import sys
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer

TOLERANCE = 300  # seconds
PORT, SECRET = int(sys.argv[1]), sys.argv[2]
KEY = base64.b64decode(SECRET.removeprefix("whsec_"))
seen: set[str] = set()  # a real program keeps them in its database, in the transaction of the effect


def is_genuine(headers: Mapping[str, str], body: bytes) -> bool:
    """Whether one of the signatures fits, and the message is fresh."""
    id_, at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "0")
    if not at.isdecimal() or abs(time.time() - int(at)) > TOLERANCE:
        return False
    digest = hmac.new(KEY, f"{id_}.{at}.".encode() + body, hashlib.sha256).digest()
    wanted = "v1," + base64.b64encode(digest).decode()
    given = headers.get("webhook-signature", "").split()
    return any(hmac.compare_digest(wanted, one) for one in given)


class Receiver(BaseHTTPRequestHandler):
    """Takes what is genuine and new."""

    def do_POST(self) -> None:
        """One event."""
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        genuine = is_genuine(self.headers, body)
        if genuine and (id_ := self.headers["webhook-id"]) not in seen:
            seen.add(id_)
            event = json.loads(body)
            print(event["type"].rpartition(".")[2], event["data"]["notificationId"], flush=True)
        self.send_response(204 if genuine else 401)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing: what comes is about people."""


if __name__ == "__main__":
    HTTPServer(("127.0.0.1", PORT), Receiver).serve_forever()
