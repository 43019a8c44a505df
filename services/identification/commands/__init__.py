"""Operator commands of identification: `dimona case` and `dimona register`."""

from services.identification.commands.cases import case
from services.identification.commands.registers import register
from services.identification.commands.store import has_open_case, open_declarations

__all__ = ["case", "has_open_case", "open_declarations", "register"]
