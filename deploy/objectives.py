"""The objectives for the time of declarations, and the recording rules that measure them.

`python -m deploy.generated` writes the rules to deploy/prometheus/objectives.yml. The alerts about them, in
deploy/prometheus/alerts.yml, compare windows of two lengths (multi-window burn rates): the long one shows
that much of the budget is gone, and the short one that declarations are late still.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import yaml

#: Windows over which the share of late declarations is recorded.
WINDOWS: Final = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")
_RECEPTION: Final = "dimona_declaration_reception_seconds"
_ANSWER: Final = "dimona_declaration_latency_seconds"


@dataclass(frozen=True, slots=True)
class Objective:
    """A share of the declarations that is in time; `seconds` is a bucket of the histogram."""

    name: str  #: the label `slo`
    histogram: str
    where: str  #: matchers of labels
    seconds: float
    share: float

    def late(self, window: str) -> str:
        """Return the expression of the share of late declarations in a window; NaN without declarations."""
        return f"1 - {self._rate('bucket', window)} / {self._rate('count', window)}"

    def number(self, window: str) -> str:
        """Return the expression of the number of late declarations in a window."""
        return f"{self._grown('count', window)} - {self._grown('bucket', window)}"

    def _rate(self, part: str, window: str) -> str:
        return f"sum(rate({self._selected(part)}[{window}]))"

    def _grown(self, part: str, window: str) -> str:
        return f"sum(increase({self._selected(part)}[{window}]))"

    def _selected(self, part: str) -> str:
        limit = f'le="{float(self.seconds)}"' if part == "bucket" else ""
        matchers = ", ".join(filter(None, (self.where, limit)))
        return f"{self.histogram}_{part}{{{matchers}}}" if matchers else f"{self.histogram}_{part}"


#: The answer is the final result, or the provisional one with which the wait for an identification begins.
#: Clients of the official service ask for it after two seconds, thirty seconds and twenty minutes.
OBJECTIVES: Final[tuple[Objective, ...]] = (
    Objective("reception_1s", _RECEPTION, "", 1, 0.999),
    Objective("answer_2s", _ANSWER, 'stage="answer"', 2, 0.95),
    Objective("answer_30s", _ANSWER, 'stage="answer"', 30, 0.995),
    Objective("answer_20min", _ANSWER, 'stage="answer"', 1200, 0.999),
)


def rules() -> Mapping[str, Any]:
    """Return the document of recording rules."""
    recorded: list[dict[str, Any]] = []
    for one in OBJECTIVES:
        labels = {"slo": one.name}
        budget = f"vector({round(1 - one.share, 6)})"
        recorded.append({"record": "dimona:slo_budget:ratio", "expr": budget, "labels": labels})
        late = {"record": "dimona:slo_late:increase1h", "expr": one.number("1h"), "labels": labels}
        recorded.append(late)
        recorded += [
            {"record": f"dimona:slo_errors:ratio_rate{window}", "expr": one.late(window), "labels": labels}
            for window in WINDOWS
        ]
    return {"groups": [{"name": "dimona-objectives", "interval": "30s", "rules": recorded}]}


def text() -> str:
    """Return the recording rules as the content of their file."""
    notice = "# Written by `python -m deploy.generated` from deploy/objectives.py.\n"
    return notice + yaml.safe_dump(rules(), sort_keys=False, width=1000)
