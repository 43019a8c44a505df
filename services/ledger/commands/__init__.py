"""The part of `dimona trace` that reads the stores of all services."""

from services.ledger.store import now as load_now
from services.ledger.tracing.rules import Parked, Story, Verdict, judge
from services.ledger.tracing.store import find_numbers, load_story

__all__ = ["Parked", "Story", "Verdict", "find_numbers", "judge", "load_now", "load_story"]
