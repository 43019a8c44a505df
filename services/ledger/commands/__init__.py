"""The parts of `dimona trace`, `status` and `reconcile` that use the stores of all services."""

from services.ledger.overview.rules import Check, Reading, State, check, needs_action
from services.ledger.overview.store import Figures, load_figures
from services.ledger.reconciling.rules import Lacking, handled_by, lacking
from services.ledger.reconciling.store import load_stages, load_unfinished
from services.ledger.store import now as load_now
from services.ledger.tracing.rules import Parked, Story, Verdict, judge
from services.ledger.tracing.store import find_numbers, load_story

__all__ = [
    "Check",
    "Figures",
    "Lacking",
    "Parked",
    "Reading",
    "State",
    "Story",
    "Verdict",
    "check",
    "find_numbers",
    "handled_by",
    "judge",
    "lacking",
    "load_figures",
    "load_now",
    "load_stages",
    "load_story",
    "load_unfinished",
    "needs_action",
]
