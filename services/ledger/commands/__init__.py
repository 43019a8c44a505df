"""The parts of `dimona trace` and `dimona status` that read the stores of all services."""

from services.ledger.overview.rules import Check, Reading, State, check, needs_action
from services.ledger.overview.store import Figures, load_figures
from services.ledger.store import now as load_now
from services.ledger.tracing.rules import Parked, Story, Verdict, judge
from services.ledger.tracing.store import find_numbers, load_story

__all__ = [
    "Check",
    "Figures",
    "Parked",
    "Reading",
    "State",
    "Story",
    "Verdict",
    "check",
    "find_numbers",
    "judge",
    "load_figures",
    "load_now",
    "load_story",
    "needs_action",
]
