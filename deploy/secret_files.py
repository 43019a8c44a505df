"""Make the secret files of a new deployment: `python -m deploy.secret_files FOLDER`.

FOLDER gets a folder for each process with its files, one for the owner of database and topology, and the
passwords of the servers. Files that exist stay, so that a second run adds only those that are missing.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import asyncssh
from joserfc.jwk import ECKey, RSAKey

from deploy.processes import PROCESSES, Process
from shared.topology import Deployment

_WORD_BYTES: Final = 24
_KEY_BITS: Final = 2048
_OPERATOR: Final = "operator"
#: The users that the images of servers run as, for the files that these read without the rights of root.
_READERS: Final = {"servers/owner_password": 999, "servers/grafana_password": 472}
_OWNER: Final = "dimona_owner"
_HOST_KEY: Final = "ssh-ed25519"


class _Words:
    """The passwords of a deployment by name, in one file so that later runs find them."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._known: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}

    def __call__(self, name: str) -> str:
        return self._known.setdefault(name, secrets.token_hex(_WORD_BYTES))

    def text(self) -> str:
        return json.dumps(self._known, indent=1)


def write(
    folder: Path, deployment: Deployment, servers: Mapping[str, str], owner: int | None = None
) -> list[str]:
    """Write the missing secret files, mode 0400, and return their paths below the folder.

    Args:
        folder: The folder of all secrets, mode 0700.
        deployment: The names of users of the broker begin with its name.
        servers: `host:port` of `database`, `broker` and `management`. With `authorities`, a file that every
            process can read, the addresses lead to TLS, and this file has the trusted authorities.
        owner: The user and group that get the files of processes; None leaves them to the present user.
    """
    words = _Words(folder / "passwords.json")
    made = _documents(deployment, servers, words)
    made["passwords.json"] = words.text
    written = []
    for path, text in made.items():
        file = folder / path
        if file.exists() and path != "passwords.json":
            continue
        _write(file, text(), None if owner is None else _reader(path, owner))
        written.append(path)
    return written


def _reader(path: str, owner: int) -> int:
    """Return the user that reads a file: one of a server, root for the servers' other files, or `owner`."""
    alone = path.startswith("servers/") or "/" not in path
    return _READERS.get(path, os.geteuid()) if alone else owner


def _write(file: Path, text: str, owner: int | None) -> None:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    file.unlink(missing_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text)
    if owner is not None:
        os.chown(file, owner, owner)
        if file.parent.name in (*PROCESSES, "owner"):
            os.chown(file.parent, owner, owner)


def _documents(
    deployment: Deployment, servers: Mapping[str, str], words: _Words
) -> dict[str, Callable[[], str]]:
    """Return for each file the function that makes its text."""
    key = words("key") + words("key2")[:16]  # 64 digits
    by_name: dict[str, Callable[[str], str]] = {
        "database_dsn": lambda role: _database(role, servers, words),
        "amqp_url": lambda role: _trusting("amqp", _user(deployment, role), "broker", servers, words),
        "management_url": lambda role: _trusting(
            "http", _user(deployment, role), "management", servers, words
        ),
        "key": lambda _role: key,
        "token_key": lambda _role: json.dumps(ECKey.generate_key("P-256").as_dict(private=True)),
        "canary_private_key": lambda _role: RSAKey.generate_key(_KEY_BITS).as_pem(private=True).decode(),
        "sftp_host_key": lambda _role: asyncssh.generate_private_key(_HOST_KEY).export_private_key().decode(),
    }
    made: dict[str, Callable[[], str]] = {
        f"{process.name}/dimona_{name}": partial(by_name[name], f"dimona_{process.name}")
        for process in _processes(deployment)
        for name in (*process.required, *(("sftp_host_key",) if "sftp_host_key" in process.secrets else ()))
    }
    made["owner/dimona_database_dsn"] = partial(by_name["database_dsn"], _OWNER)
    made["owner/dimona_amqp_url"] = partial(by_name["amqp_url"], _OPERATOR)
    made["owner/dimona_management_url"] = partial(by_name["management_url"], _OPERATOR)
    made["owner/roles.json"] = lambda: json.dumps({role: words(role) for role in _roles()})
    made["owner/accounts.json"] = lambda: json.dumps(_accounts(deployment, words), indent=1)
    made["servers/database_password"] = lambda: words("postgres")
    made["servers/owner_password"] = lambda: words(_OWNER)
    made["servers/broker_password"] = lambda: words(_OPERATOR)
    made["servers/grafana_password"] = lambda: words("grafana")
    return made


def _processes(deployment: Deployment) -> list[Process]:
    """Return the processes that the deployment has."""
    return [each for each in PROCESSES.values() if deployment.is_simulation or not each.simulation]


def _roles() -> list[str]:
    return [f"dimona_{name}" for name, process in PROCESSES.items() if process.database]


def _user(deployment: Deployment, role: str) -> str:
    """Return the name of the user of the broker for a role of the database."""
    return role if role == _OPERATOR else f"{deployment.name}.{role.removeprefix('dimona_')}"


def _url(scheme: str, user: str, place: str, words: _Words) -> str:
    return f"{scheme}://{user}:{words(user)}@{place}"


def _trusting(scheme: str, user: str, server: str, servers: Mapping[str, str], words: _Words) -> str:
    """Return the address of the broker or of its management API, with TLS if there are authorities."""
    authorities = servers.get("authorities")
    if authorities is None:
        return _url(scheme, user, servers[server], words)
    return f"{_url(f'{scheme}s', user, servers[server], words)}?{urlencode({'cafile': authorities})}"


def _database(role: str, servers: Mapping[str, str], words: _Words) -> str:
    """Return the address of the database; of several servers the one that accepts writes is used."""
    query = {"target_session_attrs": "read-write"}
    if (authorities := servers.get("authorities")) is not None:
        query |= {"sslmode": "verify-full", "sslrootcert": authorities}
    return f"{_url('postgresql', role, servers['database'], words)}/dimona?{urlencode(query)}"


def _accounts(deployment: Deployment, words: _Words) -> dict[str, dict[str, object]]:
    """Return the accounts file of `dimona topology apply`; clients and institutions are added to it later."""

    def account(name: str, *tags: str) -> dict[str, object]:
        return {"name": name, "password": words(name), **({"tags": list(tags)} if tags else {})}

    services = {
        f"service:{process.name}": account(_user(deployment, process.name))
        for process in PROCESSES.values()
        if process.broker
    }
    return {
        **services,
        "job:provisioner": account(_user(deployment, "provisioner"), "administrator"),
        _OPERATOR: account(_OPERATOR, "administrator", "impersonator"),
    }


def main() -> None:
    """Read the command line, write the files and print their number."""
    parser = argparse.ArgumentParser(prog="python -m deploy.secret_files", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--deployment", default="dimona")
    parser.add_argument("--database", default="postgres:5432", help="host:port, or several with commas")
    parser.add_argument("--broker", default="rabbitmq:5672", help="host:port of AMQP")
    parser.add_argument("--management", default="rabbitmq:15672", help="host:port of the management API")
    parser.add_argument(
        "--authorities", help="PEM file of trusted authorities, as processes see it: addresses then have TLS"
    )
    parser.add_argument(
        "--owner", type=int, help="user and group id of the files; 10001 is that of the image"
    )
    given = parser.parse_args()
    servers = {"database": given.database, "broker": given.broker, "management": given.management}
    if given.authorities is not None:
        servers["authorities"] = given.authorities
    written = write(given.folder, Deployment(given.deployment), servers, given.owner)
    print(f"{len(written)} files written below {given.folder}")


if __name__ == "__main__":
    main()
