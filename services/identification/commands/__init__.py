"""Operator commands of identification: `dimona case` and `dimona register`."""

from services.identification.commands.cases import case
from services.identification.commands.reconciling import find_identified, messages_of_cases
from services.identification.commands.registers import register
from services.identification.commands.store import has_open_case, open_declarations

__all__ = [
    "case", "find_identified", "has_open_case", "messages_of_cases", "open_declarations", "register",
]  # fmt: skip
