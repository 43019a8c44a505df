"""The users of the broker in a deployment, by role, in the form of `dimona topology apply --accounts`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from deploy.local.demo.data import DemoData
from deploy.local.rabbitmq import OPERATOR, RabbitMQ
from shared.definitions import Account
from shared.topology import SERVICES, Deployment

PROVISIONER: Final = "job:provisioner"


def make_accounts(
    password: Callable[..., str], deployment: Deployment, data: DemoData, broker: RabbitMQ
) -> dict[str, Account]:
    """Return the accounts of services, clients, institutions, provisioner and operator, by role.

    The sandbox has no provisioner, because its account would have rights on the broker of production.

    Args:
        password: Function that derives the password of a user from the seed of the stack.
        deployment: The names of services begin with its name.
        data: The clients and institutions.
        broker: The broker, with the password of its operator.
    """
    names = {f"service:{service}": f"{deployment.name}.{service}" for service in SERVICES}
    names |= {f"client:{client.client_id}": client.client_id for client in data.clients}
    names |= {f"institution:{institution}": institution for institution in data.institutions}
    if not deployment.is_simulation:
        names[PROVISIONER] = f"{deployment.name}.provisioner"
    tags = {PROVISIONER: ("administrator",)}
    accounts = {
        role: Account(name, password("broker", name), tags.get(role, ())) for role, name in names.items()
    }
    return {**accounts, "operator": Account(OPERATOR, broker.password, ("administrator", "impersonator"))}


def management_url(url: str, account: Account) -> str:
    """Return the address `url` of the management API with the credentials of this account."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{account.name}:{account.password}@{rest.rpartition('@')[2]}"
