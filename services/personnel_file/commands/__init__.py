"""Operator commands of the personnel file: `dimona period`, `dimona late` and `dimona omission`."""

from services.personnel_file.commands import search
from services.personnel_file.commands.lateness import late
from services.personnel_file.commands.omissions import import_findings, omission
from services.personnel_file.commands.periods import period
from services.personnel_file.commands.reconciling import Settled, load_settled
from services.personnel_file.commands.store import settlement_state
from services.personnel_file.omission.channels import FindingsError, FindingsFile
from services.personnel_file.omission.rules.judge import OpenIdentification

__all__ = [
    "FindingsError", "FindingsFile", "OpenIdentification", "Settled", "import_findings", "late",
    "load_settled", "omission", "period", "search", "settlement_state",
]  # fmt: skip
