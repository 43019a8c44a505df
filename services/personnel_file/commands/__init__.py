"""Operator commands of the personnel file: `dimona period` and `dimona late`."""

from services.personnel_file.commands import search
from services.personnel_file.commands.lateness import late
from services.personnel_file.commands.periods import period
from services.personnel_file.commands.store import settlement_state

__all__ = ["late", "period", "search", "settlement_state"]
