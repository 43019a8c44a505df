"""Operator commands of access: `dimona client`, `dimona enterprise` and `dimona user`."""

from services.access.commands.clients import client
from services.access.commands.enterprises import enterprise
from services.access.commands.users import user

__all__ = ["client", "enterprise", "user"]
