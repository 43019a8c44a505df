"""`dimona topology`: make, print and compare the vhosts, queues and users of a deployment (decision D18)."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from services.access.commands import broker_accounts
from shared.definitions import Account, definitions, definitions_of_clients
from shared.runtime.management import Management
from shared.runtime.operator import ENDPOINTS, EndpointsOption, Operator, SecretsOption, load
from shared.topology import Deployment

app = typer.Typer(no_args_is_help=True, help="The broker's vhosts, exchanges, queues, users and permissions.")

AccountsOption = Annotated[
    Path | None,
    typer.Option("--accounts", help="JSON file, mode 0600: role → {name, password, tags}; see `export`."),
]

#: The client id in the name of an object of a client that has its account from the provisioner.
_OF_PROVISIONER: Final = re.compile(r"\bclient_[0-9a-f]{20}$")
#: Properties that identify a row of a definitions document, and those that are compared.
_KEYS: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "vhosts": (("name",), ()),
    "users": (("name",), ("tags",)),
    "permissions": (("vhost", "user"), ("configure", "write", "read")),
    "topic_permissions": (("vhost", "user", "exchange"), ("write", "read")),
    "exchanges": (("vhost", "name"), ("type", "durable", "auto_delete", "internal", "arguments")),
    "queues": (("vhost", "name"), ("durable", "auto_delete", "arguments")),
    "bindings": (("vhost", "source", "destination", "routing_key"), ("destination_type", "arguments")),
}


@app.command()
def apply(
    accounts: AccountsOption = None,
    endpoints: EndpointsOption = ENDPOINTS,
    secrets_dir: SecretsOption = None,
) -> None:
    """Make the objects that the broker does not have. Surplus objects stay; `diff` shows them."""
    rest = put_in_place(load(endpoints, secrets_dir), accounts)
    for line in rest:
        print(line)
    print("the topology is in place" if not rest else "applied; correct the differences above by hand")
    raise typer.Exit(bool(rest))


@app.command()
def export(
    accounts: AccountsOption = None,
    endpoints: EndpointsOption = ENDPOINTS,
    secrets_dir: SecretsOption = None,
) -> None:
    """Print the definitions document of the topology, without the users' passwords."""
    print(json.dumps(export_topology(load(endpoints, secrets_dir), accounts), indent=1))


@app.command()
def diff(
    accounts: AccountsOption = None,
    endpoints: EndpointsOption = ENDPOINTS,
    secrets_dir: SecretsOption = None,
) -> None:
    """Print how the broker differs from the topology: `-` is missing, `+` surplus, `~` has another value.

    The accounts that the provisioner makes are compared with the database.
    """
    operator = load(endpoints, secrets_dir)
    made = operator.query(broker_accounts)
    live = Management(operator.need("management_url")).definitions()
    wanted = _wanted(operator, accounts)
    hashes = {row["client_id"]: row["password_hash"] for row in made if row["queue"] and row["settled"]}
    for section, rows in definitions_of_clients(operator.vhosts, hashes).items():
        wanted[section] = [*wanted[section], *rows]
    changing = frozenset(row["client_id"] for row in made if not row["settled"])
    former = frozenset(row["client_id"] for row in made if row["settled"] and not row["queue"])
    lines = list(differences(wanted, live, operator.vhosts, partial(_may_stay, changing, former)))
    for line in lines:
        print(line)
    raise typer.Exit(bool(lines))


def export_topology(operator: Operator, accounts: Path | None) -> dict[str, Any]:
    """Return the definitions document of the topology, without the users' passwords."""
    document = _wanted(operator, accounts)
    for user in document["users"]:
        del user["password_hash"]
    return document


def put_in_place(operator: Operator, accounts: Path | None) -> list[str]:
    """Make the objects that the broker does not have, and return the differences that are left."""
    management = Management(operator.need("management_url"))
    wanted = _wanted(operator, accounts)
    management.import_definitions(wanted)
    return list(differences(wanted, management.definitions(), operator.vhosts))


def _wanted(operator: Operator, accounts: Path | None) -> dict[str, Any]:
    file = accounts or Path(operator.need("accounts"))
    if file.stat().st_mode & 0o077:
        raise typer.BadParameter(f"{file} holds passwords: chmod 600 {file}")
    rows = json.loads(file.read_text())
    known = {
        role: Account(row["name"], row["password"], tuple(row.get("tags", ()))) for role, row in rows.items()
    }
    clients, institutions = (
        [role.removeprefix(kind) for role in known if role.startswith(kind)]
        for kind in ("client:", "institution:")
    )
    return definitions(operator.vhosts, known, clients, institutions, secrets.token_bytes(4))


def _may_stay(changing: Collection[str], former: Collection[str], section: str, name: Sequence[str]) -> bool:
    """Return whether an object that is not wanted may be at the broker (ADR 26).

    An account that is being changed may have any object. Of one without a queue the queues stay, because
    they may hold replies.
    """
    clients = {found[0] for part in name if (found := _OF_PROVISIONER.search(part))}
    return any(
        client in changing or (client in former and section in ("queues", "bindings")) for client in clients
    )


def _made_by_provisioner(_section: str, name: Sequence[str]) -> bool:
    return any(_OF_PROVISIONER.search(part) for part in name)


def differences(
    wanted: Mapping[str, Any],
    live: Mapping[str, Any],
    deployment: Deployment,
    may_stay: Callable[[str, Sequence[str]], bool] = _made_by_provisioner,
) -> Iterator[str]:
    """Yield a line for each missing, surplus or different object of the broker, in one deployment's vhosts.

    Users are compared by name and tags. Users of other deployments are not surplus.

    Args:
        wanted: The definitions document of the topology.
        live: That of the broker.
        deployment: The names of the vhosts.
        may_stay: Returns whether an object that is not wanted, given by section and name, is no surplus;
            without it no object of the provisioner is.
    """
    vhosts = {row["name"] for row in wanted["vhosts"]}
    for section, (keys, compared) in _KEYS.items():
        mine = {tuple(row[key] for key in keys): row for row in wanted[section]}
        there = {
            tuple(row[key] for key in keys): row
            for row in live.get(section, ())
            if row.get("vhost", row["name"] if section == "vhosts" else None) in vhosts
            or (section == "users" and row["name"].startswith(f"{deployment.name}."))
            or tuple(row.get(key) for key in keys) in mine
        }
        for name in sorted(mine.keys() | there.keys()):
            label = f"{section} {' '.join(name)}"
            if name not in there:
                yield f"- {label}"
            elif name not in mine:
                if not may_stay(section, name):
                    yield f"+ {label}"
            else:
                yield from (
                    f"~ {label}: {key} is {there[name].get(key)!r}, should be {mine[name].get(key)!r}"
                    for key in compared
                    if _plain(there[name].get(key)) != _plain(mine[name].get(key))
                )


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, list) else value
