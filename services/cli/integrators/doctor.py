"""`dimona doctor`: check a client's settings, clock, token, scopes, permissions and queues, one by one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Annotated, Final, NamedTuple
from uuid import uuid4

import typer

from services.cli.integrators import queue
from services.cli.integrators.client import Client, ClientOption, ask, load_client, request_token
from shared.runtime.broker import LOST, connect, existing
from shared.runtime.bursts import Sent
from shared.runtime.operator import ENDPOINTS, EndpointsOption, NotPublishedError, SecretsOption
from shared.topology import reply_queue

#: The most seconds that the clock of an assertion may be ahead.
_LEEWAY: Final = 5
_ROUND_TRIP_SECONDS: Final = 20.0
#: A number with right check digits, and with first digits that no declaration has.
_NO_DECLARATION: Final = 999999999948
_REST_PATH: Final = "/REST/dimona/v2"
_FURTHER: Final = tuple(f"scope:dimona:{name}" for name in ("access", "mandates", "ebox", "contact"))

#: Remedies for errors of the token endpoint (RFC 6749 §5.2).
_TOKEN_REMEDIES: Final = {
    "invalid_client": "register the public key of this private key for this client (docs/tokens.md), and "
    "sign with its address of the token endpoint as `aud`",
    "invalid_request": "check token_url: it ends with /REST/oauth/v5/token",
    "invalid_scope": "ask the access manager of your organization to give the client this scope",
}
_REST_REMEDIES: Final = {
    401: "check that rest_url and token_url are of one deployment",
    403: "the client is not in the directory, or lacks the scope scope:dimona:declaration:consult",
    429: "wait for the seconds of Retry-After",
    501: "this deployment has not built the operation: check rest_url",
}
_VHOST: Final = "check the vhost at the end of amqp_url, for example dimona.public"
_BROKER_REMEDIES: Final = {
    "ProbableAuthenticationError": "check user name and password; after a new password wait until the "
    "account is `ready` (GET …/clients)",
    "AuthenticationError": "check user name and password",
    # The library has no error of its own for a vhost that is unknown or forbidden.
    "InvalidFrameError": _VHOST,
    "ConnectionClosed": _VHOST,
    "UntrustedError": "check host and cafile of amqp_url: the certificate of the broker is not trusted",
}
_SENT_REMEDIES: Final = {
    Sent.RETURNED: "the routing key leads nowhere: the client has no queue of its own; turn its queue on "
    "(PATCH …/clients), or ask the operator for `dimona topology apply`",
    Sent.NACKED: "the queue is full: wait, and send again",
    Sent.DISCONNECTED: "publishing is forbidden: the user name has to be the client id",
    Sent.TIMEOUT: "the broker does not confirm: try again, then tell the operator",
}


class Finding(NamedTuple):
    """The outcome of one check. If it has a remedy, the check found a fault."""

    check: str
    text: str
    remedy: str = ""


def doctor(
    round_trip: Annotated[
        bool, typer.Option(help="Send an empty declaration, which is answered with a problem: no effect.")
    ] = True,
    client: ClientOption = "",
    endpoints: EndpointsOption = ENDPOINTS,
    secrets_dir: SecretsOption = None,
) -> None:
    """Check everything that a program needs before it declares. Exit code 1 if a check finds a fault."""
    settings = load_client(endpoints, secrets_dir, client)
    findings = 0
    for check in (_settings, _clock, _token, _scopes, _rest):
        findings += _print(check(settings))
    findings += asyncio.run(_queue(settings, round_trip))
    raise typer.Exit(bool(findings))


def _print(found: Iterator[Finding]) -> int:
    return sum(_print_one(each) for each in found)


def _print_one(finding: Finding) -> bool:
    print(f"{'!!' if finding.remedy else 'ok'}  {finding.check}: {finding.text}")
    if finding.remedy:
        print(f"      → {finding.remedy}")
    return bool(finding.remedy)


def _settings(client: Client) -> Iterator[Finding]:
    for name in ("id", "private_key", "token_url", "rest_url", "amqp_url"):
        if getattr(client, name) is None:
            yield Finding("settings", f"{name} is missing", f"set DIMONA_CLIENT_{name.upper()}")
    if client.private_key is not None and client.private_key.exists():
        mode = Path(client.private_key).stat().st_mode & 0o077
        if mode:
            yield Finding("settings", "others may read the private key", f"chmod 600 {client.private_key}")
    if client.id is not None:
        yield Finding("settings", f"client {client.id}")


def _clock(client: Client) -> Iterator[Finding]:
    if client.token_url is None:
        return
    try:
        before = time.time()
        answer = ask(client.token_url, "POST", b"")
    except OSError as error:
        yield Finding("token endpoint", type(error).__name__, "check token_url, and your way to the Internet")
        return
    there = parsedate_to_datetime(answer.headers["date"]).astimezone(UTC)
    ahead = (before + time.time()) / 2 - there.timestamp() - 0.5  # the header has whole seconds
    text = f"{abs(ahead):.0f} s {'ahead' if ahead > 0 else 'behind'} at {datetime.now(UTC):%H:%M:%S}Z"
    remedy = "set the clock by NTP: assertions of the future are refused" if abs(ahead) > _LEEWAY else ""
    yield Finding("clock", text, remedy)


def _token(client: Client) -> Iterator[Finding]:
    if None in (client.id, client.private_key, client.token_url):
        return
    try:
        answer = request_token(client)
    except OSError as error:
        yield Finding("token", type(error).__name__, "check private_key and token_url")
        return
    except typer.BadParameter as error:
        yield Finding("token", str(error), "give a private key of RSA, in PEM or as a JWK")
        return
    if answer.status == 200:
        yield Finding("token", f"valid for {answer.body['expires_in']} s, with {answer.body['scope']}")
    else:
        body = answer.body if isinstance(answer.body, dict) else {}
        remedy = _TOKEN_REMEDIES.get(body.get("error", ""), "check token_url")
        yield Finding("token", body.get("error_description", str(answer.status)), remedy)


def _scopes(client: Client) -> Iterator[Finding]:
    """Yield a finding with the further scopes that the client has, which is never a fault.

    Yield nothing if a setting is missing or no token can be asked for.
    """
    if None in (client.id, client.private_key, client.token_url):
        return
    try:
        given = [scope for scope in _FURTHER if request_token(client, scope).status == 200]
    except (OSError, typer.BadParameter):
        return  # the check of the token has said so
    yield Finding("further scopes", ", ".join(given) or "none")


def _rest(client: Client) -> Iterator[Finding]:
    if client.rest_url is None or None in (client.id, client.private_key, client.token_url):
        return
    if not client.rest_url.endswith(_REST_PATH):
        yield Finding("REST", "another path", f"check rest_url: it ends with {_REST_PATH}")
        return
    try:
        token = request_token(client)
        if token.status != 200:
            return
        headers = {"Authorization": f"Bearer {token.body['access_token']}"}
        answer = ask(f"{client.rest_url}/declarations/{_NO_DECLARATION}", headers=headers)
    except typer.BadParameter:
        return  # the check of the token has said so
    except OSError as error:
        yield Finding("REST", type(error).__name__, "check rest_url")
        return
    if answer.status == 404 and isinstance(answer.body, dict):
        yield Finding("REST", "may declare and read")
    else:
        remedy = _REST_REMEDIES.get(answer.status, "check rest_url")
        yield Finding("REST", f"answer {answer.status}", remedy)


async def _queue(client: Client, round_trip: bool) -> int:
    if None in (client.id, client.amqp_url):
        return 0
    findings = 0
    async for finding in _of_queue(client, round_trip):
        findings += _print_one(finding)
    return findings


async def _of_queue(client: Client, round_trip: bool) -> AsyncIterator[Finding]:
    (url, vhost), name = client.broker, reply_queue(client.need("id"))
    try:
        connection = await connect(url, vhost, queue.NAME)
        await connection.close()
    except LOST as error:
        kind = type(error).__name__
        yield Finding("broker", kind, _BROKER_REMEDIES.get(kind, "check host and port of amqp_url"))
        return
    yield Finding("broker", f"connected to {vhost}")
    if name not in await existing(url, vhost, queue.NAME, [name]):
        yield Finding(
            "reply queue", f"there is no {name}", "turn the queue of the client on (PATCH …/clients)"
        )
        return
    try:
        events = await queue.read(client)
    except ConnectionError as error:
        yield Finding("reply queue", str(error), "the user name has to be the client id")
        return
    yield Finding("reply queue", f"{len(events)} events wait in {name}")
    if round_trip:
        yield await _round_trip(client)


async def _round_trip(client: Client) -> Finding:
    """Send an event without declaration, and wait for the problem that answers it. Return the outcome."""
    message = queue.event_of(client, str(uuid4()), {})
    try:
        (sent,) = await queue.publish(client, [message])
    except NotPublishedError as error:
        return Finding("round trip", str(error), _SENT_REMEDIES[Sent.DISCONNECTED])
    if sent is not Sent.CONFIRMED:
        return Finding("round trip", sent, _SENT_REMEDIES[sent])
    began = time.monotonic()
    async for event in queue.answers(client, [message.id], _ROUND_TRIP_SECONDS):
        took = time.monotonic() - began
        return Finding("round trip", f"{event['type'].rpartition('.')[2]} after {took:.1f} s")
    return Finding(
        "round trip",
        f"no answer in {_ROUND_TRIP_SECONDS:.0f} s",
        "another program of yours reads this queue and took the answer; else tell the operator",
    )
