"""Operator commands of access: `dimona client`, `enterprise`, `institution` and `user`."""

from services.access.commands.clients import client
from services.access.commands.enterprises import enterprise
from services.access.commands.institutions import institution
from services.access.commands.store import broker_accounts
from services.access.commands.users import user

__all__ = ["broker_accounts", "client", "enterprise", "institution", "user"]
