"""TLS to a real broker and a real database: right and wrong authorities, names, dates and logins."""

from __future__ import annotations

import asyncio
import os
import signal
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import uuid4

import asyncpg
import pytest

from deploy.local import postgres
from deploy.local.certificates import Authority
from deploy.local.deployment import ROOT
from deploy.local.stack import Stack
from services.notifier.delivery.channels.webhook import Target, TrustedNetworks, Webhook, new_secret
from shared.redelivery import Outcome
from shared.runtime import broker, database
from shared.runtime.broker import LOST
from shared.runtime.management import Management
from shared.runtime.operator import publisher
from shared.runtime.tls import UntrustedError
from tests.conftest import TLS

OWNER: Final = "0477472701"
REFUSED: Final = "the certificate of the server is refused"
#: An address of 127.0.0.1 that is in no certificate.
OTHER_NAME: Final = "127.1"


@pytest.fixture(scope="module")
def secure(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Return servers that accept TLS only: those of the suite with TLS=1, otherwise own ones."""
    if TLS:
        yield request.getfixturevalue("stack")
        return
    made = Stack(tmp_path_factory.mktemp("secure"), services=(), tls=True)
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Return an authority that issued none of the certificates."""
    return Authority(tmp_path_factory.mktemp("stranger"), "stranger")


def changed(address: str, **query: str) -> str:
    """Return an address with other values in its query."""
    parts = urlsplit(address)
    return parts._replace(query=urlencode(dict(parse_qsl(parts.query)) | query)).geturl()


def under_another_name(address: str) -> str:
    return address.replace("@127.0.0.1:", f"@{OTHER_NAME}:")


@asynccontextmanager
async def expired(stack: Stack) -> AsyncIterator[None]:
    """Give broker and database a certificate that has expired."""
    replace_certificate(stack, datetime.now(UTC) - timedelta(minutes=1))
    try:
        yield
    finally:
        replace_certificate(stack)
        await answers(lambda: open_and_close(stack, "database"))


def replace_certificate(stack: Stack, until: datetime | None = None) -> None:
    """Replace the certificate of the servers, as an operator does while they run."""
    certificate = stack.authority.issue("server", until=until)
    postgres.install(stack.postgres, certificate)
    os.kill(stack.pid("postgres"), signal.SIGHUP)


async def answers(attempt: Callable[[], Awaitable[None]]) -> None:
    """Repeat an attempt until it succeeds, because a server reads its files some time after the signal."""
    async with asyncio.timeout(20):
        while True:
            try:
                return await attempt()
            except OSError:
                await asyncio.sleep(0.1)


async def connect_to_broker(address: str) -> None:
    await (await broker.connect(address, "dimona.internal", "test")).close()


async def connect_to_database(address: str) -> None:
    await (await database.connect(address)).close()


CONNECT: Final = {"broker": connect_to_broker, "database": connect_to_database}
SETTINGS: Final = {"broker": "dimona_amqp_url", "database": "dimona_database_dsn"}
#: Reason for an unknown authority; RabbitMQ sends its own one too.
UNKNOWN: Final = {
    "broker": "self-signed certificate in certificate chain",
    "database": "unable to get local issuer certificate",
}
FILES: Final = {"broker": "cafile", "database": "sslrootcert"}


def address_of(stack: Stack, server: str) -> str:
    return stack.endpoints.operator_url if server == "broker" else stack.endpoints.postgres_dsn


async def open_and_close(stack: Stack, server: str) -> None:
    await CONNECT[server](address_of(stack, server))


@pytest.mark.parametrize("server", CONNECT)
async def test_the_right_authority_is_enough(secure: Stack, server: str) -> None:
    await open_and_close(secure, server)


async def test_the_database_has_no_connection_without_tls(secure: Stack) -> None:
    """Threat T33."""
    connection = await database.connect(secure.endpoints.postgres_dsn)
    try:
        version = await connection.fetchval("SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
    finally:
        await connection.close()
    assert version in ("TLSv1.2", "TLSv1.3")
    plain = urlsplit(secure.endpoints.postgres_dsn)._replace(query="sslmode=disable").geturl()
    with pytest.raises(asyncpg.InvalidAuthorizationSpecificationError):
        await connect_to_database(plain)


async def test_the_broker_has_no_connection_without_tls(secure: Stack) -> None:
    """Threat T33."""
    plain = urlsplit(secure.endpoints.operator_url)._replace(scheme="amqp", query="").geturl()
    with pytest.raises(LOST):
        await connect_to_broker(plain)


@pytest.mark.parametrize("server", CONNECT)
async def test_a_wrong_authority_is_named_with_its_setting(
    secure: Stack, stranger: Authority, server: str
) -> None:
    wrong = changed(address_of(secure, server), **{FILES[server]: str(stranger.file)})
    with pytest.raises(UntrustedError, match=f"^{SETTINGS[server]}: {REFUSED}: {UNKNOWN[server]}$"):
        await CONNECT[server](wrong)


@pytest.mark.parametrize("server", CONNECT)
async def test_another_name_of_the_server_is_refused(secure: Stack, server: str) -> None:
    with pytest.raises(UntrustedError, match=f"^{SETTINGS[server]}: {REFUSED}: .*mismatch"):
        await CONNECT[server](under_another_name(address_of(secure, server)))


@pytest.mark.parametrize("server", CONNECT)
async def test_an_expired_certificate_is_refused_and_its_successor_is_not(secure: Stack, server: str) -> None:
    async with expired(secure):

        async def is_refused() -> None:
            with suppress(UntrustedError):
                await open_and_close(secure, server)
                raise OSError("the former certificate")

        await answers(is_refused)
        with pytest.raises(UntrustedError, match=f"^{SETTINGS[server]}: {REFUSED}: certificate has expired"):
            await open_and_close(secure, server)
    await answers(lambda: open_and_close(secure, server))


@pytest.mark.parametrize("server", CONNECT)
@pytest.mark.parametrize("content", [None, "no certificate\n"], ids=["missing", "unreadable"])
async def test_a_file_that_cannot_be_used_is_named(
    secure: Stack, tmp_path: Path, server: str, content: str | None
) -> None:
    file = tmp_path / "ca.crt"
    if content is not None:
        file.write_text(content)
    wrong = changed(address_of(secure, server), **{FILES[server]: str(file)})
    with pytest.raises(UntrustedError, match=f"^{SETTINGS[server]}: the file of trusted authorities"):
        await CONNECT[server](wrong)


async def test_the_verification_of_the_broker_cannot_be_turned_off(
    secure: Stack, stranger: Authority
) -> None:
    wrong = changed(address_of(secure, "broker"), cafile=str(stranger.file), no_verify_ssl="1")
    with pytest.raises(UntrustedError):
        await connect_to_broker(wrong)


def test_the_management_api_is_verified(secure: Stack, stranger: Authority) -> None:
    url = secure.rabbitmq.management_url
    assert Management(url).request("GET", "/api/whoami")[0] == 200
    with pytest.raises(UntrustedError, match=f"^dimona_management_url: {REFUSED}"):
        Management(changed(url, cafile=str(stranger.file))).request("GET", "/api/whoami")


async def test_a_client_certificate_is_a_login_without_a_password(
    secure: Stack, stranger: Authority, tmp_path: Path
) -> None:
    management, user = secure.rabbitmq.management, "certified"
    management.request("PUT", f"/api/users/{user}", {"password_hash": "", "tags": ""})
    rights = {"configure": "", "write": "", "read": ""}
    management.request("PUT", f"/api/permissions/dimona.internal/{user}", rights)
    own = secure.authority.issue(user)
    plain = urlsplit(secure.endpoints.operator_url)
    place = plain.netloc.rpartition("@")[2]
    base = changed(plain._replace(netloc=f"{user}@{place}").geturl(), auth="external")
    await connect_to_broker(changed(base, certfile=str(own.certificate), keyfile=str(own.key)))
    foreign = stranger.issue(user)
    for wrong in (base, changed(base, certfile=str(foreign.certificate), keyfile=str(foreign.key))):
        with pytest.raises(LOST):
            await connect_to_broker(wrong)
    with pytest.raises(UntrustedError, match="certificate and key cannot be used"):
        await connect_to_broker(changed(base, certfile=str(own.certificate), keyfile=str(foreign.key)))


def started(stack: Stack, service: str, folder: Path, **changes: str) -> subprocess.CompletedProcess[str]:
    """Run a service with changed secret files until it ends by itself."""
    endpoints = stack.endpoints
    for file in (endpoints.secrets / service).iterdir():
        (folder / file.name).write_text(changes.get(file.name, file.read_text()))
    environment = endpoints.environment(service) | {"DIMONA_SECRETS_DIR": str(folder)}
    environment |= {name: value for name, value in changes.items() if name.isupper()}
    command = [sys.executable, "-m", f"services.{service}"]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("server", CONNECT)
def test_a_service_with_a_wrong_authority_ends_with_one_line(
    secure: Stack, stranger: Authority, tmp_path: Path, server: str
) -> None:
    name = SETTINGS[server]
    right = (secure.endpoints.secrets / "identification" / name).read_text()
    wrong = changed(right, **{FILES[server]: str(stranger.file)})
    ended = started(secure, "identification", tmp_path, **{name: wrong})
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == f"settings: {name}: {REFUSED}: {UNKNOWN[server]}\n"


def test_a_job_with_a_wrong_authority_ends_with_one_line(
    secure: Stack, stranger: Authority, tmp_path: Path
) -> None:
    right = secure.endpoints.dsns["ledger"]
    wrong = changed(right, sslrootcert=str(stranger.file))
    ended = started(secure, "ledger", tmp_path, dimona_database_dsn=wrong)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith(f"settings: dimona_database_dsn: {REFUSED}")


def test_a_service_with_an_unusable_certificate_ends_with_one_line(secure: Stack, tmp_path: Path) -> None:
    ended = started(secure, "identification", tmp_path, DIMONA_API_CERTIFICATE_FILE=str(tmp_path / "absent"))
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == "settings: dimona_api_certificate_file: certificate and key cannot be used\n"


def test_the_command_of_an_operator_has_one_line_too(secure: Stack, stranger: Authority) -> None:
    wrong = changed(secure.endpoints.postgres_dsn, sslrootcert=str(stranger.file))
    command = [str(Path(sys.executable).with_name("dimona")), "migrate"]
    environment = {"PATH": os.environ["PATH"], "DIMONA_DATABASE_DSN": wrong}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"error: dimona_database_dsn: {REFUSED}")
    assert ended.stderr.count("\n") == 1


async def test_a_message_of_an_operator_names_the_setting_too(secure: Stack, stranger: Authority) -> None:
    wrong = changed(address_of(secure, "broker"), cafile=str(stranger.file))
    with pytest.raises(UntrustedError, match=f"^dimona_amqp_url: {REFUSED}"):
        async with publisher(wrong, "dimona.internal", "test"):
            pass


async def test_a_webhook_with_an_unknown_authority_gets_nothing(stranger: Authority) -> None:
    certificate = stranger.issue("webhook")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate.certificate, certificate.key)
    requests: list[object] = []
    server = await asyncio.start_server(
        lambda reader, _: requests.append(reader), "127.0.0.1", 0, ssl=context
    )
    url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    webhook = Webhook(TrustedNetworks({OWNER: ["127.0.0.0/8"]}))
    async with server:
        attempt = await webhook.send(Target(OWNER, url, [new_secret()]), uuid4(), "{}")
        await webhook.close()
    assert (attempt.outcome, attempt.reason) == (Outcome.UNREACHABLE, "ClientConnectorCertificateError")
    assert requests == []
