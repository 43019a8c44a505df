"""The rule table of intake: a row per anomaly and field, judged in a stable order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from services.intake.reception.rules import dates, employer, features, particulars, places, worker
from services.intake.reception.rules.row import ALL, CHANGE, Rule
from shared.domain.declared import Kind

_ROWS: Final = (
    *employer.PERIOD_ROWS,
    *employer.ROWS,
    *worker.ROWS,
    *features.ROWS,
    *places.STUDENT_ROWS,
    *particulars.ROWS,
    *dates.ROWS,
)

RULES: Final[Mapping[Kind, tuple[Rule, ...]]] = {
    kind: tuple(row.rule(kind) for row in _ROWS if kind in row.kinds) for kind in ALL
}

#: The rule that is judged before all other rules. If it holds, only its anomaly is reported (decision D4).
PERIOD_UNKNOWN: Final[Mapping[Kind, Rule]] = {kind: employer.UNKNOWN.rule(kind) for kind in CHANGE}
