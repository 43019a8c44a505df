"""Operator commands of access: `dimona client` and `dimona user`."""

from services.access.commands.clients import client
from services.access.commands.users import user

__all__ = ["client", "user"]
