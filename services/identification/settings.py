"""The settings of identification."""

from __future__ import annotations

from services.identification.matching.rules import LIMITS
from shared.runtime.settings import Settings


class IdentificationSettings(Settings):
    """The settings of identification.

    They say how long a case stays open, how certain a match must be, and whether starter jobs are checked.
    """

    identification_working_days: int = 10  #: working days; then 90017-151 (decision D31)
    starter_jobs: bool = False  #: whether 90017-514 and -515 are raised (rule R63)
    identification_threshold: float = LIMITS.threshold  #: least points of the worker, of 100
    identification_margin: float = LIMITS.margin  #: least distance in points to every other candidate
