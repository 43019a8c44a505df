"""Identification's rules: which person of the register, with certainty, is the declared worker?"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from services.identification.rules.career import Careers, career_asked, career_warnings
from services.identification.rules.consistency import inconsistencies
from services.identification.rules.names import fold, name_key
from services.identification.rules.score import LIMITS, Limits, best, search_keys
from shared.domain.declared import Declaration, DeclaredWorker
from shared.messages import RegisterEntry

__all__ = [
    "LIMITS", "Careers", "Limits", "Unidentified", "career_asked", "career_warnings", "fold", "identify",
    "inconsistencies", "name_key", "search_keys",
]  # fmt: skip

_NOBODY = DeclaredWorker()


class Unidentified(StrEnum):
    """Why a case is opened."""

    UNKNOWN_NUMBER = "unknown_number"  #: the register does not know this NISS, or not the one after it
    DECEASED = "deceased"  #: it is the NISS of somebody who died before the period
    NOBODY = "nobody"  #: no candidate agrees enough
    AMBIGUOUS = "ambiguous"  #: several candidates agree about equally


def identify(
    declared: Declaration, candidates: Sequence[RegisterEntry], limits: Limits = LIMITS
) -> RegisterEntry | Unidentified:
    """The worker of an IN, or why he is not known (§9).

    `candidates`: with a NISS, the person who has it now; without, everybody whom `search_keys` finds.
    Whoever died before the first day of the period is nobody's worker: with a NISS that opens a case,
    because either the NISS or the register is wrong; without, he is no candidate.
    """
    worker = declared.worker or _NOBODY
    living = [entry for entry in candidates if _lives(entry, declared)]
    if worker.ssin is not None:
        if living:
            return living[0]
        return Unidentified.DECEASED if candidates else Unidentified.UNKNOWN_NUMBER
    entry, several = best(worker, living, limits)
    return entry or (Unidentified.AMBIGUOUS if several else Unidentified.NOBODY)


def _lives(entry: RegisterEntry, declared: Declaration) -> bool:
    """Whether somebody was still there on the first day; ISO dates are compared as texts."""
    start = declared.dimona_in.start_date if declared.dimona_in else None
    return entry.deceased_on is None or start is None or start <= entry.deceased_on
