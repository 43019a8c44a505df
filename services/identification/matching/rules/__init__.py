"""The rules of identification: which person of the register is, with certainty, the declared worker."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from services.identification.matching.rules.career import Careers, career_quarters, career_warnings
from services.identification.matching.rules.consistency import inconsistencies
from services.identification.matching.rules.names import fold, name_key
from services.identification.matching.rules.score import LIMITS, Limits, best, search_keys
from shared.domain.declared import Declaration, DeclaredWorker
from shared.messages import RegisterEntry

__all__ = [
    "LIMITS", "Careers", "Limits", "Unidentified", "career_quarters", "career_warnings", "fold", "identify",
    "inconsistencies", "name_key", "search_keys",
]  # fmt: skip

_NO_WORKER = DeclaredWorker()


class Unidentified(StrEnum):
    """The reason for an open case: why no person was identified."""

    UNKNOWN_NUMBER = "unknown_number"  #: the NISS, or the one that replaced it, is not in the register
    DECEASED = "deceased"  #: the person with this NISS died before the period
    NO_MATCH = "nobody"  #: no candidate agrees enough
    AMBIGUOUS = "ambiguous"  #: several candidates agree almost equally well


def identify(
    declared: Declaration, candidates: Sequence[RegisterEntry], limits: Limits = LIMITS
) -> RegisterEntry | Unidentified:
    """Return the worker of an IN, or the reason why there is none (ADR 9).

    A person that died before the first day of the period is not the worker. If this person has the declared
    NISS, the result is DECEASED: either the NISS or the register is wrong.

    Args:
        declared: the IN.
        candidates: with a NISS, the person that has it now; without, the persons found by `search_keys`.
        limits: how certain a match must be.
    """
    worker = declared.worker or _NO_WORKER
    living = [entry for entry in candidates if _lives(entry, declared)]
    if worker.ssin is not None:
        if living:
            return living[0]
        return Unidentified.DECEASED if candidates else Unidentified.UNKNOWN_NUMBER
    match, several = best(worker, living, limits)
    return match or (Unidentified.AMBIGUOUS if several else Unidentified.NO_MATCH)


def _lives(entry: RegisterEntry, declared: Declaration) -> bool:
    """Return whether a person was alive on the first day of the period. ISO dates are compared as texts."""
    start = declared.dimona_in.start_date if declared.dimona_in else None
    return entry.deceased_on is None or start is None or start <= entry.deceased_on
