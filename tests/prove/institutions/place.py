"""A running feed with its database, the programs of its institutions, and the events that are written."""

from __future__ import annotations

import asyncio
import http.client
import json
import time
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

import asyncpg
from joserfc.jwk import ECKey

from deploy.local.demo.directory import FEED
from deploy.local.deployment import Endpoints
from shared.domain.feed_fields import FEED_FIELDS
from tests.oauth import assertion, grant, post

#: Serial numbers of the births of a day.
_SERIALS: Final = 997
_FIRST: Final = date(1940, 1, 1)
_OPENED: Final = "be.nsso.dimona.v1.periods.notify.opened"
#: A token is valid for ten minutes.
_GOOD_FOR: Final = 300.0
_CHUNK: Final = 100_000  #: events in one transaction, so that none holds the horizon for long
_WRITERS: Final = 2
#: The period n is one of the worker `n % $5`; the number of the worker is that of `number`.
_WRITE: Final = f"""
INSERT INTO personnel_file.feed (event_id, type, data, occurred_at, ssin)
SELECT gen_random_uuid(), $1, format('{{"relation": {{"id": %s}}, "version": %s, "worker": {{"ssin": "%s"}}, '
    '"periodId": %s, "status": "OPEN"}}', n, $4::int, s.ssin, n), clock_timestamp(), s.ssin
FROM generate_series($2::bigint, $3::bigint - 1) AS g (n), LATERAL (
    SELECT to_char(date '{_FIRST}' + ((n % $5::bigint + $6::bigint) / {_SERIALS})::int, 'YYMMDD')
        || lpad(((n % $5::bigint + $6::bigint) % {_SERIALS} + 1)::text, 3, '0') AS nine OFFSET 0) AS b,
    LATERAL (SELECT nine || lpad((97 - nine::bigint % 97)::text, 2, '0') AS ssin) AS s"""  # noqa: S608
_GRANT: Final = """
INSERT INTO access.institution_authorization (authorization_id, version, institution_id, recipient_class,
    legal_basis, purpose, fields, all_workers, all_workers_basis, begins_at, country, contact, granted_by,
    confirmed_by)
VALUES (gen_random_uuid(), 1, $1, 'social_security', 'law', 'proof', $2, $3::text IS NOT NULL, $3, $4, 'BE',
    '-', 'operator:a', 'operator:b')"""
_END: Final = """
UPDATE access.institution_authorization SET ended_by = 'operator:c', end_reason = 'the proof went on'
WHERE institution_id = $1"""


def number(place: int) -> str:
    """Return a valid number of a person, another one for each place, of births from 1940 on."""
    days, serial = divmod(place, _SERIALS)
    nine = f"{_FIRST + timedelta(days=days):%y%m%d}{serial + 1:03}"
    return f"{nine}{97 - int(nine) % 97:02}"


class Program:
    """A technical client of an institution, with one connection to the feed."""

    def __init__(self, endpoints: Endpoints, client_id: str, key: ECKey) -> None:
        self._token_url, self._client_id, self._key = (
            f"{endpoints.api_url('access')}/REST/oauth/v5/token", client_id, key,
        )  # fmt: skip
        self.url = endpoints.api_url("feed")
        self._connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=60)
        self._token, self._until = "", 0.0
        self.longest = 0  #: bytes of the longest answer

    def token(self) -> str:
        """Return a new token of the token server."""
        signed = assertion(self._client_id, self._token_url, self._key, "ES256")
        answer = post(self._token_url, grant(signed, scope=FEED))
        assert answer.status == 200, answer.body
        token: str = answer.json()["access_token"]
        return token

    def another(self, endpoints: Endpoints) -> Program:
        """Return this client with a connection of its own."""
        return Program(endpoints, self._client_id, self._key)

    def request(self, method: str, path: str, body: bytes = b"") -> Any:
        """Return the document of an answer. Wait and repeat while the feed has no room (429, 503)."""
        status, text = 0, b""
        for _ in range(20):
            if time.monotonic() > self._until:
                self._token, self._until = self.token(), time.monotonic() + _GOOD_FOR
            headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "text/plain"}
            try:
                self._connection.request(method, path, body, headers)
                answer = self._connection.getresponse()
                text = answer.read()
            except ConnectionError:  # the server has closed an idle connection
                self._connection.close()
                continue
            status = answer.status
            if status not in (429, 503):
                break
            time.sleep(float(answer.headers["Retry-After"]))
        assert status == 200, (status, text)
        self.longest = max(self.longest, len(text))
        return json.loads(text)


class Place:
    """The feed of a stack, with its database as the owner sees it."""

    def __init__(self, endpoints: Endpoints, owner: asyncpg.Connection) -> None:
        self.endpoints, self.owner = endpoints, owner
        self._organizations = [each.enterprise_number for each in endpoints.data.organizations.values()]

    async def institution(self, name: str, basis: str | None = None) -> Program:
        """Add an institution with a client and an authorization, for all workers with a basis."""
        key, client = ECKey.generate_key("P-256", private=True), f"{name}_reader"
        await self.owner.execute("INSERT INTO access.institution (institution_id) VALUES ($1)", name)
        await self.owner.execute(
            "INSERT INTO access.client (client_id, organization, queue) VALUES ($1, $2, FALSE)",
            client, self._organizations.pop(),
        )  # fmt: skip
        await self.owner.execute("INSERT INTO access.institution_client VALUES ($1, $2)", client, name)
        await self.owner.execute(
            "INSERT INTO access.client_scope VALUES ($1, 'client_credentials', $2)", client, FEED
        )
        await self.owner.execute(
            "SELECT access.add_client_key($1, $2, $3, clock_timestamp(), NULL, NULL)",
            client, key.thumbprint(), json.dumps(key.as_dict(private=False)),
        )  # fmt: skip
        begin = datetime.now(UTC) - timedelta(days=30)
        await self.owner.execute(_GRANT, name, list(FEED_FIELDS), basis, begin)
        return Program(self.endpoints, client, key)

    async def end(self, name: str) -> None:
        """End the authorization of an institution."""
        await self.owner.execute(_END, name)

    async def write(self, first: int, end: int, *, version: int = 1, workers: int, skipped: int = 0) -> None:
        """Write an event of each period from `first` to before `end`.

        The period n is one of the worker n modulo `workers`, counted after `skipped` numbers of persons.
        """
        await self.owner.execute(_WRITE, _OPENED, first, end, version, workers, skipped, timeout=600)

    async def fill(self, first: int, end: int, workers: int) -> None:
        """Write many periods, through several connections and in short transactions."""
        chunks = iter(range(first, end, _CHUNK))

        async def writer() -> None:
            connection = await asyncpg.connect(self.endpoints.postgres_dsn)
            try:
                for at in chunks:
                    await connection.execute(
                        _WRITE, _OPENED, at, min(at + _CHUNK, end), 1, workers, 0, timeout=600
                    )
            finally:
                await connection.close()

        await asyncio.gather(*(writer() for _ in range(_WRITERS)))
        await self.owner.execute("ANALYZE personnel_file.feed", timeout=600)
