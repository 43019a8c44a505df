"""A client of RabbitMQ's management API, for the requests of operators and of the provisioner."""

from __future__ import annotations

import base64
import http.client
import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qs, quote, unquote, urlsplit

from shared.runtime.tls import Files

TIMEOUT = 30.0  #: seconds
SETTING: Final = "dimona_management_url"  #: the setting with the address, for errors
#: Sections of a definitions document that are imported after the others, in this order.
_RIGHTS: Final = ("topic_permissions", "permissions")


class ManagementError(RuntimeError):
    """The error for a request that the API refused. Its text is the status and the answer of the API."""


class Management:
    """A client of the API at `url`: http(s)://user:password@host:port, or ?cafile=FILE with https."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        token = base64.b64encode(f"{user}:{password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {token}", "Content-Type": "application/json"}
        self._host, self._port, self._secure = parts.hostname or "", parts.port, parts.scheme == "https"
        self._files = Files(SETTING, parse_qs(parts.query).get("cafile", [None])[0])

    def request(self, method: str, path: str, body: Any = None) -> tuple[int, bytes]:
        """Send a request; return (status, body). Raise OSError or http.client.HTTPException on failure.

        Raise UntrustedError, an OSError, when TLS refuses the server.
        """
        connection = self._connection()
        try:
            connection.request(method, path, None if body is None else json.dumps(body), self._headers)
            response = connection.getresponse()
            return response.status, response.read()
        except OSError as error:
            if (untrusted := self._files.explain(error)) is not None:
                raise untrusted from None
            raise
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        if not self._secure:
            return http.client.HTTPConnection(self._host, self._port, timeout=TIMEOUT)
        context = self._files.client_context()
        return http.client.HTTPSConnection(self._host, self._port, timeout=TIMEOUT, context=context)

    def definitions(self) -> dict[str, Any]:
        """Return all users, vhosts, permissions, exchanges, queues and bindings of the broker as JSON.

        Raise ManagementError if the management API refuses the request.
        """
        found: dict[str, Any] = json.loads(self._done(*self.request("GET", "/api/definitions")))
        return found

    def import_definitions(self, definitions: Mapping[str, Any]) -> None:
        """Make every object of a definitions document; change no other object. Raise ManagementError.

        Permissions come last. Without a topic permission a user may publish with every routing key, so it
        must not be able to enter a vhost before. RabbitMQ 4 refuses a topic permission for an exchange that
        does not exist yet.
        """
        first = {section: rows for section, rows in definitions.items() if section not in _RIGHTS}
        for part in (first, *({section: definitions.get(section)} for section in _RIGHTS)):
            if any(part.values()):
                self._done(*self.request("POST", "/api/definitions", part))

    def delete_vhost(self, vhost: str) -> None:
        """Delete a vhost if it exists. Raise ManagementError."""
        self._delete(f"/api/vhosts/{quote(vhost, safe='')}")

    def delete_user(self, name: str) -> None:
        """Delete a user if there is one, which also ends its connections. Raise ManagementError."""
        self._delete(f"/api/users/{quote(name, safe='')}")

    def shut_out_readers(self, vhost: str) -> int:
        """Take a vhost from the users that may only read there, and return their number.

        Their connections to it end. A user without another vhost is deleted. Users with a tag, such as
        administrators, keep their rights. A missing vhost has no users. Raise ManagementError.
        """
        base = f"/api/vhosts/{quote(vhost, safe='')}"
        status, answer = self.request("GET", f"{base}/permissions")
        rights = [] if status == 404 else json.loads(self._done(status, answer))
        readers = {row["user"] for row in rights if row["write"] == "^$" and not self._tags_of(row["user"])}
        for user in readers:
            self._delete(f"/api/permissions/{quote(vhost, safe='')}/{quote(user, safe='')}")
            if not self._read(f"/api/users/{quote(user, safe='')}/permissions"):
                self.delete_user(user)
        staying = {row["user"] for row in rights} - readers
        for connection in self._read(f"{base}/connections") if rights else ():
            if connection.get("user") not in staying:
                self._delete(f"/api/connections/{quote(connection['name'], safe='')}")
        return len(readers)

    def _tags_of(self, name: str) -> Any:
        return self._read(f"/api/users/{quote(name, safe='')}")["tags"]

    def _read(self, path: str) -> Any:
        return json.loads(self._done(*self.request("GET", path)))

    def purge(self, vhost: str, queue: str) -> None:
        """Remove all ready messages of a queue if it exists. Raise ManagementError."""
        self._delete(f"/api/queues/{quote(vhost, safe='')}/{quote(queue, safe='')}/contents")

    def bound_connections(self, name: str, most: int) -> None:
        """Set how many connections a user may have; 0 also ends its open ones. Ignore a missing user.

        Raise ManagementError.
        """
        user = quote(name, safe="")
        if self.request("GET", f"/api/users/{user}")[0] == 404:
            return
        path = f"/api/user-limits/{user}/max-connections"
        self._done(*self.request("PUT", path, {"value": most}))
        if not most:
            self._delete(f"/api/connections/username/{user}")

    def _delete(self, path: str) -> None:
        status, answer = self.request("DELETE", path)
        if status != 404:
            self._done(status, answer)

    @staticmethod
    def _done(status: int, answer: bytes) -> bytes:
        if status >= 300:
            raise ManagementError(f"{status}: {answer.decode(errors='replace')}")
        return answer
