"""The figures of an attack, and the faults that it found."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

#: Faults of one kind that are kept with their text; all are counted.
_SHOWN: Final = 40


@dataclass(slots=True)
class Figures:
    """The number of cases of an attack, and its faults by kind."""

    cases: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    faults: dict[str, Counter[str]] = field(default_factory=dict)  #: by kind: each text, and how often
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, outcome: str) -> None:
        """Count a case by its outcome."""
        with self._lock:
            self.cases += 1
            self.counts[outcome] += 1

    def blame(self, kind: str, text: str) -> None:
        """Note a fault; `text` names the operation and holds no value that was sent."""
        with self._lock:
            self.faults.setdefault(kind, Counter())[text] += 1

    def __iadd__(self, other: Figures) -> Self:
        """Add the figures of another part."""
        self.cases += other.cases
        self.counts += other.counts
        for kind, found in other.faults.items():
            self.faults.setdefault(kind, Counter()).update(found)
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        """Leave the lock out when another process sends its figures."""
        return Figures, (self.cases, self.counts, self.faults)

    def total(self, kind: str) -> int:
        """Return the number of faults of a kind."""
        return self.faults.get(kind, Counter()).total()

    def detail(self) -> dict[str, Any]:
        """Return everything as a document."""
        return {
            "cases": self.cases,
            "counts": dict(self.counts.most_common()),
            "faults": {kind: dict(found.most_common(_SHOWN)) for kind, found in self.faults.items()},
        }


#: Kinds of faults, by the figure of the result that counts them.
SERVER_ERRORS: Final = "server_errors"  #: no answer, 5xx, an answer without a problem, or a parked message
UNDOCUMENTED: Final = "undocumented"  #: a status that the contract of the operation lacks
VIOLATIONS: Final = (
    "violations"  #: headers, content type or body that the contract lacks, or a wrong request that succeeded
)
STRANGERS: Final = "strangers"  #: a request without the necessary right that was not refused as documented
LEAKS: Final = "leaks"  #: an answer that tells a forbidden id from a missing one, or shows content


def summary(parts: Mapping[str, Figures], kinds: Iterable[str]) -> dict[str, Any]:
    """Return the number of all cases, and of the faults of each of these kinds, with everything in detail."""
    return {
        "cases": sum(part.cases for part in parts.values()),
        **{kind: sum(part.total(kind) for part in parts.values()) for kind in kinds},
        "detail": {name: part.detail() for name, part in parts.items()},
    }


def say(name: str, figures: Figures, seconds: float) -> None:
    """Print the figures of a part of a proof."""
    mark = "FAIL" if figures.faults else "ok  "
    counts = ", ".join(f"{key}: {count}" for key, count in figures.counts.most_common())
    print(f"{mark} {name}: {figures.cases} cases in {seconds:.0f} s; {counts}", flush=True)  # noqa: T201
    for found in figures.faults.values():
        for text, count in found.most_common(20):
            print(f"       {count} times {text}", flush=True)  # noqa: T201
